"""What the test classes of Tortoise worked on: the arguments of the call of `initializer`."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..edits._base import expression
from ..edits.imports import AddImport
from ..project.module import Module
from ..project.symbols import External
from ._migration import is_shim
from ._test_fixture import (
    CONTEXTS,
    INITIALIZER,
    assigned,
    context_of,
    fixture_of,
    is_new_each_time,
    name_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..source import Fault

#: What means itself in an f-string.
_PLAIN = re.compile(r"[\w./:@-]*")
_CALLS = re.compile(rb"\b(?:initializer|tortoise_test_context)\b")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a set-up as another file can write it.

    Attributes:
        name: The parameter.
        source: The source of the value.
        imports: The names that the source needs: module, name, alias.
    """

    name: str
    source: str
    imports: tuple[tuple[str, str, str], ...] = ()

    def edits(self, path: str) -> Iterator[AddImport]:
        """What makes the names available in a file."""
        for module, name, alias in self.imports:
            yield AddImport(path, module, name, alias)


SetUp = tuple[Argument, ...]
#: A set-up whose database is made for every test, so that a class cannot make it, too.
_CLASHES: SetUp = ()


def set_up_for(module: Module) -> SetUp | str:
    """The set-up that the test classes of a file rely on, or why it is not known."""
    project = module.project
    paths = [path for path in project.relevant if _CALLS.search(_bytes(project.read(path)))]
    own = list(_of(module, module.path))
    found = set(own or (one for path in paths for one in _of(project.module(path), module.path)))
    if _CLASHES in found:
        return "the tests share one database by name, which two of them cannot create"
    if None in found or len(found) > 1:
        return "the calls of initializer() that set up the tests are not all alike and plain"
    known = found.pop() if found else None
    if known is None:
        return "no call of initializer() says which modules the tests work on"
    return known


def _bytes(data: bytes | Fault) -> bytes:
    return data if isinstance(data, bytes) else b""


def _of(module: Module | Fault, target: str) -> Iterator[SetUp | None]:
    """The set-ups of one file; None for one that cannot be told in ``target``."""
    if not isinstance(module, Module):
        return
    for call in module.nodes(ast.Call):
        name = name_of(module, call.func)
        if name == INITIALIZER:
            fixture = None if is_shim(module, call) else fixture_of(module, call)
            yield _told(module, fixture.before, fixture.arguments, target) if fixture else None
        elif name in CONTEXTS:  # what such a call becomes
            before, given, autouse = context_of(module, call) or ((), {}, False)
            if given:
                known = _told(module, before, given, target)
                clashes = known is not None and autouse and not _is_apart(known)
                yield _CLASHES if clashes else known


def _is_apart(known: SetUp) -> bool:
    return is_new_each_time({one.name: one.source for one in known})


def _told(
    module: Module, before: Sequence[ast.stmt], given: Mapping[str, str], target: str
) -> SetUp | None:
    writer = _Writer(module, before, target)
    found = [writer.write(name, source) for name, source in given.items()]
    known = tuple(one for one in found if one is not None)
    return known if len(known) == len(found) else None


class _Writer:
    """Writes expressions of one file so that they mean the same in another."""

    def __init__(self, module: Module, before: Sequence[ast.stmt], target: str) -> None:
        self._module = module
        self._same = module.path == target
        self._local = assigned(before)
        self._top = assigned(module.tree.body)

    def write(self, name: str, source: str) -> Argument | None:
        """The argument for the other file; None where its meaning there is not certain."""
        node = expression(source)
        while isinstance(node, ast.Name) and (value := self._value(node.id)) is not None:
            node = value
            source = self._module.text(node)
        if isinstance(node, ast.JoinedStr):
            source = self._filled(node, source)
            node = expression(source)
        imports: set[tuple[str, str, str]] = set()
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and not self._reaches(part, imports):
                return None
        return Argument(name, source, tuple(sorted(imports)))

    def _filled(self, node: ast.JoinedStr, source: str) -> str:
        """An f-string with the values of the plain strings that have a name in its own file."""
        for part in node.values:
            name = part.value if isinstance(part, ast.FormattedValue) else None
            value = self._value(name.id) if isinstance(name, ast.Name) else None
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(name, ast.Name) and isinstance(text, str) and _PLAIN.fullmatch(text):
                source = source.replace(f"{{{name.id}}}", text)
        return source

    def _value(self, name: str) -> ast.expr | None:
        if name in self._local:
            return self._local[name]
        once = self._module.facts.bindings.get(name) == 1
        return self._top.get(name) if once and not self._same else None

    def _reaches(self, node: ast.Name, imports: set[tuple[str, str, str]]) -> bool:
        """Whether a name means the same there, with an import if need be."""
        facts = self._module.facts
        found = facts.imports.get(node.id, ())
        if node.id in self._local or isinstance(node.ctx, ast.Store):
            return False
        if self._same and node.id in facts.bindings:
            return True
        if node.id not in facts.bindings:
            symbol = self._module.project.resolve(self._module.path, node.id)
            return isinstance(symbol, External) and symbol.dotted.startswith("builtins.")
        if len(found) != 1 or facts.bindings[node.id] != 1 or found[0].level:
            return False
        one = found[0]
        alias = node.id if node.id != (one.attr or one.module.partition(".")[0]) else ""
        imports.add((one.module, one.attr, alias))
        return True
