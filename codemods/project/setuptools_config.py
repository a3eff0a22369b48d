"""What setup.cfg and setup.py say, without running the latter."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ..source import Fault, decode, parse
from .mentions import Mention, Trust, garbled, line_of, requirement
from .version_range import from_pep440

if TYPE_CHECKING:
    from collections.abc import Iterator
    from configparser import RawConfigParser

    from .texts import Texts

_ALWAYS = "install_requires"
_LISTS = (_ALWAYS, "setup_requires", "tests_require")


def read_setup_cfg(texts: Texts, path: str) -> list[Mention]:
    """The requirements and the extras of setup.cfg, and its ``python_requires``."""
    from configparser import Error, RawConfigParser

    text = texts.read(path)
    if text is None:
        return garbled(path, texts.salvage(path), Trust.SETUP_CFG)
    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except Error as error:
        line = getattr(error, "lineno", None) or next(iter(getattr(error, "errors", ())), (0,))[0]
        texts.blame(path, line, "is not a valid setup.cfg")
        return garbled(path, text, Trust.SETUP_CFG)
    return list(_cfg_mentions(path, text, parser))


def _cfg_mentions(path: str, text: str, parser: RawConfigParser) -> Iterator[Mention]:
    for section, option, value in _options(parser):
        start = max(text.find(f"[{section}]"), 0)
        for entry in value.split("\n"):
            line = line_of(text, entry.strip(), start)
            yield from _found(path, entry, line, option == _ALWAYS)
    python = parser.get("options", "python_requires", fallback="")
    if python:
        line = line_of(text, "python_requires")
        yield Mention("python", from_pep440(python), path, line, Trust.SETUP_CFG)


def read_setup_py(texts: Texts, path: str) -> list[Mention]:
    """The literal requirements in the call of ``setup``, also through names of the file."""
    source = decode(path, texts.raw(path))
    tree = source if isinstance(source, Fault) else parse(source)
    if isinstance(tree, Fault):
        texts.blame(path, tree.line, tree.reason)
        return garbled(path, texts.salvage(path), Trust.SETUP_PY)
    return [one for call in _setup_calls(tree) for one in _call_mentions(path, tree, call)]


def _options(parser: RawConfigParser) -> Iterator[tuple[str, str, str]]:
    """Section, option and value of whatever lists requirements."""
    for section in ("options", "options.extras_require"):
        for option, value in parser.items(section) if parser.has_section(section) else ():
            if section != "options" or option in _LISTS:
                yield section, option, value or ""


def _found(
    path: str, entry: str, line: int, runtime: bool, trust: Trust = Trust.SETUP_CFG
) -> Iterator[Mention]:
    one = requirement(entry)
    if one:
        yield Mention(one.name, one.allowed, path, line, trust, runtime and one.always)


def _setup_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("setup", "setuptools.setup"):
            yield node


def _call_mentions(path: str, tree: ast.Module, call: ast.Call) -> Iterator[Mention]:
    for keyword in call.keywords:
        if keyword.arg == "python_requires":
            for text, line in _literals(tree, keyword.value):
                yield Mention("python", from_pep440(text), path, line, Trust.SETUP_PY)
        elif keyword.arg in (*_LISTS, "extras_require"):
            for text, line in _literals(tree, keyword.value):
                yield from _found(path, text, line, keyword.arg == _ALWAYS, Trust.SETUP_PY)


def _literals(tree: ast.Module, value: ast.expr) -> Iterator[tuple[str, int]]:
    """The strings that an expression is written of, with their lines.

    Names stand for all that the file assigns to them, so that no alternative is missed.
    """
    waiting: list[ast.AST] = [value]
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Constant(value=str(text)):
                yield text, node.lineno
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                waiting += parts
            case ast.Dict(values=parts):
                waiting += parts
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                waiting += (left, right)
            case ast.Starred(value=inner) | ast.Subscript(value=inner):
                waiting.append(inner)
            case ast.Name(id=name) if name not in seen:
                seen.add(name)
                waiting += _assigned(tree, name)


def _assigned(tree: ast.Module, name: str) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    yield value
            case ast.AnnAssign(target=ast.Name(id=target_name), value=ast.expr() as value) | (
                ast.AugAssign(target=ast.Name(id=target_name), value=value)
            ):
                if target_name == name:
                    yield value
