"""Reads of relations of a row, as they stand in the body of a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .schema import Relation, Spec
    from .writer import Writer

_ONE = (
    "{n} = await {x}.{r}\nout.append({n}.name if {n} else None)",
    "{n} = await {x}.{r}\nout.append(({x}.name, {n} and {n}.size))",
    "{n} = await {x}.{r}\nif {n} is None:\n    out.append({x}.id)\nelse:\n    out.append({n}.id)",
    "{n} = await {x}.{r}\nif not {n}:\n    out.append('none')",
    "out.append(await {x}.{r} is None)",
    "out.append(bool(await {x}.{r}))",
    "if await {x}.{r}:\n    out.append({x}.name)",
    "if ({n} := await {x}.{r}) is not None:\n    out.append({n}.name)",
    "out.append(helpers.label(await {x}.{r}))",
    "{n} = (\n    await {x}.{r}\n)\nout.append(str({n} and {n}.id))",
)  # fmt: skip
_ONE_SURE = (
    "out.append((await {x}.{r}).name)",
    "out.append(({x}.id, (await {x}.{r}).size))",
    "{n} = await {x}.{r}\nout.append({n}.name)",
    "{n} = (await {x}.{r}).label()\nout.append({n})",
    "out.append(f'{(await {x}.{r}).name}')",
    "{n}: object = await {x}.{r}\nout.append({n}.name)",
)  # fmt: skip
_ONE_RARE = (
    "{n} = await {x}.{r}\nif {n}:\n    {n}.size = 7\n    out.append({n}.size)",
    "{n} = await {x}.{r}\nif {n}:\n    await {n}.grow()\n    out.append({n}.size)",
    "{n} = await {x}.{r}\n{m} = await {x}.{r}\nout.append({n} == {m})",
    "kept.append(await {x}.{r})",
    "{n} = {x}.{r}\nout.append(helpers.label(await {n}))",
    "{n} = await {x}.{r} or await {x}.{r}\nout.append(helpers.label({n}))",
    "try:\n    out.append((await {x}.{r}).name)\nexcept AttributeError:\n    out.append('no')",
    "{n} = await {x}.{r}\nif {x}.size and {n}:\n    out.append({n}.name)",
    "if {x}.size:\n    out.append(helpers.label(await {x}.{r}))",
    "out.append(helpers.label(await {x}.{r}) if {x}.size else None)",
    "await {x}.fetch_related('{r}')\nout.append({x}.{r} is None)",
    "{n} = await {x}.{r}.filter(size__gte=1)\nout.append({n} is None)",
    "async def {n}():\n    return helpers.label(await {x}.{r})\nout.append(await {n}())",
    "{n} = await {T}.filter(id={x}.id).get_or_none()\nout.append(helpers.label({n}))",
)  # fmt: skip
#: Of a foreign key, whose column the row has.
_BY_KEY = (
    "{n} = await {T}.get_or_none(id={x}.{r}_id)\nout.append(helpers.label({n}))",
    "{n} = await {T}.filter(id={x}.{r}_id).first()\nout.append({n}.name if {n} else None)",
    "if {x}.{r}_id:\n    {n} = await {T}.get(id={x}.{r}_id)\n    out.append({n}.name)",
    "out.append(helpers.label(await {T}.get_or_none(id={x}.{r}_id)))",
)  # fmt: skip
_MANY = (
    "for {n} in await {x}.{r}:\n    out.append({n}.name)",
    "for {n} in await {x}.{r}.all():\n    out.append(({x}.id, {n}.id))",
    "async for {n} in {x}.{r}:\n    out.append({n}.name)",
    "async for {n} in {x}.{r}.all():\n    out.append({n}.size)",
    "{n} = await {x}.{r}\nout.append(len({n}))",
    "{n} = await {x}.{r}.all()\nout.append([{m}.name for {m} in {n}])",
    "{n} = await {x}.{r}\nout.append({n}[0].name if {n} else None)",
    "{n} = await {x}.{r}.all()\nout.append({n}[-1].id if len({n}) > 1 else len({n}))",
    "out.append([{m}.name for {m} in await {x}.{r}])",
    "out.append(len(await {x}.{r}.all()))",
    "out.append(({x}.name, sorted({m}.name for {m} in await {x}.{r})))",
    "if await {x}.{r}:\n    out.append({x}.id)",
    "{n} = await {x}.{r}\nout.append(repr([{m}.id for {m} in {n} + []]))",
    "{n} = [{m}.size async for {m} in {x}.{r}]\nout.append({n})",
    "{n} = list(await {x}.{r}.all())\nout.append(len({n}))",
    "out.append({{{m}.id: {m}.name for {m} in await {x}.{r}}})",
    "out.append(any({m}.size for {m} in await {x}.{r}))",
    "for {m}, {n} in enumerate(await {x}.{r}):\n    out.append(({m}, {n}.name))",
    "{n} = await {x}.{r}\nout.append(str(type({n}).__name__ == 'list'))",
)  # fmt: skip
_MANY_RARE = (
    "for {n} in await {x}.{r}.filter(size__gte=1):\n    out.append({n}.name)",
    "out.append(await {x}.{r}.all().count())",
    "out.append(await {x}.{r}.all().exists())",
    "out.append([{m}.id for {m} in await {x}.{r}.order_by('-id')])",
    "{n} = await {x}.{r}.all().first()\nout.append(helpers.label({n}))",
    "for {n} in await {x}.{r}:\n    {n}.size = 5\n    out.append({n}.size)",
    "for {n} in await {x}.{r}:\n    await {n}.grow()\n    out.append({n}.size)",
    "kept.extend(await {x}.{r})",
    "{n} = await {x}.{r}\n{n}.append(None)\nout.append(len({n}))",
    "await {x}.fetch_related('{r}')\nout.append(len({x}.{r}))",
    "{n} = await {x}.{r}\nif {x}.size:\n    out.append(len({n}))",
    "if {x}.size:\n    out.append(len(await {x}.{r}))",
    "out.append(await {x}.{r}.all().values('id'))",
    "{n} = await {x}.{r}\nif {n}:\n    {m} = {n}[0]\n    {m}.size = 8\n    out.append({n}[0].size)",
)  # fmt: skip


def read(at: Writer, row: str, spec: Spec) -> None:
    """One statement, or a few, that read a relation of a row."""
    if not spec.relations:
        at.show(f"{row}.name")
        return
    relation = at.pick(spec.relations)
    if at.chance(0.2):
        _deeper(at, row, relation)
        return
    at.emit(_filled(at, _form(at, relation), row, relation))


def _form(at: Writer, relation: Relation) -> str:
    rare = at.chance(0.13)
    if relation.to_many:
        return at.pick(_MANY_RARE if rare else _MANY)
    if relation.declared and at.chance(0.04):
        return at.pick(_BY_KEY)
    if rare:
        return at.pick(_ONE_RARE)
    sure = not relation.nullable or at.chance(0.03)
    return at.pick(_ONE + _ONE_SURE if sure else _ONE)


def _filled(at: Writer, form: str, row: str, relation: Relation) -> str:
    text = form.replace("{n}", at.fresh()).replace("{m}", at.fresh("m"))
    text = text.replace("{T}", at.alias(relation.target)).replace("{x}", row)
    return text.replace("{r}", relation.name).replace("{{", "{").replace("}}", "}")


def _deeper(at: Writer, row: str, relation: Relation) -> None:
    """A relation of the related objects."""
    name = at.fresh("r")
    if not relation.to_many:
        at.emit(f"{name} = await {row}.{relation.name}")
        with at.nested(f"if {name}:"):
            read(at, name, relation.target)
        return
    end = at.pick(("", ".all()"))
    head = at.pick(("for {n} in await {q}:", "for {n} in await {q}:", "async for {n} in {q}:"))
    text = head.replace("{n}", name).replace("{q}", f"{row}.{relation.name}{end}")
    with at.nested(text):
        at.show(f"{name}.name")
        read(at, name, relation.target)


def value(at: Writer, row: str, spec: Spec) -> str:
    """An expression that reads a relation of a row, for a comprehension."""
    if not spec.relations:
        return f"{row}.name"
    relation = at.pick(spec.relations)
    if relation.to_many:
        form = at.pick(_MANY_VALUES)
    else:
        form = at.pick(_ONE_VALUES if relation.nullable else _ONE_VALUES + _ONE_SURE_VALUES)
    return _filled(at, form, row, relation)


_MANY_VALUES = (
    "[{m}.name for {m} in await {x}.{r}]", "len(await {x}.{r}.all())", "len(await {x}.{r})",
    "sorted([{m}.id for {m} in await {x}.{r}.all()])", "[{m}.id async for {m} in {x}.{r}]",
    "bool(await {x}.{r})", "await {x}.{r}.all().count()",
)  # fmt: skip
_ONE_VALUES = (
    "await {x}.{r} is None", "helpers.label(await {x}.{r})", "bool(await {x}.{r})",
    "not await {x}.{r}",
)  # fmt: skip
_ONE_SURE_VALUES = ("(await {x}.{r}).name", "(await {x}.{r}).id", "(await {x}.{r}).label()")
