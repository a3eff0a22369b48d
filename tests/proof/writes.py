"""Statements that write, or read single rows, with or without a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .flaws import flaw

if TYPE_CHECKING:
    from .schema import Spec
    from .writer import Writer

#: What takes the connection as ``.using_db``, before the call that ends the chain.
_CHAINS = (
    "await {M}.filter(size=1){c}.update(name='up{k}')",
    "await {M}.filter(id=2){c}.update(size={k})",
    "await {M}.filter(name='new{k}'){c}.delete()",
    "await {M}.filter(size__gte=3){c}.delete()",
    "out.append(await {M}.all(){c}.count())",
    "out.append(await {M}.filter(size=2){c}.exists())",
    "out.append(await {M}.all().order_by('id'){c}.values('id', 'name'))",
    "out.append(await {M}.filter(size__gte=0).order_by('id'){c}.values_list('id', flat=True))",
    "out.append([one.name for one in await {M}.all().order_by('id'){c}])",
    "out.append(helpers.label(await {M}.filter(size=1).order_by('id'){c}.first()))",
    "out.append(helpers.label(await {M}.filter(id=1){c}.get_or_none()))",
    "async for one in {M}.all().order_by('id'){c}:\n    out.append(one.id)",
    "out.append([one.id async for one in {M}.exclude(size=0).order_by('id'){c}])",
    "out.append(len(await {M}.filter(id__gt=0){c}))",
)  # fmt: skip
#: What takes it as an argument.
_CALLS = (
    "{n} = await {M}.create(name='new{k}', size={k}{keys}{k_})\nout.append({n}.size)",
    "await {M}.create(name='new{k}'{keys}{k_})",
    "{n}, made = await {M}.get_or_create(name='new{k}'{keys}{k_})\nout.append(made)",
    "out.append(helpers.label(await {M}.get_or_none(id=1{k_})))",
    "out.append((await {M}.get(id=1{k_})).name)",
    "out.append(await {M}.exists(size=2{k_}))",
    "await {M}.bulk_create([{M}(name='bulk{k}'{keys}), {M}(name='bulk'{keys})]{k_})",
    "{n} = await {M}.filter(id=1){c}.first()\n"
    "if {n}:\n    {n}.size = {k}\n    await {n}.save({_k})",
    "{n} = await {M}.filter(id=2){c}.first()\nif {n}:\n    await {n}.delete({_k})",
    "{n} = await {M}.filter(id=1){c}.first()\nif {n}:\n    await {n}.refresh_from_db({_k})",
    "out.append(helpers.label(await {M}.first({_k})))",
    "await {M}.update_or_create(defaults={'size': {k}}, name='new'{keys}{k_})",
    "out.append(sorted(await {M}.in_bulk([1, 2], 'id'{k_})))",
)  # fmt: skip
_MANY = (
    "{n} = await {M}.filter(id=1){c}.first()\n{m} = await {T}.filter(id=2){c}.first()\n"
    "if {n} and {m}:\n    await {n}.{r}.{verb}({m}{k_})\n"
    "    out.append(len(await {n}.{r}.all(){c}))",
    "{n} = await {M}.filter(id=2){c}.first()\nif {n}:\n    await {n}.{r}.clear({_k})",
)  # fmt: skip
#: The connection stands where it raises, and where it should stand.
_FLAWED = (
    ("await ", "{M}.create(name='new{k}', size={k}{keys}).using_db({h})",
     "{M}.create(name='new{k}', size={k}{keys}, using_db={h})"),
    ("await ", "{M}.create(name='new{k}'{keys}).using_db({h})",
     "{M}.create(name='new{k}'{keys}, using_db={h})"),
    ("out.append((await ", "{M}.get_or_create(name='got{k}'{keys}).using_db({h})",
     "{M}.get_or_create(name='got{k}'{keys}, using_db={h})", ")[1])"),
    ("await ", "{M}.filter(size=1).update(name='up{k}').using_db({h})",
     "{M}.filter(size=1).using_db({h}).update(name='up{k}')"),
    ("await ", "{M}.filter(id=3).delete().using_db({h})",
     "{M}.filter(id=3).using_db({h}).delete()"),
    ("out.append(await ", "{M}.all().count().using_db({h})",
     "{M}.all().using_db({h}).count()", ")"),
    ("out.append(await ", "{M}.filter(size=2).exists().using_db({h})",
     "{M}.filter(size=2).using_db({h}).exists()", ")"),
    ("out.append(await ", "{M}.all().order_by('id').values('id', 'name').using_db({h})",
     "{M}.all().order_by('id').using_db({h}).values('id', 'name')", ")"),
    ("out.append(len(await ", "{M}.filter(size__gte=0, using_db={h})",
     "{M}.filter(size__gte=0).using_db({h})", "))"),
    ("out.append(helpers.label(await ", "{M}.filter(id=1).first(using_db={h})",
     "{M}.filter(id=1).first().using_db({h})", "))"),
    ("await ", "{M}.bulk_create([{M}(name='bulk{k}'{keys})]).using_db({h})",
     "{M}.bulk_create([{M}(name='bulk{k}'{keys})], using_db={h})"),
    ("await ", "{M}.filter(id=2).update(size={k}, using_db={h})",
     "{M}.filter(id=2).using_db({h}).update(size={k})"),
)  # fmt: skip


def write(at: Writer) -> None:
    """A statement that writes, or reads single rows, as one would without a thought."""
    at.emit(_plain(at, at.model(), ""))


def disturb(at: Writer, row: str, spec: Spec) -> None:
    """A write to what a row is related to, which code after it should see."""
    if not spec.relations:
        return
    relation = at.pick(spec.relations)
    forms = ["await {T}.filter(size__gte=0).update(name={x}.name, size={x}.id)"]
    forms += ["await {T}.filter(id={x}.id).delete()"]
    if relation.kind == "m2m":
        forms += ["await {x}.{r}.clear()", "await {x}.{r}.add(*await {T}.all())"] * 2
    text = at.pick(forms).replace("{T}", at.alias(relation.target)).replace("{x}", row)
    at.emit(text.replace("{r}", relation.name))


def joined(at: Writer) -> None:
    """A statement in a transaction: with its connection, without it, or with it misplaced."""
    handle = at.handles[-1]
    if handle and at.chance(0.3):
        flawed(at, handle)
    else:
        needed = at.shared.connections > 1 and at.chance(0.9)
        at.emit(_plain(at, at.model(), handle if handle and (needed or at.chance(0.25)) else ""))


def flawed(at: Writer, handle: str) -> None:
    """A statement that raises because of where its connection stands."""
    spec, form = at.model(), at.pick(_FLAWED)
    wrong, right = (_filled(at, text, spec, handle, once=True) for text in form[1:3])
    end = form[3] if len(form) > 3 else ""
    at.emit(form[0] + flaw(at.flaw(), wrong, right) + end)


def _plain(at: Writer, spec: Spec, handle: str) -> str:
    many = [one for one in spec.relations if one.kind == "m2m"]
    form = at.pick(at.pick((_CHAINS, _CALLS, _MANY if many else _CALLS)))
    if many:
        relation = at.pick(many)
        form = form.replace("{r}", relation.name).replace("{T}", at.alias(relation.target))
        form = form.replace("{verb}", at.pick(("add", "add", "remove")))
    return _filled(at, form, spec, handle)


def _filled(at: Writer, form: str, spec: Spec, handle: str, once: bool = False) -> str:
    if not once:
        at.shared.created += 1
    found = {
        "M": at.alias(spec), "keys": keys_of(at, spec), "k": str(at.shared.created), "h": handle,
        "c": f".using_db({handle})" if handle else "", "n": f"n{len(at.lines)}",
        "m": f"m{len(at.lines)}", "k_": f", using_db={handle}" if handle else "",
        "_k": f"using_db={handle}" if handle else "",
    }  # fmt: skip
    for name, text in found.items():
        form = form.replace(f"{{{name}}}", text)
    return form


def keys_of(at: Writer, spec: Spec) -> str:
    """The arguments for the foreign keys that a row needs."""
    return "".join(f", {one.name}={_row_of(at, one.target)}" for one in spec.required)


def _row_of(at: Writer, spec: Spec) -> str:
    """A row that a foreign key can name, as an expression."""
    if at.shared.connections > 1 and at.handles and at.handles[-1]:
        return f"await {at.alias(spec)}.filter(id=1).using_db({at.handles[-1]}).first()"
    return f"await {at.alias(spec)}.filter(id=1).first()"
