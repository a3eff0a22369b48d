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
    if shared.random.random() < 0.25:
        sources.append(_fetcher(Writer(shared)))
    if shared.random.random() < 0.15:
        sources.append(_walker(Writer(shared)))
    return sources


def _fetcher(at: Writer) -> str:
    """Gives the rows of a query, to be awaited or as they are."""
    spec, name = at.related(), "fetch"
    at.shared.fetchers.append((name, spec))
    text = spread(at, query(at, spec))
    form = at.pick(("return await {q}", "found = await {q}\nreturn found", "return await {q}"))
    at.emit(form.replace("{q}", text))
    hint = f" -> list[{at.alias(spec)}]" if at.chance(0.3) else ""
    return "\n".join((f"async def {name}(){hint}:", *at.lines, "", ""))


def _walker(at: Writer) -> str:
    """Goes over rows that are passed to it."""
    spec, name = at.related(), "walk"
    at.shared.walkers.append((name, spec))
    with at.nested("for row in rows:"):
        at.rows.append(("row", spec))
        read(at, "row", spec)
        if at.chance(0.4):
            read(at, "row", spec)
    head = f"async def {name}(rows: list[{at.alias(spec)}], out, kept):"
    return "\n".join((head, *at.lines, "", ""))


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
