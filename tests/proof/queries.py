"""Random queries for the rows of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .schema import Spec
    from .writer import Writer

_STARTS = (
    "{M}.all()", "{M}.all()", "{M}.all()", "{M}.filter(size__gte=0)", "{M}.filter()",
    "{M}.exclude(size=2)", "{M}.filter(id__gt=1)", "{M}.filter(name='nobody')",
)  # fmt: skip
_STEPS = (
    ".order_by('id')", ".order_by('-id')", ".order_by('size', 'id')", ".limit(2)", ".distinct()",
    ".filter(id__lt=5)", ".exclude(name='x')", ".order_by('id').limit(3)", ".limit(2).offset(1)",
    ".order_by('name')", ".all()", ".order_by('id').offset(1).limit(9)",
)  # fmt: skip


def query(at: Writer, spec: Spec) -> str:
    """A chain that gives rows of a model, without ``await``."""
    text = _start(at, spec)
    while at.chance(0.35):
        text += at.pick(_STEPS)
    if at.chance(0.12):
        text += _fetching(at, spec)
    if at.chance(0.12):
        text += _across(at, spec)
    handle = at.handles[-1] if at.handles else ""
    if handle and at.chance(0.3):
        text += f".using_db({handle})"
    return text


def _start(at: Writer, spec: Spec) -> str:
    """A model, or a relation of a row that leads to it."""
    known = [
        f"{name}.{relation.name}"
        for name, owner in at.rows
        for relation in owner.relations
        if relation.to_many and relation.target is spec
    ]
    if known and at.chance(0.25):
        return at.pick(known) + at.pick((".all()", ".filter(size__gte=0)", ".order_by('id')"))
    return at.pick(_STARTS).replace("{M}", at.alias(spec))


def _fetching(at: Writer, spec: Spec) -> str:
    relation = at.pick(spec.relations) if spec.relations else None
    if relation is None:
        return ""
    if not relation.to_many and at.chance(0.4):
        return f".select_related('{relation.name}')"
    path = relation.name
    if at.chance(0.2) and relation.target.relations:
        path += f"__{at.pick(relation.target.relations).name}"
    if at.chance(0.15) and relation.to_many:
        rows = f"{at.alias(relation.target)}.filter(size__gte=1)"
        return f".prefetch_related(Prefetch('{relation.name}', queryset={rows}))"
    quote = at.pick(("'", '"'))
    # With unsafe repairs it is fetched after all, so that a missing object is no longer awaited.
    again = _fetching(at, spec) if at.chance(0.1) and not at.shared.unsafe else ""
    return f".prefetch_related({quote}{path}{quote}){again}"


def _across(at: Writer, spec: Spec) -> str:
    """A condition on related rows."""
    relation = at.pick(spec.relations) if spec.relations else None
    if relation is None:
        return ""
    if relation.to_many:
        return f".filter({relation.name}__size__gte=1).distinct()"
    return f".filter({relation.name}__size__gte=1)"


def spread(at: Writer, text: str) -> str:
    """The same chain, now and then over several lines, in parentheses."""
    if not at.chance(0.15) or ")." not in text:
        return text
    indent = "    "
    return f"(\n{indent}" + text.replace(").", f")\n{indent}.") + "\n)"
