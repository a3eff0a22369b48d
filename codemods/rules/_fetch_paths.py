"""Paths of relations, as in ``prefetch_related("reviews__author")``: what they name and cover."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.symbols import External

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ..project.models import Relation
    from ..project.module import Module
    from ..project.symbols import Class

_JOINS_NONE = "0.17.8"
PREFETCHES = frozenset({"tortoise.query_utils.Prefetch", "tortoise.expressions.Prefetch"})


def can_join(module: Module) -> bool:
    """Whether the release joins relations so that one without an object is None.

    Older ones give an object without any values there.
    """
    versions = module.project.versions_of(module.path)
    return versions.at_least("tortoise-orm", _JOINS_NONE) is not False


def literal(argument: ast.expr) -> str:
    """The string that an argument is; empty where it is something else."""
    value = argument.value if isinstance(argument, ast.Constant) else None
    return value if isinstance(value, str) else ""


def quoted(module: Module, name: str) -> str:
    """A string as the file writes its strings."""
    text = module.source.text
    quote = "'" if text.count("'") > text.count('"') else '"'
    return f"{quote}{name}{quote}"


def prefetch_object(module: Module, argument: ast.expr) -> str:
    """The relation in ``Prefetch("relation", ...)``; empty for anything else."""
    if not isinstance(argument, ast.Call) or not argument.args:
        return ""
    found = module.resolve(argument.func)
    known = isinstance(found, External) and found.dotted in PREFETCHES
    return literal(argument.args[0]) if known else ""


def covers(have: Iterable[str], path: str) -> bool:
    """Whether a path is fetched where all of ``have`` are: a path fetches what it leads through."""
    return any(one == path or one.startswith(f"{path}__") for one in have)


def prefixes(path: str) -> Iterator[str]:
    """A path and all that it leads through, the shortest first."""
    names = path.split("__")
    return ("__".join(names[:length]) for length in range(1, len(names) + 1))


def loaded(apart: Iterable[str]) -> frozenset[str]:
    """All that is loaded by queries of its own where these paths are prefetched.

    It comes as new objects, also where a join has brought some: what was joined beyond is lost.
    """
    return frozenset(one for path in apart for one in prefixes(path))


def goes_beyond(path: str, objects: Collection[str]) -> bool:
    """Whether a path leads on from one of others."""
    return any(one in objects for one in prefixes(path) if one != path)


def left_of(joined: Iterable[str], apart: Iterable[str]) -> frozenset[str]:
    """What is left of joined paths where others, prefetched, load a part of them anew."""
    anew = loaded(apart)
    return frozenset(next((one for one in prefixes(path) if one in anew), path) for path in joined)


def hops(module: Module, model: Class, path: str) -> Sequence[Relation]:
    """The relations that a path leads through; empty where one of them is not known."""
    found: list[Relation] = []
    symbol: Class | None = model
    for name in path.split("__"):
        known = module.project.models.get(symbol) if symbol else None
        relation = known.relations.get(name) if known else None
        if relation is None or relation.kind == "unclear":
            return ()
        found.append(relation)
        symbol = relation.target
    return found
