"""Which edits can be made together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ._base import Edit, Level

if TYPE_CHECKING:
    from collections.abc import Sequence


def conflict(a: Edit, b: Edit) -> bool:
    """Whether two edits cannot both be made.

    They conflict if both replace the same piece of source, if one replaces or deletes what the
    other changes, or if they decide the same thing about one node differently. An edit of a node
    does not conflict with an edit of a part of that node, which comes first and stays in place.
    """
    if a == b or a.path != b.path:
        return False
    if Level.MODULE in (a.level, b.level):
        return a.level is b.level and not set(a.claims).isdisjoint(b.claims)
    if any(mine.overlaps(other) for mine in a.owns for other in b.owns):
        return True
    if a.span == b.span and a.level is b.level and not set(a.claims).isdisjoint(b.claims):
        return True
    return _swallows(a, b) or _swallows(b, a)


def choose(groups: Sequence[Sequence[Edit]]) -> list[int]:
    """The indices of the groups that can be made together, of groups in order of priority.

    A group is taken as a whole or not at all. Identical edits of several groups do not conflict;
    the engine makes them once.
    """
    taken: dict[str, list[Edit]] = defaultdict(list)
    chosen: list[int] = []
    for index, group in enumerate(groups):
        if any(conflict(edit, other) for edit in group for other in taken[edit.path]):
            continue
        chosen.append(index)
        for edit in group:
            taken[edit.path].append(edit)
    return chosen


def _swallows(a: Edit, b: Edit) -> bool:
    """Whether ``a`` replaces or deletes something that ``b``, at or inside its node, changes."""
    if not a.span.contains(b.span) or (a.span == b.span and b.level > a.level):
        return False
    return any(piece.overlaps(b.span) for piece in a.owns)
