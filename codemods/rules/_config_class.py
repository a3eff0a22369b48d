"""What a class of settings for pydantic 1 is as the dictionary that pydantic 2 takes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..project.module import Module
from ..project.symbols import Class
from ._migration import symbol_of

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The settings that both have, by their names in pydantic 1.
_NAMES = {
    "title": "title",
    "extra": "extra",
    "use_enum_values": "use_enum_values",
    "validate_assignment": "validate_assignment",
    "arbitrary_types_allowed": "arbitrary_types_allowed",
    "orm_mode": "from_attributes",
    "allow_population_by_field_name": "populate_by_name",
    "anystr_strip_whitespace": "str_strip_whitespace",
    "anystr_lower": "str_to_lower",
    "anystr_upper": "str_to_upper",
    "max_anystr_length": "str_max_length",
    "min_anystr_length": "str_min_length",
    "validate_all": "validate_default",
    "schema_extra": "json_schema_extra",
}
_EXTRAS = frozenset({"allow", "forbid", "ignore"})


def as_dictionary(module: Module, node: ast.expr) -> str:
    """The source of the dictionary that stands for a class of settings; empty where unknown.

    The class has to be one of the project without bases, all of whose settings are literal and
    known to both.
    """
    symbol = symbol_of(module, node) if isinstance(node, ast.Name | ast.Attribute) else None
    home = module.project.module(symbol.path) if isinstance(symbol, Class) else None
    if not isinstance(symbol, Class) or not isinstance(home, Module) or "." in symbol.qualname:
        return ""
    found = [
        one
        for one in home.tree.body
        if isinstance(one, ast.ClassDef) and one.name == symbol.qualname
    ]
    return of_class(home, found[0]) if len(found) == 1 else ""


def of_class(module: Module, node: ast.ClassDef) -> str:
    """The same of the class itself."""
    if node.bases or node.keywords or node.decorator_list:
        return ""
    entries = list(_entries(module, node.body))
    if not entries or not all(entries):
        return ""
    return "{" + ", ".join(entries) + "}"


def _entries(module: Module, body: list[ast.stmt]) -> Iterator[str]:
    """The settings as entries of the dictionary; an empty string for one that is not known."""
    for index, statement in enumerate(body):
        value = statement.value if isinstance(statement, ast.Expr) else None
        if index == 0 and isinstance(value, ast.Constant) and isinstance(value.value, str):
            continue
        name = ""
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            name = _NAMES.get(target.id, "") if isinstance(target, ast.Name) else ""
            value = statement.value
        text = _text(module, name, value) if name and value is not None else ""
        yield f'"{name}": {text}' if text else ""


def _text(module: Module, name: str, value: ast.expr) -> str:
    """The value of a setting as it is written in the dictionary; empty where it is not literal."""
    if name == "extra":
        return _extra(module, value)
    try:
        ast.literal_eval(value)
    except ValueError:
        return ""
    text = module.text(value)
    return "" if "\n" in text or "#" in text else text


def _extra(module: Module, value: ast.expr) -> str:
    """What the setting of unknown fields is as a string: ``"forbid"`` or ``Extra.forbid``."""
    if isinstance(value, ast.Constant):
        return module.text(value) if value.value in _EXTRAS else ""
    known = isinstance(value, ast.Attribute) and value.attr in _EXTRAS
    return f'"{value.attr}"' if known and isinstance(value, ast.Attribute) else ""
