"""Functions that others call: with the connection of a transaction, or as async generators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .queries import query, spread
from .reads import read, value
from .writer import Writer
from .writes import joined

if TYPE_CHECKING:
    from .writer import Shared

_HANDLES = ("conn", "db", "using", "conn: BaseDBAsyncClient", "db: BaseDBAsyncClient")


def parts(shared: Shared) -> list[str]:
    """Some such functions; their names become known to those that are written after them."""
    sources = []
    if shared.random.random() < 0.3:
        sources.append(_part(Writer(shared)))
        shared.parts.append("part")
    if shared.random.random() < 0.2:
        sources.append(_stream(Writer(shared)))
        shared.streams.append("stream")
    return sources


def _part(at: Writer) -> str:
    parameter = at.pick(_HANDLES)
    at.handles.append(parameter.partition(":")[0])
    for _ in range(at.pick((1, 2, 3))):
        joined(at)
    if at.chance(0.3):
        at.emit("if len(out) > 30:\n    raise ValueError('part')")
    return "\n".join((f"async def part({parameter}, out):", *at.lines, "", ""))


def _stream(at: Writer) -> str:
    """Yields something of every row, so that others run in between."""
    spec = at.related()
    head = f"for row in await {query(at, spec)}:"
    if at.chance(0.5):
        head = f"async for row in {spread(at, query(at, spec))}:"
    with at.nested(head):
        if at.chance(0.5):
            read(at, "row", spec)
        at.emit(f"yield {at.pick((value(at, 'row', spec), 'row.name'))}")
    return "\n".join(("async def stream(out, kept):", *at.lines, "", ""))
