"""From "make this name available" to an edit of one import statement."""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from ..source import Fault, parse
from ._base import Edit, EditError, Level
from ._mean import meant
from ._uses import used_names
from .import_moves import MoveNames
from .imports import AddImport, DropImport, ForgetNames, ImportNames
from .statements import InsertStatements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..source import Source

Import = ast.Import | ast.ImportFrom


def resolve(source: Source, tree: ast.Module, edits: Sequence[Edit]) -> list[Edit]:
    """The edits, without duplicates, with those of imports told as edits of statements.

    Raises EditError if one does not fit.
    """
    unique = list(dict.fromkeys(edits))
    adds = [edit for edit in unique if isinstance(edit, AddImport)]
    drops = [edit for edit in unique if isinstance(edit, DropImport)]
    rest = [edit for edit in unique if not isinstance(edit, (AddImport, DropImport))]
    head = [one for one in _head(tree, _limit(tree, rest)) if not _leaves(source, one, rest)]
    # First, since a statement that another edit puts at the same place may need the name.
    out = [*_added(source, tree, adds, head), *rest]
    return [*out, *_dropped(source, tree, drops, out)] if drops else out


def module_of(node: ast.ImportFrom) -> str:
    """The module of a ``from`` import, with its leading dots."""
    return "." * node.level + (node.module or "")


def _limit(tree: ast.Module, edits: Sequence[Edit]) -> int:
    """The first line that may need a new import: an edit, or a definition."""
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    lines = [node.lineno for node in tree.body if isinstance(node, definitions)]
    spans = [edit.span.line for edit in edits if edit.level is not Level.MODULE]
    tops = [n.lineno for n in tree.body if any(n.lineno <= s <= (n.end_lineno or 0) for s in spans)]
    imports = {n.lineno for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))}
    return min((line for line in [*lines, *tops] if line not in imports), default=sys.maxsize)


def _head(tree: ast.Module, limit: int) -> list[Import]:
    """The module-level imports before a line, each alone on its lines."""
    lines = [line for n in tree.body for line in {n.lineno, n.end_lineno}]
    return [
        node
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and node.lineno < limit
        and lines.count(node.lineno) == lines.count(node.end_lineno) == 1
    ]


def _leaves(source: Source, node: Import, edits: Sequence[Edit]) -> bool:
    """Whether an import is made one of another module as a whole."""
    span, names = source.span(node), {have.name for have in node.names}
    moves = (edit for edit in edits if isinstance(edit, MoveNames) and edit.span == span)
    return any(names <= {*edit.names} for edit in moves)


def _added(
    source: Source, tree: ast.Module, adds: Sequence[AddImport], head: list[Import]
) -> list[Edit]:
    """The statement edits that make names available."""
    missing: dict[str, list[AddImport]] = defaultdict(list)
    for add in adds:
        if not any(_provides(node, add) for node in tree.body):
            if any(_takes(node, add) for node in (*_module_level(tree), *_in_functions(tree))):
                raise EditError(f"the name {add.binds} already means something else here")
            missing[add.module if add.name else f"import {add.module} {add.alias}"].append(add)
    groups = sorted(
        missing.values(), key=lambda group: _order(bool(group[0].name), group[0].module)
    )
    return [_placed(source, tree, head, group) for group in groups]


def _provides(node: ast.stmt, add: AddImport) -> bool:
    """Whether a statement already imports a name as wished."""
    if isinstance(node, ast.ImportFrom) and add.name and module_of(node) == add.module:
        wished = (add.name, add.alias or add.name)
        return any((have.name, have.asname or have.name) == wished for have in node.names)
    if isinstance(node, ast.Import) and not add.name:
        return any((h.name, h.asname or "") == (add.module, add.alias) for h in node.names)
    return False


def _module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that are not inside a function, class or lambda, these themselves included."""
    scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, scopes):
            stack.extend(ast.iter_child_nodes(node))


def _in_functions(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes inside of functions and lambdas, where a name may hide that of the module.

    Those of a class body are left out: its methods do not see what it binds.
    """
    stack: list[tuple[ast.AST, bool]] = [(node, False) for node in tree.body]
    while stack:
        node, inside = stack.pop()
        if inside:
            yield node
        inside = inside or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        inside = inside and not isinstance(node, ast.ClassDef)
        stack.extend((child, inside) for child in ast.iter_child_nodes(node))


def _takes(node: ast.AST, add: AddImport) -> bool:
    """Whether a node gives the name of a new import another meaning."""
    if isinstance(node, ast.arg):
        return node.arg == add.binds
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        return node.name == add.binds
    if isinstance(node, ast.ImportFrom):
        same = (module_of(node), add.name)
        return any(
            (have.asname or have.name) == add.binds and (add.module, have.name) != same
            for have in node.names
        )
    if isinstance(node, ast.Import):
        plain = not add.name and not add.alias
        names = ((have.asname or have.name.partition(".")[0], have.asname) for have in node.names)
        return any(bound == add.binds and not (plain and not alias) for bound, alias in names)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name == add.binds
    return isinstance(node, ast.Name) and node.id == add.binds and isinstance(node.ctx, ast.Store)


