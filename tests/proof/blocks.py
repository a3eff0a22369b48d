"""Transactions: nested, with exceptions, with early returns, with what does not belong there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .flaws import flaw, use
from .loops import loop
from .reads import read
from .slips import slip
from .writes import joined, write

if TYPE_CHECKING:
    from .writer import Writer

_HANDLES = ("conn", "connection", "tx", "db")
#: How a query is bound to a connection where it is built, and a form that is not.
_BOUND = (
    ("{M}.all()", "{M}.filter()"), ("{M}.all().filter(size__gte=0)", "{M}.filter(size__gte=0)"),
    ("{M}.all().order_by('id')", "{M}.filter().order_by('id')"),
    ("{M}.get_or_none(id=1)", "{M}.filter().get_or_none(id=1)"),
    ("{M}.first()", "{M}.filter().first()"),
)  # fmt: skip
_RUNS = (
    "out.append(len(await {q}))", "out.append([one.name for one in await {q}])",
    "out.append(await {q}.filter(id__gt=1).count())", "out.append(await {q}.count())",
    "await {q}.filter(size=2).update(name='late')", "await {q}.filter(id=2).delete()",
    "async for one in {q}:\n    out.append(one.id)", "out.append(await {q}.exists())",
    "out.append(await {q}.values_list('id', flat=True))",
)  # fmt: skip


def transaction(at: Writer) -> None:
    """A transaction block."""
    caught = at.chance(0.25)
    if caught:
        at.emit("try:")
        at.depth += 1
    bound = _bound(at) if at.shared.connections == 1 and at.chance(0.25) else None
    with at.nested(_head(at)):
        for _ in range(at.pick((1, 2, 2, 3))):
            _inside(at)
        if bound:
            at.emit(bound)
        if at.chance(0.25):
            _leave(at)
    at.handles.pop()
    if caught:
        at.depth -= 1
        at.emit("except ValueError as error:\n    out.append(str(error))")


def _head(at: Writer) -> str:
    named = at.chance(0.75)
    handle = f"{at.pick(_HANDLES)}{len(at.handles) or ''}" if named else ""
    opened = _opened(at)
    at.handles.append(handle)
    return f"async with {opened}{f' as {handle}' if handle else ''}:"


def _opened(at: Writer) -> str:
    outer = at.handles[-1] if at.handles else ""
    if outer and at.chance(0.5):
        argument = at.pick(("{h}", "connection_name={h}")).replace("{h}", outer)
        right = f"in_transaction({outer}.connection_name)"
        return flaw(at.flaw(), f"in_transaction({argument})", right)
    if outer and at.chance(0.4):
        return f"in_transaction({outer}.connection_name)"
    if at.shared.connections > 1:
        return f"in_transaction('{at.pick(('default', 'second', 'second'))}')"
    return at.pick(("in_transaction()",) * 4 + ("in_transaction('default')",))


def _inside(at: Writer) -> None:
    weights = {"joined": 10, "loop": 3, "helper": 1, "gather": 1, "read": 1, "slip": 2, "part": 0}
    weights["part"] = 2 if at.shared.parts and at.handles[-1] else 0
    if at.depth < 5:
        weights["nested"] = 2
    kind = at.weighed(**weights)
    if kind == "joined":
        joined(at)
    elif kind == "loop":
        loop(at)
    elif kind == "nested":
        transaction(at)
    elif kind == "gather":
        _gather(at)
    elif kind == "read":
        single(at)
    elif kind == "slip":
        slip(at)
    elif kind == "part":
        at.emit(f"await {at.pick(at.shared.parts)}({at.handles[-1]}, out)")
    else:
        at.emit(f"out.append(await helpers.count_all({at.alias(at.model())}))")


def _gather(at: Writer) -> None:
    one, other = at.alias(at.model()), at.alias(at.model())
    at.emit(
        f"out.append(await asyncio.gather({one}.all().count(),"
        f" {other}.filter(size__gte=1).count()))"
    )


def single(at: Writer) -> None:
    """One row, whose relations are read."""
    spec, name = at.related(), at.fresh("one")
    end = at.pick((".first()", ".get_or_none(id=1)", ".get_or_none(id=99)"))
    at.emit(f"{name} = await {at.alias(spec)}.all(){end}")
    with at.nested(f"if {name}:"):
        at.rows.append((name, spec))
        read(at, name, spec)
        if at.chance(0.6):
            loop(at)


def _bound(at: Writer) -> str:
    """A query that is built before the block; gives what the block does with it."""
    number, name = at.flaw(), at.fresh("q")
    wrong, right = (
        form.replace("{M}", at.alias(at_model))
        for at_model in [at.model()]
        for form in at.pick(_BOUND)
    )
    at.emit(f"{name} = {flaw(number, wrong, right)}")
    if "first" in wrong or "get_or_none" in wrong:
        return f"out.append(helpers.label(await {use(number, name)}))"
    return at.pick(_RUNS).replace("{q}", use(number, name))


def _leave(at: Writer) -> None:
    how = at.pick(("raise ValueError('stop')", "return out", "raise ValueError('stop')"))
    guard = at.pick(("if len(out) % 2:", "if out:", ""))
    at.emit(f"{guard}\n    {how}" if guard else how)


def statement(at: Writer) -> None:
    """One statement of a function."""
    rare = 0.2 if at.shared.loops else 1
    kind = at.weighed(
        loop=9,
        transaction=8 * rare,
        write=2 * rare,
        single=2,
        guarded=1,
        early=1,
        stream=1,
        slip=5 * rare,
    )
    if kind == "loop":
        loop(at)
    elif kind == "transaction":
        transaction(at)
    elif kind == "write":
        write(at)
    elif kind == "single":
        single(at)
    elif kind == "slip":
        slip(at)
    elif kind == "guarded":
        at.emit("try:")
        at.depth += 1
        loop(at)
        at.depth -= 1
        at.emit("except ValueError:\n    out.append('caught')")
    elif kind == "stream":
        if at.shared.streams:
            head = f"async for item in {at.pick(at.shared.streams)}(out, kept):"
            at.emit(f"{head}\n    out.append(item)")
    else:
        at.emit("if len(out) > 40:\n    return out")
