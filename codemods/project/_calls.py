"""The values of calls: of the project's functions, and of libraries whose result is known."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from ._assigned import frame_for, returned
from ._attributes import attribute_of
from ._held import owner_of
from ._paths import of_path_call, of_path_method
from .facts import FunctionNode
from .formats import OF_TORTOISE, data_at
from .symbols import Class, External, Function
from .uses import Member, Result
from .values import Place, Row, Table, Text, Value, is_none, merged, within

if TYPE_CHECKING:
    from ._around import Around
    from .uses import Held

_SAME = frozenset({"copy.copy", "copy.deepcopy", "builtins.list", "builtins.str"})
_ENVIRONMENT = frozenset({"os.getenv", "os.environ.get"})
_FIELDS = frozenset({"pydantic.Field", "pydantic.fields.Field", "dataclasses.field"})
_GENERATE = frozenset(
    {"tortoise.backends.base.config_generator.generate_config", "tortoise.generate_config"}
)
_CLASS = "tortoise.config.TortoiseConfig"
#: The parameters, in order, of the classes that hold a configuration since tortoise-orm 1.0.
_OBJECTS = {
    _CLASS: ("connections", "apps", "routers", "use_tz", "timezone"),
    "tortoise.config.AppConfig": ("models", "default_connection", "migrations"),
}


def of_call(place: Place, around: Around) -> Value:
    """The value of a call."""
    node = place.node
    assert isinstance(node, ast.Call)
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return Value(place)
    symbol = around.resolve(place.module, node.func)
    if isinstance(symbol, External):
        return _of_library(place, node, symbol.dotted, around)
    if isinstance(symbol, Function) and "." not in symbol.qualname:
        held = Result(symbol.path, symbol.qualname)
        return _of_function(place, node, symbol, None, held, around)
    if isinstance(node.func, ast.Attribute):
        return _of_method(place, node, node.func, around)
    return Value(place)


def _of_function(
    place: Place,
    call: ast.Call,
    symbol: Function,
    owner: Class | None,
    held: Held,
    around: Around,
) -> Value:
    known = around.hops > 0 and held not in place.via
    way = returned(place.module.project, symbol) if known else None
    if way is None or way[1].value is None or any(k.arg is None for k in call.keywords):
        return Value(place)
    module, exit_ = way
    function = module.scope(exit_)
    assert isinstance(function, FunctionNode)
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    frame = frame_for(function, {}, owner)
    names = names[1:] if frame.own else names
    if len(call.args) > len(names):
        return Value(place)
    given = _defaults(Place(module, exit_.value), function, around) if exit_.value else {}
    given |= {n: around.value(place, a) for n, a in zip(names, call.args, strict=False)}
    given |= {k.arg: around.value(place, k.value) for k in call.keywords if k.arg}
    inner = around.farther(replace(frame, given=given))
    return around.read(Place(module, way[1].value, (*place.via, held)), inner)


def _defaults(
    place: Place, function: ast.FunctionDef | ast.AsyncFunctionDef, around: Around
) -> dict[str, Value]:
    """The values of the parameters that a call leaves out."""
    outer = around.farther(None)
    names = [*function.args.posonlyargs, *function.args.args]
    pairs = list(zip(reversed(names), reversed(function.args.defaults), strict=False))
    keywords = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    pairs += [(name, node) for name, node in keywords if node is not None]
    return {name.arg: outer.value(place, node) for name, node in pairs}


def _of_method(place: Place, call: ast.Call, func: ast.Attribute, around: Around) -> Value:
    owner = owner_of(place, func.value, around)
    if owner is not None:
        found = attribute_of(place.module.project, owner[0], func.attr)
        if found is None or not isinstance(found.node, ast.FunctionDef):
            return Value(place)
        symbol = Function(found.owner.path, f"{found.owner.qualname}.{func.attr}")
        held = Member(found.owner.path, found.owner.qualname, func.attr)
        return _of_function(place, call, symbol, owner[0], held, around)
    outer = around.value(place, func.value)
    read = of_path_method(place, call, func.attr, outer, around)
    if read is not None:
        return read
    if func.attr == "get" and call.args and isinstance(outer, Table) and not outer.open:
        key = around.text(place, call.args[0])
        found_value = within(outer, key) if key is not None else None
        if found_value is None and key is not None and len(call.args) > 1:
            return around.value(place, call.args[1])
        return found_value or Value(place)
    if func.attr in ("copy", "to_dict") and not call.args and isinstance(outer, Table | Row):
        return outer
    return Value(place)


def _of_library(place: Place, call: ast.Call, name: str, around: Around) -> Value:
    arguments = [around.value(place, argument) for argument in call.args]
    keywords = {k.arg: around.value(place, k.value) for k in call.keywords}
    if name == "builtins.dict":
        named = [_one(place, key, value) for key, value in keywords.items()]
        return merged(place, [*arguments, *named])
    if name in _SAME and len(arguments) == 1 and not keywords:
        given = arguments[0]
        if isinstance(given, Row) and given.is_tuple and name == "builtins.list":
            return replace(given, place=place, is_tuple=False)
        return given
    if name == "typing.cast" and len(arguments) == 2:
        return arguments[1]
    if name in _ENVIRONMENT:
        fallback = arguments[1] if len(arguments) == 2 else keywords.get("default")
        return replace(fallback, sure=False) if isinstance(fallback, Text) else Value(place)
    if name in _FIELDS:
        return _of_field(place, call, arguments, keywords, around)
    read = of_path_call(place, name, arguments)
    if read is not None:
        return read
    return _of_tortoise(place, name, arguments, keywords)


def _one(place: Place, key: str | None, value: Value) -> Value:
    return value if key is None else Table(place, {key: value})


def _of_field(
    place: Place,
    call: ast.Call,
    arguments: list[Value],
    keywords: dict[str | None, Value],
    around: Around,
) -> Value:
    """What a field of a settings class is unless something sets it."""
    for keyword in call.keywords:
        if keyword.arg == "default_factory" and isinstance(keyword.value, ast.Lambda):
            return around.value(place, keyword.value.body)
    return keywords.get("default") or (arguments[0] if arguments else Value(place))


def _of_tortoise(
    place: Place, name: str, arguments: list[Value], keywords: dict[str | None, Value]
) -> Value:
    if name in _OBJECTS:
        given = dict(zip(_OBJECTS[name], arguments, strict=False))
        given |= {key: value for key, value in keywords.items() if key}
        kept = {key: value for key, value in given.items() if not is_none(value)}
        return Table(place, kept, None in keywords)
    if name == "tortoise.config.DBUrlConfig":
        return arguments[0] if arguments else keywords.get("url") or Value(place)
    if name == f"{_CLASS}.from_dict" and len(arguments) == 1:
        return arguments[0]
    if name == f"{_CLASS}.from_config_file" and len(arguments) == 1:
        return data_at(place, arguments[0], OF_TORTOISE)
    return _generated(place, arguments, keywords) if name in _GENERATE else Value(place)


def _generated(place: Place, arguments: list[Value], keywords: dict[str | None, Value]) -> Value:
    """What ``generate_config`` makes of a URL, the modules of the apps and a connection's name."""
    given: dict[str | None, Value] = dict(
        zip(("db_url", "app_modules", "connection_label"), arguments, strict=False)
    )
    given |= keywords
    label, modules = given.get("connection_label"), given.get("app_modules")
    url = given.get("db_url")
    if is_none(label):
        label = Text(place, "default")
    if url is None or not isinstance(label, Text) or not label.sure or None in given:
        return Value(place)
    apps: Value = Value(place)
    if isinstance(modules, Table) and not modules.open:
        made = {
            name: Table(place, {"models": value, "default_connection": label})
            for name, value in modules.entries.items()
        }
        apps = Table(place, made)
    return Table(place, {"connections": Table(place, {label.text: url}), "apps": apps})
