"""The types of the local names at one point of a scope, and what is known where paths meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .types import UNKNOWN, Type, join

if TYPE_CHECKING:
    from collections.abc import Iterable

Env = dict[str, Type]


def merge(one: Env | None, other: Env | None) -> Env | None:
    """The environment where two paths meet; a name that one lacks keeps the other's type.

    None stands for a path that does not get there.
    """
    if one is None or other is None:
        return other if one is None else one
    merged = dict(one)
    meet(merged, other)
    return merged


def meet(env: Env, *paths: Env) -> None:
    """Take into ``env`` what may have happened on paths that are not always taken."""
    for path in paths:
        for name, value in path.items():
            known = env.get(name)
            if known is not value:
                env[name] = value if known is None else join(known, value)


def join_all(types: Iterable[Type]) -> Type:
    """The type of a value that is any of them; unknown where there is none."""
    found = list(types)
    result = found[0] if found else UNKNOWN
    for other in found[1:]:
        result = join(result, other)
    return result
