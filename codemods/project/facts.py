"""The facts of one file: a small picklable value, a function of the file's bytes alone."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Constant = str | int | float | bool | None

OPAQUE = "<opaque>"  #: stands for a keyword value that is not a literal

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
#: The statements that hold others; most hold none.
_COMPOUND = frozenset(
    {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While}
    | {ast.With, ast.AsyncWith, ast.Match, ast.Try, getattr(ast, "TryStar", ast.Try)}
)


@dataclass(frozen=True, slots=True)
class Import:
    """One name that an import statement binds.

    Attributes:
        name: The name bound.
        module: The module as written, without the leading dots.
        level: How many leading dots.
        attr: What is taken from the module; empty when the name is the module itself.
        line: Line of the statement.
    """

    name: str
    module: str
    level: int
    attr: str
    line: int


@dataclass(frozen=True, slots=True)
class FieldFact:
    """``name = factory(target, **keywords)`` in a class body.

    Attributes:
        name: The attribute.
        factory: The dotted name that is called, as written; empty where the class body itself
            has bound its first part by then.
        target: The first argument (or ``to=`` / ``model_name=``) if it is a string, else empty.
        target_name: The same if it is a dotted name, else empty.
        keywords: Literal keyword values; ``OPAQUE`` for any other.
        complete: False where ``*args`` or ``**kwargs`` may carry more.
        line: Line of the assignment.
        arguments: Literal positional arguments, the first one included; ``OPAQUE`` for any other.
    """

    name: str
    factory: str
    target: str
    target_name: str
    keywords: dict[str, Constant]
    complete: bool
    line: int
    arguments: tuple[Constant, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassFact:
    """A class that stands at module level or inside another class there.

    Attributes:
        qualname: ``Outer.Inner``.
        bases: Dotted names as written; an empty string for any other expression.
        fields: Assignments of a call, in order, each the last statement to bind its name.
        methods: Names of the functions defined in the body.
        names: Every other name bound in the body, those of the fields included.
        meta: Literal assignments of an inner ``class Meta``; ``OPAQUE`` for others.
        decorated: Whether a decorator may have replaced the class.
        line: Line of the ``class`` keyword.
        decorators: Dotted names of the decorators or of what they call; an empty string for others.
        keywords: Names of the keyword arguments, such as ``metaclass``; an empty one for ``**``.
        constants: As ``meta``, of the class itself; only where its name ends in ``Meta``.
    """

    qualname: str
    bases: tuple[str, ...]
    fields: tuple[FieldFact, ...]
    methods: tuple[str, ...]
    names: tuple[str, ...]
    meta: dict[str, Constant]
    decorated: bool
    line: int
    decorators: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    constants: dict[str, Constant] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What one file says about itself.

    Attributes:
        path: POSIX path relative to the project root.
        imports: By bound name; more than one where the module binds the name several times.
        stars: The modules star-imported, as ``Import`` with the name ``*``.
        classes: By qualified name.
        functions: Module-level functions and methods: qualified name to line.
        bindings: How often each name is bound at module level, in any way.
        rebound: Names that a ``global`` statement somewhere lets functions rebind.
        exports: The names in ``__all__``; None where there is none, or where it is not literal.
        aliases: Names that an assignment binds to a dotted name: the first to the second.
    """

    path: str
    imports: dict[str, tuple[Import, ...]] = field(default_factory=dict)
    stars: tuple[Import, ...] = ()
    classes: dict[str, ClassFact] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    bindings: dict[str, int] = field(default_factory=dict)
    rebound: frozenset[str] = frozenset()
    exports: tuple[str, ...] | None = None
    aliases: dict[str, str] = field(default_factory=dict)


def dotted(node: ast.AST | None) -> str:
    """``a.b.c`` for a chain of attributes on a name; an empty string for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""


def target_names(target: ast.AST) -> Iterator[str]:
    """The plain names that an assignment target binds."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from target_names(element)
    elif isinstance(target, ast.Starred):
        yield from target_names(target.value)


def imports_of(node: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    """The names that one import statement binds; ``*`` for a star import."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            name = alias.asname or alias.name
            yield Import(name, node.module or "", node.level, alias.name, node.lineno)
        elif alias.asname:
            yield Import(alias.asname, alias.name, 0, "", node.lineno)
        else:
            top = alias.name.partition(".")[0]
            yield Import(top, top, 0, "", node.lineno)


def inner_blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statement lists nested directly in a compound statement."""
    if node.__class__ not in _COMPOUND:
        return
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
    for handler in getattr(node, "handlers", ()):
        yield handler.body
    for case in getattr(node, "cases", ()):
        yield case.body
