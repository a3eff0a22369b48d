"""Finding the rules: every file of this folder whose name does not begin with an underscore."""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._card import Card, Safety

if TYPE_CHECKING:
    from ._base import Rule

_FOLDER = Path(__file__).parent
_DECLARATION = "\nRULE = Rule("
_CARD = frozenset(Card.__dataclass_fields__)


@cache
def all_rules() -> tuple[Rule, ...]:
    """All rules, ordered by code."""
    return tuple(sorted(map(_load, _files()), key=lambda rule: rule.code))


@cache
def all_cards() -> tuple[Card, ...]:
    """What is told of all rules, ordered by code, read from their files.

    Importing the rules takes several times as long as all else that listing them does.
    """
    return tuple(sorted(map(_read, _files()), key=lambda card: card.code))


def page(rule: Card) -> str:
    """What ``explain`` prints: the docstring of the file that declares the rule."""
    path = _FOLDER / f"{rule.name.replace('-', '_')}.py"
    return ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""


def _files() -> list[Path]:
    return [path for path in _FOLDER.glob("*.py") if not path.name.startswith("_")]


def _load(path: Path) -> Rule:
    from ._base import Rule

    rule = importlib.import_module(f"{__package__}.{path.stem}").RULE
    if not isinstance(rule, Rule) or rule.name != path.stem.replace("_", "-"):
        raise TypeError(f"rules/{path.name} must declare RULE, with the name of the file")
    return rule


def _read(path: Path) -> Card:
    """The literal part of the one statement ``RULE = Rule(...)`` of a file."""
    text = path.read_text("utf-8")
    start = text.find(_DECLARATION) + 1
    if not start:
        raise TypeError(f"rules/{path.name} must declare RULE at module level")
    statement = ast.parse(text[start : text.index("\n)", start) + 2]).body[0]
    assert isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
    values: dict[str, Any] = {}
    for keyword in statement.value.keywords:
        if keyword.arg in _CARD:
            values[keyword.arg] = _value(keyword.value)
    return Card(**values)


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Attribute):  # Safety.MANUAL
        return Safety[node.attr]
    return ast.literal_eval(node)
