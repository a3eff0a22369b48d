"""What must hold of a file's new text before it is written."""

from __future__ import annotations

import ast
import builtins
import symtable
import warnings
from typing import TYPE_CHECKING

from ..comments import is_marked
from ..edits._base import EditError, ModuleEdit
from ..edits._imports import resolve
from ..edits._locate import locate
from ..edits._mean import meant
from ..edits._uses import used_names
from ..source import Fault, Source, parse
from .binding_order import read_early

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..edits._base import Edit

#: Names that every module or class has without binding them.
_IMPLICIT = frozenset(dir(builtins)) | {
    "__annotations__",
    "__builtins__",
    "__cached__",
    "__class__",
    "__classdict__",
    "__conditional_annotations__",
    "__dict__",
    "__file__",
    "__loader__",
    "__module__",
    "__name__",
    "__package__",
    "__path__",
    "__qualname__",
    "__spec__",
    "WindowsError",
}


def verify(
    before: Source,
    after_text: str,
    edits: Sequence[Edit],
    is_taken: Callable[[str], bool] = lambda _: False,
) -> Fault | None:
    """Why the new text of a file must not be written, or None if it may be.

    It must parse and, if the old text does so on this Python, compile; be, as a tree, the old file
    with what the edits mean and nothing else; be encodable in the file's encoding; leave no name
    unbound that was bound, nor need one at import above what binds it; and use every import that
    was used, but for those whose names ``is_taken`` says that other files take from this one. A
    Fault is a fault of the tool, not of the file.
    """
    old, new = parse(before), parse(Source(before.path, after_text))
    if isinstance(old, Fault):
        return old
    if isinstance(new, Fault):
        return Fault(before.path, new.line, f"the rewritten file is broken: {new.reason}")
    after = Source(before.path, after_text)
    try:
        star, used, early = _has_star(old) or _has_star(new), used_names(old), read_early(old)
        return (
            _not_compiled(before, new)
            or _unmeant(before, old, after, new, edits)
            or _not_encodable(before, after_text)
            or _unbound(before, after, star)
            or _too_early(before, read_early(new) - early, star)
            or _unused(before, after, used, new, is_taken)
        )
    except RecursionError:
        return Fault(before.path, 0, "is nested too deeply to be verified")


def _not_compiled(before: Source, new: ast.Module) -> Fault | None:
    """Whether Python takes the old text, but what parses in the new one means nothing to it."""
    error = _refusal(before.path, new)
    if error is None or _refusal(before.path, before.text) is not None:
        return None
    return Fault(before.path, error.lineno or 0, f"the rewritten file is broken: {error.msg}")


def _refusal(path: str, code: str | ast.Module) -> SyntaxError | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(code, path, "exec", dont_inherit=True)
        except SyntaxError as error:
            return error
    return None


def _unmeant(
    before: Source, old: ast.Module, after: Source, new: ast.Module, edits: Sequence[Edit]
) -> Fault | None:
    """Whether the new tree is anything but the old one, here changed in place, with the edits."""
    lines = {id(node): _lines(before, node) for node in old.body}
    try:
        plan = resolve(before, old, edits)
        for place in locate(before, old, plan):
            lines.pop(id(old.body[place.top]), None)
        expected = meant(before, old, plan)
    except EditError as error:
        return Fault(before.path, error.line, error.reason)
    if any(isinstance(edit, ModuleEdit) for edit in plan):
        lines = {}
    if len(expected.body) != len(new.body):
        return Fault(before.path, 0, "the rewritten file has other statements than were meant")
    for have, want in zip(new.body, expected.body, strict=True):
        # The same lines have the same tree; comparing trees costs much more.
        same = id(want) in lines and lines[id(want)] == _lines(after, have)
        if not same and ast.dump(have) != ast.dump(want):
            reason = "the rewritten code is not what was meant"
            return Fault(before.path, getattr(want, "lineno", have.lineno), reason)
    return None


def _lines(source: Source, node: ast.stmt) -> str:
    """The whole lines that a statement stands on, its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    last = node.end_lineno or first
    stop = source.starts[last] if last < len(source.starts) else len(source.text)
    return source.text[source.starts[first - 1] : stop]


def _not_encodable(before: Source, text: str) -> Fault | None:
    """Whether the new text has a character that the file's encoding lacks."""
    try:
        before.encode(text)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        what = text[error.start : error.end]
        return Fault(before.path, line, f"the new text has {what!r}, which {before.encoding} lacks")
    return None


def _unbound(before: Source, after: Source, star: bool) -> Fault | None:
    """Whether a name is read in the new text that nothing binds, and was not in the old one."""
    if star:
        return None  # anything may be bound
    try:
        gone = _free(after.text) - _free(before.text)
    except SyntaxError as error:
        return Fault(before.path, error.lineno or 0, f"the scopes are broken: {error.msg}")
    names = ", ".join(sorted(gone))
    return Fault(before.path, 0, f"nothing would bind {names}") if gone else None


def _too_early(before: Source, names: frozenset[str], star: bool) -> Fault | None:
    """Whether the import of the file would come to a name above what binds it."""
    if star or not names:
        return None
    reason = f"{', '.join(sorted(names))} would be used above what binds it"
    return Fault(before.path, 0, reason)


def _free(text: str) -> frozenset[str]:
    """The names that a text reads but neither it nor Python binds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python has to say of the user's code is not our news
        scopes = list(_scopes(symtable.symtable(text, "<source>", "exec")))
    module = scopes[0]
    bound = set(_IMPLICIT)
    read: set[str] = set()
    for scope in scopes:
        for symbol in scope.get_symbols():
            here = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
            if here and (scope is module or symbol.is_declared_global()):
                bound.add(symbol.get_name())
            if symbol.is_referenced() and (scope is module or symbol.is_global()):
                read.add(symbol.get_name())
    return frozenset(read - bound)


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """A scope and all the scopes in it, the outer ones first."""
    stack = [table]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(here.get_children())


def _has_star(tree: ast.Module) -> bool:
    """Whether the file imports names that it does not list."""
    stack: list[ast.stmt] = list(tree.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return True
        stack.extend(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
    return False


def _unused(
    before: Source,
    after: Source,
    was: frozenset[str],
    new: ast.Module,
    is_taken: Callable[[str], bool],
) -> Fault | None:
    """Whether an import that was used is there still, but not used any more.

    Packages' own files are left out, for what they import is there for others.
    """
    if before.path.endswith("__init__.py"):
        return None
    gone = was - used_names(new)
    for name, node in _imported(new) if gone else ():
        if name not in gone:
            continue
        span = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if not any(is_marked(after.line(number)) for number in span) and not is_taken(name):
            return Fault(before.path, node.lineno, f"the import of {name} would become unused")
    return None


def _imported(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """The names that imports bind, but for the future and those marked as re-exports."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if getattr(node, "module", "") == "__future__":
                continue
            for alias in node.names:
                if alias.asname is None or alias.asname != alias.name:
                    yield alias.asname or alias.name.partition(".")[0], node
