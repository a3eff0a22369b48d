"""One walk over a parsed file for its facts."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from .facts import (
    OPAQUE,
    ClassFact,
    FieldFact,
    FileFacts,
    FunctionNode,
    dotted,
    imports_of,
    inner_blocks,
    target_names,
)
from .walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .facts import Constant, Import


def collect(path: str, tree: ast.Module, text: str) -> FileFacts:
    """The facts of a parsed file, of which ``text`` is the source."""
    collector = _Collector("global" in text)
    collector.block(tree.body)
    return FileFacts(
        path,
        {name: tuple(found) for name, found in collector.imports.items()},
        tuple(collector.stars),
        collector.classes,
        collector.functions,
        collector.bindings,
        frozenset(collector.rebound),
        collector.exports if "__all__" in collector.bindings else None,
        collector.aliases,
    )


class _Collector:
    """Walks the statements that run when the module is imported."""

    def __init__(self, has_globals: bool) -> None:
        self._has_globals = has_globals
        self.imports: dict[str, list[Import]] = {}
        self.stars: list[Import] = []
        self.classes: dict[str, ClassFact] = {}
        self.functions: dict[str, int] = {}
        self.bindings: dict[str, int] = {}
        self.rebound: set[str] = set()
        self.exports: tuple[str, ...] | None = ()
        self.aliases: dict[str, str] = {}

    def block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            self._import(node)
        elif isinstance(node, ast.ClassDef):
            self._bind(node.name)
            self._class(node, node.name)
        elif isinstance(node, FunctionNode):
            self._bind(node.name)
            self.functions[node.name] = node.lineno
            self._globals(node)
        else:
            for name in _bound_by(node):
                self._bind(name)
            self._note(node)
            for inner in inner_blocks(node):
                self.block(inner)

    def _note(self, node: ast.stmt) -> None:
        """What ``__all__`` lists, and which names are further names of something."""
        if isinstance(node, ast.Assign | ast.AnnAssign):
            names = list(_bound_by(node))
            if "__all__" in names:
                self._export(node.value)
            elif len(names) == 1 and node.value is not None:
                meant = dotted(node.value)
                if meant:
                    self.aliases[names[0]] = meant
        elif isinstance(node, ast.AugAssign) and dotted(node.target) == "__all__":
            self._export(node.value)
        elif (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and dotted(node.value.func).startswith("__all__.")
        ):
            self.exports = None

    def _export(self, value: ast.expr | None) -> None:
        names = _texts(value)
        if names is None or self.exports is None:
            self.exports = None
        else:
            self.exports += names

    def _bind(self, name: str) -> None:
        self.bindings[name] = self.bindings.get(name, 0) + 1

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for found in imports_of(node):
            if found.attr == "*":
                self.stars.append(found)
                continue
            known = self.imports.setdefault(found.name, [])
            # `import a.b` and `import a.c` bind the same package `a` twice over.
            if not any(_same(found, other) for other in known):
                known.append(found)
                self._bind(found.name)

    def _globals(self, function: FunctionNode) -> None:
        for node in walk(function) if self._has_globals else ():
            if isinstance(node, ast.Global):
                self.rebound.update(node.names)

    def _class(self, node: ast.ClassDef, qualname: str) -> None:
        body = _Body()
        for statement in node.body:
            if isinstance(statement, FunctionNode):
                self.functions[f"{qualname}.{statement.name}"] = statement.lineno
                self._globals(statement)
            elif isinstance(statement, ast.ClassDef):
                self._class(statement, f"{qualname}.{statement.name}")
            body.add(statement)
        self.classes[qualname] = ClassFact(
            qualname,
            tuple(dotted(_unsubscripted(base)) for base in node.bases),
            tuple(body.fields.values()),
            tuple(body.methods),
            tuple(body.names),
            body.meta,
            bool(node.decorator_list),
            node.lineno,
            tuple(dotted(_called(decorator)) for decorator in node.decorator_list),
            tuple(keyword.arg or "" for keyword in node.keywords),
            _literals(node) if node.name.endswith("Meta") else {},
        )


class _Body:
    """The names that a class body binds; of several bindings of a name the last one counts."""

    def __init__(self) -> None:
        self.fields: dict[str, FieldFact] = {}
        self.methods: list[str] = []
        self.names: list[str] = []
        self.meta: dict[str, Constant] = {}

    def add(self, node: ast.stmt, sure: bool = True) -> None:
        """Take a statement of the body; ``sure`` tells whether it is certain to be run."""
        fact = _field(node) if sure else None
        if fact and fact.factory.partition(".")[0] in {*self.names, *self.methods}:
            fact = replace(fact, factory="")
        bound = [node.name] if isinstance(node, FunctionNode | ast.ClassDef) else _bound_by(node)
        for name in bound:
            self.fields.pop(name, None)
            (self.methods if isinstance(node, FunctionNode) else self.names).append(name)
        if fact:
            self.fields[fact.name] = fact
        if isinstance(node, ast.ClassDef):
            if node.name == "Meta":
                self.meta = _literals(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            self.names.extend(found.name for found in imports_of(node))
        elif not isinstance(node, FunctionNode):
            for block in inner_blocks(node):
                for inner in block:
                    self.add(inner, sure=False)


def _same(one: Import, other: Import) -> bool:
    return (one.module, one.level, one.attr) == (other.module, other.level, other.attr)


def _unsubscripted(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _texts(node: ast.expr | None) -> tuple[str, ...] | None:
    """The strings of a list or tuple display; None for any other expression."""
    if not isinstance(node, ast.List | ast.Tuple):
        return None
    found = [e.value for e in node.elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
    return tuple(found) if len(found) == len(node.elts) else None


def _bound_by(node: ast.stmt) -> Iterator[str]:
    """The names that a simple statement, or the header of a compound one, binds."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from target_names(target)
    elif isinstance(node, ast.AnnAssign):
        if node.value is not None:
            yield from target_names(node.target)
    elif isinstance(node, ast.AugAssign | ast.For | ast.AsyncFor):
        yield from target_names(node.target)
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                yield from target_names(item.optional_vars)
    elif isinstance(node, ast.Try):
        for handler in node.handlers:
            if handler.name:
                yield handler.name
    elif isinstance(node, ast.Delete):
        for target in node.targets:
            yield from target_names(target)


