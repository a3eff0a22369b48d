"""Names the app of a related model, where the relation has the model alone, or its module.

What it does
    `ForeignKeyField("User")`, `ForeignKeyField("shop.models.User")` and `ForeignKeyField("self")`
    become `ForeignKeyField("models.User")`, likewise `OneToOneField` and `ManyToManyField`, where
    one model alone has the name and the label of its app is known.

Why
    A related model is named by the label of its app and its class, with one dot between. Any other
    form is refused by every release as soon as the module is imported:

        ConfigurationError: ForeignKeyField accepts model name in format "app.Model"

Before
    author = fields.ForeignKeyField("User", related_name="books")

After
    author = fields.ForeignKeyField("models.User", related_name="books")

When it is safe
    The module cannot be imported as it is. The configuration lists all models, and one app alone
    has a model of the name. It is unsafe where tests start the ORM by themselves, for what they
    call the app, where the module that a relation names does not have the model, and where the
    label is not that of a configuration, but the one that the other relations of the project use.

What it leaves alone
    Reported, for a hand: names that no model with a table has, or several, such as "self" in an
    abstract model; projects in which nothing tells the label; strings that are put together.
    Silently: relations that are given a class; tests, which may want the error; field classes with
    a constructor of their own; functions of the project.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..project.configs import connections_of
from ..project.field_kinds import aliased
from ..project.model_targets import is_test
from ..project.symbols import Class
from ._base import Finding, Rule, Safety
from ._migration import is_shim
from ._provoked import is_handled
from ._registered import OTHER_STARTS, is_mentioned, is_started_by_tests, registered
from ._relation_calls import relation_calls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..project.index import Project
    from ..project.module import Module
    from ._registered import Registered

_ERRORS = frozenset({"ConfigurationError"})
_ITSELF = "self"  #: as Django calls the model that has the relation
_TESTED = "it rests on no test calling the app something else"
_EARLY = "it rests on the app having the same label wherever its models are loaded"
_SEEN = 'it rests on the app being called "{0}", as in the other relations'
_ABSTRACT = "declare it in each model that has a table: no other class can be named"
_LOOSE = "it rests on {0} being meant, the only model of that name"
_OTHER = "it rests on no other configuration calling the app something else"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each relation whose model is not named by an app and a class."""
    if is_test(module.path):
        return
    for call, target in relation_calls(module):
        if not isinstance(target, ast.Constant) or not isinstance(target.value, str):
            continue
        wanted = is_shim(module, call) or is_handled(module, call, _ERRORS)
        if target.value.count(".") != 1 and not wanted:
            yield _finding(module, call, target, target.value)


def _finding(module: Module, call: ast.Call, target: ast.Constant, text: str) -> Finding:
    span, field = module.span(target), module.text(call.func).rpartition(".")[2]
    message = f'{field} refuses "{text}" at import: it wants the form "app.Model"'
    name = text.rpartition(".")[2]
    if text == _ITSELF:
        name = _enclosing(module, call)
    label, rests = _label(module, name)
    if label and text.count(".") and not _is_place(module, text):
        rests = "; ".join(filter(None, (_LOOSE.format(name), rests)))
    quote = module.text(target)[-1]
    if not label or module.text(target) != f"{quote}{text}{quote}":
        advice = 'write the label that the configuration gives the app, such as "models"'
        known = f", and {name}" if name and name != text else f", before {name}"
        advice = _ABSTRACT if text == _ITSELF and not _has_table(module, name) else advice + known
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
    edits = (ReplaceExpression(module.path, span, f"{quote}{label}.{name}{quote}"),)
    safety = Safety.UNSAFE if rests else Safety.SAFE
    return Finding(RULE.code, module.path, span, message, safety, edits, rests)


def _enclosing(module: Module, call: ast.Call) -> str:
    """The class in whose body a call stands."""
    outer = (one for one in module.ancestors(call) if isinstance(one, ast.ClassDef))
    return next((one.name for one in outer), "")


def _has_table(module: Module, name: str) -> bool:
    """Whether a class of the file is a model that the database has."""
    model = module.project.models.get(Class(module.path, name))
    return model is not None and not model.abstract


def _label(module: Module, name: str) -> tuple[str, str]:
    """The label of the app of the one model of a name, and what that rests on; empty if unknown."""
    apps = registered(module.project, module.path)
    if apps is None:
        return _guess(module, name)
    labels = [label for label, app in apps.items() if _has(module.project, app, name)]
    if len(labels) != 1 or any(app.foreign for app in apps.values()):
        return "", ""
    if is_mentioned(module.project, OTHER_STARTS):
        return labels[0], _EARLY
    return labels[0], _TESTED if is_started_by_tests(module.project) else ""


def _has(project: Project, app: Registered, name: str) -> bool:
    """Whether an app has a model of a name; a class without a table is none."""
    found = (project.models.get(symbol) for symbol in app.models if symbol.name == name)
    return any(model is not None and not model.abstract for model in found)


def _is_place(module: Module, text: str) -> bool:
    """Whether a text is the name of a module of the project with that of a model in it."""
    home, _, name = text.rpartition(".")
    place = module.project.modules.find(home, 0, module.path) or ""
    found = module.project.resolve(place, name) if place.endswith(".py") else None
    symbol = aliased(module.project, found)
    return isinstance(symbol, Class) and module.project.models.get(symbol) is not None


def _guess(module: Module, name: str) -> tuple[str, str]:
    """The same, where no configuration tells which models the apps have."""
    project, path = module.project, module.path
    if len(_named(project, path, name)) != 1:
        return "", ""
    connections = connections_of(project, path)
    if connections and connections.apps:
        only = next(iter(connections.apps)) if len(connections.apps) == 1 else ""
        return only, _OTHER if only else ""
    labels = _labels_in_use(project, path)
    only = next(iter(labels)) if len(labels) == 1 else ""
    return only, _SEEN.format(only) if only else ""


def _named(project: Project, path: str, name: str) -> list[Class]:
    """The models of a name that have a table, in the same project and outside of tests."""
    home = project.versions_of(path).directory
    return [
        symbol
        for symbol, model in project.models.all().items()
        if symbol.qualname == name
        and not model.abstract
        and not is_test(symbol.path)
        and project.versions_of(symbol.path).directory == home
    ]


def _labels_in_use(project: Project, path: str) -> set[str]:
    """The labels by which the relations of the same project name models that it has."""
    home = project.versions_of(path).directory
    found: set[str] = set()
    for symbol, model in project.models.all().items():
        if is_test(symbol.path) or project.versions_of(symbol.path).directory != home:
            continue
        for name, relation in model.relations.items():
            target = model.fields[name].target if name in model.fields else ""
            if target and relation.target is not None:
                found.add(target.partition(".")[0])
    return found


RULE = Rule(
    code="TOR118",
    name="fk-missing-app-label",
    summary="names a related model by its app and its class, which alone is accepted",
    find=find,
    triggers=(b"ForeignKeyField", b"OneToOneField", b"ManyToManyField"),
)
