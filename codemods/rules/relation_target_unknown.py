"""Names the app of a related model as the configuration has it, where the relation names another.

What it does
    Looks at `ForeignKeyField("app.Model")`, `OneToOneField` and `ManyToManyField` of models that
    the configuration lists. Where no app has the label, or the app has no such model, and exactly
    one model of the project is called that, its app is written.

Why
    The start fails with one of

        ConfigurationError: No app with name 'shelf' registered. Please check your model names in
        ForeignKeyFields and configurations.

        ConfigurationError: No model with name 'Book' registered in app 'shelf'.

Before
    # "apps": {"books": {"models": ["shop.books"]}}
    book = fields.ForeignKeyField("models.Book", related_name="loans")

After
    book = fields.ForeignKeyField("books.Book", related_name="loans")

When it is safe
    The start fails as it is. All apps and the models in them are known, and one model alone has
    the name. It is unsafe where tests start the ORM by themselves, for what they call the app.

What it leaves alone
    Projects where a configuration or the models of an app are not wholly visible, tests, and
    models that no app lists; projects that load models with `Tortoise.init_models`.
    Left for you: names that no model has, or several; strings that are put together.
    Strings that are not an app and a model with a dot between: see fk-missing-app-label.
"""

from __future__ import annotations

import ast
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..project.model_targets import is_test
from ._base import Finding, Rule, Safety
from ._registered import OTHER_STARTS, is_mentioned, is_started_by_tests, registered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..project.facts import FieldFact
    from ..project.models import Model
    from ..project.module import Module
    from ._registered import Registered

_NO_APP = "No app with name '{0}' registered. Please check your model names in ForeignKeyFields"
_NO_MODEL = "No model with name '{0}' registered in app '{1}'."
_RESTS = "it rests on no test counting on the label"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each relation of a listed model whose target is not there."""
    if is_test(module.path) or is_mentioned(module.project, OTHER_STARTS):
        return
    for symbol, model in module.project.models.all().items():
        if symbol.path != module.path or model.abstract:
            continue
        apps = registered(module.project, module.path)
        if apps and any(symbol in app.models for app in apps.values()):
            yield from _of_model(module, model, apps)


def _of_model(module: Module, model: Model, apps: Mapping[str, Registered]) -> Iterator[Finding]:
    fact = module.project.class_fact(model.symbol)
    for field in fact.fields if fact else ():
        relation = model.relations.get(field.name)
        if relation is None or not field.target or field.name not in model.fields:
            continue
        error = _error(field, apps)
        node = _written(module, field) if error else None
        if node is not None:
            yield _finding(module, field, node, error, apps)


def _error(field: FieldFact, apps: Mapping[str, Registered]) -> str:
    """What the start fails with; empty where it does not, or might not."""
    label, _, name = field.target.partition(".")
    if field.target.count(".") != 1:
        return ""  # fk-missing-app-label has it
    if label not in apps:
        return _NO_APP.format(label)
    app = apps[label]
    names = {*app.others, *(symbol.name for symbol in app.models)}
    known = app.foreign or name in names
    return "" if known else _NO_MODEL.format(name, label)


def _written(module: Module, field: FieldFact) -> ast.Constant | None:
    """The string in the source, if it is written where the field is."""
    for call in module.nodes(ast.Call):
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and first.value == field.target:
            statement = module.parent(call)
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.lineno == field.line:
                return first
    return None


def _finding(
    module: Module,
    field: FieldFact,
    node: ast.Constant,
    error: str,
    apps: Mapping[str, Registered],
) -> Finding:
    name = field.target.rpartition(".")[2]
    labels = [k for k, app in apps.items() if any(s.name == name for s in app.models)]
    message, span = f'the start fails with "ConfigurationError: {error}"', module.span(node)
    if len(labels) == 1 and not any(app.foreign for app in apps.values()):
        quote = module.text(node)[-1]
        edit = ReplaceExpression(module.path, span, f"{quote}{labels[0]}.{name}{quote}")
        tested = is_started_by_tests(module.project)
        safety, rests = (Safety.UNSAFE, _RESTS) if tested else (Safety.SAFE, "")
        return Finding(RULE.code, module.path, span, message, safety, (edit,), rests)
    every = [f"{label}.{s.name}" for label, app in apps.items() for s in app.models]
    near = get_close_matches(field.target, sorted(every), 1)
    advice = f'"{near[0]}" is the nearest' if near else f"the apps are {', '.join(sorted(apps))}"
    return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)


RULE = Rule(
    code="TOR427",
    name="relation-target-unknown",
    summary="names the app of a related model as the configuration has it",
    find=find,
    triggers=(b"ForeignKeyField", b"OneToOneField", b"ManyToManyField"),
)
