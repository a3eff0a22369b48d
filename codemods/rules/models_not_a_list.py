"""Makes a list of the models of an app that are given as a tuple or as one string.

What it does
    `"models": ("shop.models",)` becomes `"models": ["shop.models",]`, and `"models": "shop.models"`
    becomes `"models": ["shop.models"]`, in the configuration and in `modules=`.

Why
    Since tortoise-orm 1.0.0 `Tortoise.init`, `aerich` and `tortoise` stop with

        ConfigurationError: AppConfig.models must be a list of strings

    Before that a tuple worked, and of a string each letter was taken for a module.

Before
    TORTOISE_ORM = {
        "connections": {"default": "sqlite://db.sqlite3"},
        "apps": {"models": {"models": ("shop.models", "aerich.models")}},
    }

After
    TORTOISE_ORM = {
        "connections": {"default": "sqlite://db.sqlite3"},
        "apps": {"models": {"models": ["shop.models", "aerich.models"]}},
    }

When it is safe
    The start fails as it is, and releases before 1.0.0 take a list as well. What is changed is
    written where the configuration is, or in a variable that nothing else uses.

What it leaves alone
    Projects that may use a release before 1.0.0: there a tuple works.
    Left for you: a variable that is used for something else too.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..edits.documents import ReplaceText
from ..edits.elements import TupleToList
from ..edits.expressions import ReplaceExpression
from ..project.values import Row, Text, Value
from ._base import Finding, Rule, Safety
from ._configurations import by_module, models_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.index import Project
    from ..source import Span
    from ._configurations import Models

_SINCE = "1.0.0"
_ERROR = "ConfigurationError: AppConfig.models must be a list of strings"


def _findings(project: Project) -> Iterator[Finding]:
    for models in models_of(project):
        path = models.value.place.module.path
        if project.versions_of(path).at_least("tortoise-orm", _SINCE) and _is_wrong(models.value):
            yield _finding(project, models)


def _is_wrong(value: Value) -> bool:
    node = value.place.node
    if isinstance(value, Row):
        return isinstance(node, ast.Tuple)
    in_document = value.place.inside is not None
    return isinstance(value, Text) and (isinstance(node, ast.Constant) or in_document)


def _finding(project: Project, models: Models) -> Finding:
    place = models.value.place
    module, node = place.module, place.node
    span, kind = module.span(node), "a tuple" if isinstance(node, ast.Tuple) else "a string"
    message = f'the models of the app "{models.label}" are {kind}: the start fails with "{_ERROR}"'
    name = models.shared(project)
    if name:
        advice = f"{name} is used elsewhere too: pass a list to the app alone"
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), advice)
    edit = _in_document(models.value) or _edit(module.path, span, node, module.text(node))
    return Finding(RULE.code, module.path, span, message, Safety.SAFE, (edit,))


def _in_document(value: Value) -> Edit | None:
    """The edit of a file that is not Python, if that is where the models are."""
    inside = value.place.inside
    if inside is None or not isinstance(value, Text):
        return None
    return ReplaceText(inside.path, inside.keys, (value.text,))


def _edit(path: str, span: Span, node: ast.expr, text: str) -> Edit:
    if isinstance(node, ast.Tuple):
        return TupleToList(path, span)
    return ReplaceExpression(path, span, f"[{text}]")


_find, _modules = by_module(_findings)
RULE = Rule(
    code="TOR424",
    name="models-not-a-list",
    summary="the models of an app are a tuple or a string, which 1.0 refuses",
    since="1.0.0",
    find=_find,
    modules=_modules,
)
