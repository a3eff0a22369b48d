"""Everyday mistakes that raise, do nothing or do too much, each with what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .flaws import flaw
from .writes import keys_of

if TYPE_CHECKING:
    from .schema import Spec
    from .writer import Writer


class _Slip(NamedTuple):
    """Code with one mistake at ``{F}``; it may name a model ``{M}`` and a relation ``{R}``.

    Attributes:
        code: The statements around it.
        wrong: What stands there.
        right: What should stand there.
    """

    code: str
    wrong: str
    right: str


_LISTED = "out.append([one.id for one in await {F}])"
_SLIPS = (
    _Slip("for one in {F}:\n    out.append(one.id)", "{M}.all()", "await {M}.all()"),
    _Slip("out.append([one.name for one in {F}])", "{M}.filter(size=1).order_by('id')",
          "await {M}.filter(size=1).order_by('id')"),
    _Slip("out.append({F})", "len({M}.filter(size=2))", "await {M}.filter(size=2).count()"),
    _Slip("{F}", "{M}.filter(size=1).update(name='slip{k}')",
          "await {M}.filter(size=1).update(name='slip{k}')"),
    _Slip("{F}", "{M}.filter(name='new{k}').delete()",
          "await {M}.filter(name='new{k}').delete()"),
    _Slip("{n} = await {M}.filter(id=1).first()\nif {n}:\n    {n}.size = {k}\n    {F}",
          "{n}.save()", "await {n}.save()"),
    _Slip(_LISTED, "{M}.all().order_by('pk')", "{M}.all().order_by('id')"),
    _Slip(_LISTED, "{M}.filter(size__gte=0).order_by('-pk')",
          "{M}.filter(size__gte=0).order_by('-id')"),
    _Slip(_LISTED, "{M}.filter(name__exact='x')", "{M}.filter(name='x')"),
    _Slip(_LISTED, "{M}.exclude(size__ne=1).order_by('id')",
          "{M}.exclude(size__not=1).order_by('id')"),
    _Slip(_LISTED, "{M}.objects.all().order_by('id')", "{M}.all().order_by('id')"),
    _Slip("out.append(await {F})", "{M}.objects.filter(size=1).count()",
          "{M}.filter(size=1).count()"),
    _Slip("if await {M}.exists(id=1):\n    out.append({F})",
          "(await {M}.get(id=1).values('name'))[0]", "await {M}.get(id=1).values('name')"),
    _Slip("out.append(await {F})", "{M}.all().order_by('id').only('id').values('id')",
          "{M}.all().order_by('id').values('id')"),
    _Slip("{n} = [{M}(name='bulk{k}'{keys})]\n{m} = {F}\nout.append(len({m}))",
          "await {M}.bulk_create({n})", "await {M}.bulk_create({n}) or {n}"),
    _Slip("out.append(helpers.label({F}))", "{M}.all().order_by('id')[0]",
          "await {M}.all().order_by('id').first()"),
    _Slip("if {F}:\n    out.append('some')", "{M}.filter(size=1)",
          "await {M}.filter(size=1).exists()"),
    _Slip("{n} = {M}.all().order_by('id')\n{F}\nout.append([one.id for one in await {n}])",
          "{n}.filter(size=1)", "[{n} := {n}.filter(size=1)]"),
    _Slip("{n} = {F}\nout.append({n}.size)", "await {M}.get_or_create(name='got{k}'{keys})",
          "(await {M}.get_or_create(name='got{k}'{keys}))[0]"),
)  # fmt: skip
_FORWARD = (
    _Slip(_LISTED, "{M}.filter({R}__isnull=True)", "{M}.filter({R}_id__isnull=True)"),
    _Slip(_LISTED, "{M}.filter({R}__isnull=False)", "{M}.filter({R}_id__isnull=False)"),
    _Slip(_LISTED, "{M}.filter({R}__in=[1, 2])", "{M}.filter({R}_id__in=[1, 2])"),
    _Slip(_LISTED, "{M}.all().order_by('{R}', 'id')", "{M}.all().order_by('{R}_id', 'id')"),
    _Slip("out.append(await {F})", "{M}.all().order_by('id').values_list('{R}', flat=True)",
          "{M}.all().order_by('id').values_list('{R}_id', flat=True)"),
    _Slip("for {n} in await {M}.all().order_by('id'):\n    out.append({F})",
          "{n}.{R}.name", "(await {n}.{R}).name"),
    _Slip("async for {n} in {M}.filter(size__gte=0):\n    out.append({F})",
          "{n}.{R}.name", "(await {n}.{R}).name"),
)  # fmt: skip
_MANY = (
    _Slip("for {n} in await {M}.all().order_by('id'):\n    out.append([one.id for one in {F}])",
          "{n}.{R}", "await {n}.{R}"),
    _Slip("for {n} in await {M}.filter(size__gte=0):\n    out.append({F})",
          "len({n}.{R})", "len(await {n}.{R})"),
    _Slip("{m} = await {M}.all()\nfor {n} in {m}:\n    out.append(bool({F}))",
          "{n}.{R}", "await {n}.{R}"),
)  # fmt: skip
#: What is no mistake, and only costs more than it needs to.
_COSTLY = (
    "if await {M}.filter(size=1):\n    out.append('some')",
    "if not await {M}.filter(size=2).count():\n    out.append('none')",
    "if await {M}.filter(name='nobody').first():\n    out.append('one')",
    "out.append(len(await {M}.exclude(size=0)))",
    "out.append([one.id for one in (await {M}.all().order_by('id'))[:2]])",
    "if await {M}.all().count():\n"
    "    out.append(helpers.label((await {M}.all().order_by('-id'))[0]))",
)


def slip(at: Writer) -> None:
    """A few statements with one mistake, or a costly way to do something right."""
    if at.chance(0.2):
        at.emit(at.pick(_COSTLY).replace("{M}", at.alias(at.model())))
        return
    spec = at.related() if at.chance(0.7) else at.model()
    forward = [one for one in spec.relations if one.kind == "forward"]
    many = at.relations(spec, many=True)
    kind = at.weighed(alone=1, forward=bool(forward), many=bool(many))
    if kind == "alone":
        _emit(at, at.pick(_SLIPS), spec)
    elif kind == "forward":
        _emit(at, at.pick(_FORWARD), spec, at.pick(forward).name)
    else:
        _emit(at, at.pick(_MANY), spec, at.pick(many).name)


def _emit(at: Writer, form: _Slip, spec: Spec, relation: str = "") -> None:
    at.shared.created += 1
    found = {
        "M": at.alias(spec), "k": str(at.shared.created), "n": at.fresh("s"), "m": at.fresh("s"),
        "R": relation, "keys": keys_of(at, spec),
    }  # fmt: skip
    code, wrong, right = form
    for name, text in found.items():
        code, wrong, right = (part.replace(f"{{{name}}}", text) for part in (code, wrong, right))
    at.emit(code.replace("{F}", flaw(at.flaw(), wrong, right)))
