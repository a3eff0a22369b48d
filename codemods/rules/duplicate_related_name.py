"""Reports relations whose other sides have the same name in one model.

What it does
    Reports a foreign key, one-to-one or many-to-many field whose `related_name`, or the name that
    is made where there is none, belongs to another relation with the same model, or to a field of
    that model.

Why
    The name is `related_name`, or that of the table and an s. Two foreign keys from one model to
    another therefore need names. The start fails with

        ConfigurationError: backward relation "matchs" duplicates in model Team

Before
    class Match(Model):
        home = fields.ForeignKeyField("models.Team")
        guest = fields.ForeignKeyField("models.Team")

Use instead
    class Match(Model):
        home = fields.ForeignKeyField("models.Team", related_name="home_matches")
        guest = fields.ForeignKeyField("models.Team", related_name="guest_matches")

    `related_name=False` for a side that nothing needs.

What it leaves alone
    Relations of models that may never be loaded together: of different files that the configuration
    does not list both; tests. Names that cannot be told, for instance because a function of the
    project names the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.model_targets import is_test
from ._base import Finding, Rule, Safety
from ._model_classes import declaration, model_classes
from ._registered import registered

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping

    from ..project.index import Project
    from ..project.models import Model, Relation
    from ..project.module import Module
    from ..project.symbols import Class

_Side = tuple["Class", str]  # the model that has it, and its name
_ADVICE = "give it a related_name of its own, or related_name=False where nothing needs it"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each relation whose other side has a name that is taken."""
    if is_test(module.path):
        return
    for node, model in model_classes(module):
        for relation in _forward(model) if model.closed else ():
            taken = _taken_by(module.project, model, relation)
            if taken:
                yield _finding(module, node, relation, taken)


def _forward(model: Model) -> list[Relation]:
    """The relations that a model declares, with a known name on a known other side."""
    if model.abstract:
        return []
    own = (one for name, one in model.relations.items() if name in model.fields)
    return [one for one in own if one.back and one.target is not None]


def _taken_by(project: Project, model: Model, relation: Relation) -> str:
    """What has the name of the other side before the relation does; empty if nothing has."""
    assert relation.target is not None
    target = project.models.get(relation.target)
    if target is not None and relation.back in target.fields:
        return "a field of its own"
    for other, one in _sides(project).get((relation.target, relation.back), ()):
        if (other.symbol, one.name) == (model.symbol, relation.name):
            break
        if _are_together(project, model.symbol, other.symbol):
            return f"the other side of {other.symbol.name}.{one.name}"
    return ""


def _sides(project: Project) -> Mapping[_Side, list[tuple[Model, Relation]]]:
    """The relations with a model, by what they are called there, in the order of the source."""
    if _sides not in project.memo:
        found: dict[_Side, list[tuple[Model, Relation]]] = {}
        for model in project.models.all().values():
            for relation in _forward(model) if not is_test(model.symbol.path) else ():
                assert relation.target is not None
                found.setdefault((relation.target, relation.back), []).append((model, relation))
        project.memo[_sides] = found
    known: Mapping[_Side, list[tuple[Model, Relation]]] = project.memo[_sides]
    return known


def _are_together(project: Project, one: Class, other: Class) -> bool:
    """Whether two models are proven to be loaded by the same start of the ORM."""
    if one.path == other.path and "." not in one.qualname + other.qualname:
        return True
    apps = registered(project, one.path)
    listed = {symbol for app in apps.values() for symbol in app.models} if apps else set()
    return {one, other} <= listed


def _finding(module: Module, node: ast.ClassDef, relation: Relation, taken: str) -> Finding:
    assert relation.target is not None
    span = module.span(declaration(node, relation.name) or node)
    side = f"{relation.target.name}.{relation.back}"
    message = f"{side} would be the other side of {relation.name}, but is {taken}: the start fails"
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _ADVICE)


RULE = Rule(
    code="TOR121",
    name="duplicate-related-name",
    summary="reports relations whose other sides have the same name in one model",
    safety=Safety.MANUAL,
    find=find,
    triggers=(b"ForeignKeyField", b"OneToOneField", b"ManyToManyField"),
)
