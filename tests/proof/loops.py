"""Loops over the rows of a query, in every form that was seen in projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .queries import query, spread
from .reads import read, value

if TYPE_CHECKING:
    from .schema import Spec
    from .writer import Writer

_HEADS = (
    "for {x} in {rows}:", "for {x} in {rows}:", "for {x} in {rows}:",
    "for i, {x} in enumerate({rows}):", "for i, {x} in enumerate({rows}, 1):",
    "for {x} in reversed({rows}):", "for {x} in list({rows}):",
    "for {x} in {rows}[1:]:", "for {x}, other in zip({rows}, {rows}):", "for {x} in tuple({rows}):",
    "for {x} in sorted({rows}, key=lambda one: one.id):",
)  # fmt: skip
_COMPREHENSIONS = (
    "[{v} for {x} in {rows}]", "[({x}.name, {v}) for {x} in {rows}]",
    "{{{x}.id: {v} for {x} in {rows}}}", "[{v} for {x} in {rows} if {x}.size]",
    "[({v}, {v2}) for {x} in {rows}]", "[{v} for i, {x} in enumerate({rows})]",
    "[{v} for {x} in reversed({rows})]", "[[{v} for {x} in {rows}] for k in range(2)]",
    "sorted([str({v}) for {x} in {rows}])", "[{v} async for {x} in {query}]",
    "[({x}.id, {v}) async for {x} in {query}]",
)  # fmt: skip
_GATHERED = (
    "await asyncio.gather(*[{x}.again() for {x} in {rows}])",
    "await asyncio.gather(*[{x}.fetch_related('{r}') for {x} in {rows}])",
)
_GATHERED_ONE = (
    "[helpers.label({m}) for {m} in"
    " await asyncio.gather(*(helpers.one({x}, '{r}') for {x} in {rows}))]",
    "[helpers.label({m}) for {m} in await asyncio.gather(*[{x}.{r} for {x} in {rows}])]",
    "[helpers.label({m}) for {x}, {m} in"
    " zip({rows}, await asyncio.gather(*({x}.{r} for {x} in {rows})))]",
)
_GATHERED_MANY = (
    "await asyncio.gather(*[helpers.read({x}, '{r}') for {x} in {rows}])",
    "await asyncio.gather(*[{x}.{r}.all() for {x} in {rows}])",
    "[len({m}) for {m} in await asyncio.gather(*({x}.{r} for {x} in {rows}))]",
    "await asyncio.gather(*[{x}.{r}.all().count() for {x} in {rows}])",
    "[[one.id for one in {m}] for {x}, {m} in"
    " zip({rows}, await asyncio.gather(*[{x}.{r}.all() for {x} in {rows}]))]",
)  # fmt: skip


def loop(at: Writer) -> None:
    """One or two loops over the rows of one query."""
    spec = at.related()
    form = at.weighed(
        held=7, direct=4, stream=3, comprehension=5, gathered=2, drained=1, steps=3, branches=1,
        fetched=2 * len(at.shared.fetchers), walked=2 * len(at.shared.walkers),
    )  # fmt: skip
    if form == "stream":
        _stream(at, spec)
    elif form == "drained":
        _drained(at, spec)
    elif form == "fetched":
        name, spec = at.pick(at.shared.fetchers)
        _body(at, spec, _head(at, f"await {name}()", spread_out=True))
    elif form == "walked":
        name, spec = at.pick(at.shared.walkers)
        at.emit(f"await {name}(await {query(at, spec)}, out, kept)")
    elif form == "direct":
        _body(at, spec, _head(at, f"await {query(at, spec)}", spread_out=True))
    else:
        _held(at, spec, form)


def _held(at: Writer, spec: Spec, form: str) -> None:
    """Rows that a variable holds."""
    rows = at.fresh("rows")
    text = _steps(at, spec) if form == "steps" else query(at, spec)
    hint = f": list[{at.alias(spec)}]" if at.chance(0.1) else ""
    if form == "branches":
        condition = at.pick(("out", "not out", "len(out) > 2"))
        at.emit(f"if {condition}:\n    {rows} = await {text}")
        at.emit(f"else:\n    {rows} = await {query(at, spec)}")
    else:
        at.emit(f"{rows}{hint} = await {spread(at, text)}")
    if at.chance(0.1):
        at.emit(at.pick((f"out.append(len({rows}))", f"if not {rows}:\n    return out")))
    if form == "comprehension":
        _comprehension(at, spec, rows if at.chance(0.7) else f"await {query(at, spec)}")
    elif form == "gathered" and spec.relations:
        _gathered(at, spec, rows)
    else:
        _body(at, spec, _head(at, rows))
    if at.chance(0.12):
        _body(at, spec, _head(at, rows))
    elif at.chance(0.06):
        at.emit(f"out.extend({rows})")


def _steps(at: Writer, spec: Spec) -> str:
    """A query that a variable holds before it is run."""
    name = at.fresh("q")
    at.emit(f"{name} = {spread(at, query(at, spec))}")
    if at.chance(0.5):
        with at.nested(f"if {at.pick(('out', 'not out', 'True', 'len(out) > 2'))}:"):
            at.emit(f"{name} = {name}.filter(id__lt=4)")
    if at.chance(0.4):
        at.emit(f"{name} = {name}.order_by('id')")
    if at.chance(0.3):
        at.emit(f"out.append(await {name}.count())")
    return name


def _head(at: Writer, rows: str, spread_out: bool = False) -> tuple[str, str]:
    name = at.pick((at.fresh("x"), "x", "row"))
    head = "for {x} in {rows}:" if spread_out else at.pick(_HEADS)
    return name, head.replace("{x}", name).replace("{rows}", rows)


def _stream(at: Writer, spec: Spec) -> None:
    name = at.pick((at.fresh("x"), "row"))
    _body(at, spec, (name, f"async for {name} in {spread(at, query(at, spec))}:"))


def _drained(at: Writer, spec: Spec) -> None:
    rows, name = at.fresh("rows"), at.fresh("x")
    at.emit(f"{rows} = await {query(at, spec)}")
    with at.nested(f"while {rows}:"):
        at.emit(f"{name} = {rows}.pop()")
        read(at, name, spec)


def _body(at: Writer, spec: Spec, head: tuple[str, str]) -> None:
    """The loop statement with its body."""
    from .writes import disturb, write

    name, text = head
    with at.nested(text):
        at.loops += 1
        at.rows.append((name, spec))
        for _ in range(at.pick((1, 1, 1, 2, 2, 3))):
            kind = at.weighed(
                read=32, show=4, disturb=3, write=1, leave=1, call=2, inner=at.loops < 2
            )
            if kind == "read":
                read(at, name, spec)
            elif kind == "show":
                at.show(f"{name}.name")
            elif kind == "write":
                write(at)
            elif kind == "disturb":
                disturb(at, name, spec)
                read(at, name, spec)
            elif kind == "leave":
                _leave(at, name)
            elif kind == "call":
                at.emit(at.pick(_CALLS).replace("{x}", name))
            else:
                loop(at)
        at.loops -= 1
    if at.chance(0.05):
        at.emit(f"out.append({name}.id)")


_CALLS = (
    "out.append({x}.label())", "out.append(helpers.label({x}))", "await {x}.grow()",
    "out.append(await helpers.size_of({x}))", "await helpers.store({x})",
    "out.append(await helpers.names({x}))", "await asyncio.sleep(0)",
)  # fmt: skip


def _leave(at: Writer, name: str) -> None:
    how = at.pick(("continue", "break", "return out", "raise ValueError('left')"))
    at.emit(f"if {name}.size == {at.pick((0, 2, 9))}:\n    {how}")


def _comprehension(at: Writer, spec: Spec, rows: str) -> None:
    name = at.pick(("x", at.fresh("x")))
    text = at.pick(_COMPREHENSIONS)
    if "{query}" in text:
        text = text.replace("{query}", query(at, spec))
    text = text.replace("{v2}", value(at, name, spec)).replace("{v}", value(at, name, spec))
    text = text.replace("{x}", name).replace("{rows}", rows)
    at.emit(f"out.append({text.replace('{{', '{').replace('}}', '}')})")


def _gathered(at: Writer, spec: Spec, rows: str) -> None:
    relation = at.pick(spec.relations)
    form = at.pick((*_GATHERED, *(_GATHERED_MANY if relation.to_many else _GATHERED_ONE)))
    text = form.replace("{x}", "x").replace("{m}", "m").replace("{r}", relation.name)
    at.emit(f"out.append({text.replace('{rows}', rows)})")
