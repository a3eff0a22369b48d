"""Reports models that no app of the configuration lists.

What it does
    Names the models whose module none of the apps lists, neither itself nor through an import,
    where all configurations of the project are known.

Why
    The ORM never sees them. The first query of such a model fails with

        ConfigurationError: default_connection for the model <class '...'> cannot be None

    before 0.25.0 with `TypeError: 'NoneType' object is not iterable`, and a relation to it with
    `ConfigurationError: No model with name "..." registered in app "..."`. Neither migrations nor
    `generate_schemas` make its table.

Before
    "apps": {"models": {"models": ["shop.books"]}}  # and shop/orders.py with class Order(Model)

After
    "apps": {"models": {"models": ["shop.books", "shop.orders"]}}

When it is safe
    It is unsafe where there is one app, whose models are written in one plain list: a module may
    be left out on purpose. With several apps it is not certain which one it belongs to, and
    nothing is rewritten.

What it leaves alone
    Abstract models, tests, projects where a configuration or a list of modules is not wholly
    visible, and modules with `__models__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..project.model_targets import is_test
from ..project.symbols import Class
from ..project.values import Row
from ._base import Finding, Rule, Safety
from ._configurations import appended, models_of
from ._registered import registered

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.index import Project
    from ..project.module import Module

_ERROR = "ConfigurationError: default_connection for the model {} cannot be None"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for a file with models that no app lists."""
    symbols = _unlisted(module.project, module.path)
    node = _definition(module.tree.body, symbols[0].qualname) if symbols else None
    if node is None:
        return
    labels = [*(registered(module.project, module.path) or ())]
    label = labels[0] if len(labels) == 1 else ""
    names, error = ", ".join(symbol.name for symbol in symbols), _ERROR.format(symbols[0].name)
    message = f'no app lists {names}: a query fails with "{error}"'
    app = f'the app "{label}"' if label else "an app"
    edit = _edit(module, symbols) if label else None
    edits = (edit,) if edit is not None else ()
    safety = Safety.UNSAFE if edits else Safety.MANUAL
    advice = f"add the module {module.path} to the models of {app}"
    if edits:
        advice = f"it rests on the models of {module.path} belonging to {app}"
    yield Finding(RULE.code, module.path, module.span(node), message, safety, edits, advice)


def _unlisted(project: Project, path: str) -> list[Class]:
    """The models of a file that no app lists, in the order in which they stand there."""
    apps = registered(project, path)
    if apps is None or is_test(path):
        return []
    listed = {symbol for app in apps.values() for symbol in app.models}
    found = [symbol for symbol in _of_file(project, path) if symbol not in listed]
    return sorted(found, key=lambda symbol: _line(project, symbol))


def _of_file(project: Project, path: str) -> Iterator[Class]:
    """The models of a file that are tables of their own."""
    facts = project.facts(path)
    for name in facts.classes if facts else ():
        symbol = Class(path, name)
        model = project.models.get(symbol)
        if model is not None and model.closed and not model.abstract and "." not in name:
            yield symbol


def _modules(project: Project) -> frozenset[str]:
    """The files that define models."""
    return frozenset(symbol.path for symbol in project.models.all())


def _is_taken(project: Project, path: str, symbols: list[Class]) -> bool:
    """Whether an app has a model of the same name, which cannot be there twice."""
    names = {symbol.name for symbol in symbols}
    apps = (registered(project, path) or {}).values()
    return any(symbol.name in names for app in apps for symbol in app.models)


def _edit(module: Module, symbols: list[Class]) -> Edit | None:
    """What adds a file to the only list of models that the project has, if that is one."""
    project, path = module.project, module.path
    if _is_taken(project, path, symbols):
        return None
    home = project.versions_of(path).directory
    found = [
        one
        for one in models_of(project)
        if project.versions_of(one.value.place.module.path).directory == home
    ]
    if len(found) != 1 or found[0].shared(project) or not isinstance(found[0].value, Row):
        return None
    place = found[0].value.place
    names = {_like(project, place.module.path, name, path) for name in found[0].value.texts or ()}
    names.discard("")
    return appended(place, names.pop()) if len(names) == 1 else None


def _like(project: Project, importer: str, listed: str, path: str) -> str:
    """A file as a dotted name, from the same root as a module that is listed; empty if unknown."""
    known = project.modules.find(listed, 0, importer) or ""
    tail = listed.replace(".", "/")
    stem = known.removesuffix(".py").removesuffix("/__init__")
    new = path.removesuffix(".py").removesuffix("/__init__")
    root = stem.removesuffix(tail)
    if not known or not stem.endswith(tail) or not new.startswith(root):
        return ""
    return new.removeprefix(root).replace("/", ".")


def _line(project: Project, symbol: Class) -> int:
    fact = project.class_fact(symbol)
    return fact.line if fact else 0


def _definition(body: list[ast.stmt], name: str) -> ast.stmt | None:
    return next((node for node in body if getattr(node, "name", "") == name), None)


RULE = Rule(
    code="TOR417",
    name="models-module-not-registered",
    summary="a module with models is listed by no app of the configuration",
    safety=Safety.UNSAFE,
    find=find,
    modules=_modules,
)