def _placed(
    source: Source, tree: ast.Module, head: list[Import], group: Sequence[AddImport]
) -> Edit:
    """The edit for the names of one module."""
    first = group[0]
    if first.name:
        names = tuple((add.name, add.alias if add.alias != add.name else "") for add in group)
        for node in head:
            named = isinstance(node, ast.ImportFrom) and node.names[0].name != "*"
            if named and _name(node) == first.module:
                return ImportNames(source.path, source.span(node), names)
        listed = ", ".join(_as(*name) for name in sorted(names))
        text = f"from {first.module} import {listed}"
    else:
        text = f"import {_as(first.module, first.alias)}"
    return _inserted(source, tree, head, text, first)


def _as(name: str, alias: str) -> str:
    return f"{name} as {alias}" if alias else name


def _inserted(
    source: Source, tree: ast.Module, head: list[Import], text: str, add: AddImport
) -> InsertStatements:
    """A new statement, next to the imports of its kind."""
    kind = _kind(add.module)
    groups = [group for group in _groups(source, head) if _kind(_name(group[0])) > 0]
    same = [group for group in groups if kind in map(_kind, map(_name, group))]
    root = add.module.partition(".")[0]
    close = [group for group in same if root in (_name(n).partition(".")[0] for n in group)]
    if same:
        return _among(source, (close or same)[0], text, add)
    lower = [group for group in groups if _kind(_name(group[-1])) < kind]
    if lower:
        return InsertStatements(source.path, source.span(lower[-1][-1]), text, "after", 1)
    if groups:
        return InsertStatements(source.path, source.span(groups[0][0]), text, "before", 1)
    return _alone(source, tree, text)


def _among(source: Source, group: list[Import], text: str, add: AddImport) -> InsertStatements:
    """The new statement within a group, in its order if it has one."""
    keys = [_order(isinstance(n, ast.ImportFrom), _name(n)) for n in group]
    new = _order(bool(add.name), add.module)
    before = sum(key <= new for key in keys) if keys == sorted(keys) else len(keys)
    above = source.line(group[0].lineno - 1) if group[0].lineno > 1 else ""
    if before == 0 and not above.lstrip().startswith("#"):
        return InsertStatements(source.path, source.span(group[0]), text, "before")
    return InsertStatements(source.path, source.span(group[max(before, 1) - 1]), text, "after")


def _alone(source: Source, tree: ast.Module, text: str) -> InsertStatements:
    """The new statement in a file without imports: below the docstring and the future."""
    if not tree.body:
        raise EditError("the file has no statement to put an import next to")
    anchor: ast.stmt | None = None
    for node in tree.body:
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        value = node.value if isinstance(node, ast.Expr) else None
        text_first = node is tree.body[0] and isinstance(value, ast.Constant)
        if future or (text_first and isinstance(getattr(value, "value", None), str)):
            anchor = node
    if anchor is None:
        first = tree.body[0]
        return InsertStatements(source.path, source.span(first), text, "before", 1)
    return InsertStatements(source.path, source.span(anchor), text, "after", 1)


def _groups(source: Source, head: list[Import]) -> list[list[Import]]:
    """The imports, in groups that nothing parts but comments."""
    groups: list[list[Import]] = []
    for node in head:
        end = groups[-1][-1].end_lineno or 0 if groups else 0
        between = [source.line(line) for line in range(end + 1, node.lineno)]
        if groups and all(line.lstrip().startswith("#") for line in between):
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def _name(node: Import) -> str:
    return module_of(node) if isinstance(node, ast.ImportFrom) else node.names[0].name


def _kind(module: str) -> int:
    """0 for the future, 1 for the standard library, 2 for other modules, 3 for relative ones."""
    root = module.partition(".")[0]
    if root == "__future__":
        return 0
    return 3 if not root else 1 if root in sys.stdlib_module_names else 2


def _order(is_from: bool, module: str) -> tuple[int, bool, str]:
    return _kind(module), is_from, module.casefold()


def _dropped(
    source: Source, tree: ast.Module, drops: Sequence[DropImport], others: Sequence[Edit]
) -> list[Edit]:
    """The statement edits that let unused imports go."""
    own = parse(source)  # a tree of its own, for it is changed
    if isinstance(own, Fault):
        raise EditError("the file does not parse")
    used = used_names(meant(source, own, others))
    out: list[Edit] = []
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [
                have.name
                for have in node.names
                if (have.asname or have.name.partition(".")[0]) not in used
                and any(_is_dropped(node, have.name, drop) for drop in drops)
            ]
            if names:
                out.append(ForgetNames(source.path, source.span(node), tuple(names)))
    return out


def dropped_names(tree: ast.Module, drop: DropImport) -> list[str]:
    """The names that an import binds which is to be let go if nothing uses it."""
    return [
        have.asname or have.name.partition(".")[0]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for have in node.names
        if _is_dropped(node, have.name, drop)
    ]


def _is_dropped(node: Import, name: str, drop: DropImport) -> bool:
    if isinstance(node, ast.ImportFrom):
        return module_of(node) == drop.module and name == drop.name
    return not drop.name and name == drop.module