def _literals(node: ast.ClassDef) -> dict[str, Constant]:
    found: dict[str, Constant] = {}
    for statement in node.body:
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        plain = isinstance(statement, ast.AnnAssign) or (
            isinstance(statement, ast.Assign) and len(statement.targets) == 1
        )
        for name in _bound_by(statement):
            found[name] = _constant(value) if plain and value is not None else OPAQUE
    return found


def _constant(node: ast.expr) -> Constant:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    return OPAQUE


def _field(node: ast.stmt) -> FieldFact | None:
    """The fact of ``name = call(...)`` or ``name: X = call(...)``."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        target, value = node.target, node.value
    else:
        return None
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
        return None
    factory = dotted(_unsubscripted(value.func))
    if not factory:
        return None
    keywords = {k.arg: _constant(k.value) for k in value.keywords if k.arg}
    complete = all(k.arg for k in value.keywords)
    complete = complete and not any(isinstance(a, ast.Starred) for a in value.args)
    first = value.args[0] if value.args else _target_keyword(value)
    text = first.value if isinstance(first, ast.Constant) else ""
    return FieldFact(
        target.id,
        factory,
        text if isinstance(text, str) else "",
        dotted(first),
        keywords,
        complete,
        node.lineno,
        tuple(map(_constant, value.args)),
    )


def _target_keyword(call: ast.Call) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg in ("to", "model_name"):
            return keyword.value
    return None
