"""Mends two files with models that import each other, where the name is only an annotation.

What it does
    Where two files each import a class of the other at their top, and one of them needs it only in
    annotations of its models, that import moves below `if TYPE_CHECKING:`, and the annotations
    become strings, unless the file has `from __future__ import annotations`.

Why
    Whichever file is imported first, the other asks it for a class that it does not have yet:

        ImportError: cannot import name 'Author' from partially initialized module 'shop.authors'
        (most likely due to a circular import)

    Where Tortoise imports them, it says no more than `Module "models" not found`. A relation
    names its model as a string, so that the class is not needed while models are loaded.

Before
    from shop.authors import Author

    class Book(Model):
        author: fields.ForeignKeyRelation[Author] = fields.ForeignKeyField("models.Author")

After
    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from shop.authors import Author

    class Book(Model):
        author: "fields.ForeignKeyRelation[Author]" = fields.ForeignKeyField("models.Author")

When it is safe
    Never: it is proven that neither file can be imported as it is, and that the name is used in
    nothing but annotations of models and of their methods. But what evaluates annotations while
    the program runs, such as pydantic, cannot find it then.

What it leaves alone
    Reported, for a hand: pairs of files that both use the other's class in other ways, or from
    which other files take it; projects that make pydantic classes of models, which evaluate the
    annotations.
    Silently: longer circles, and those through a package; files that import each other in several
    statements; imports in functions, below an `if` or in a `try`, or that stand below the class
    that the other file wants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..edits.expressions import ReplaceExpression
from ..edits.imports import AddImport
from ..edits.statements import ReplaceStatement
from ..project.facts import imports_of
from ..project.reexports import is_taken_from
from ._annotations_only import annotations_with, are_evaluated
from ._base import Finding, Rule, Safety
from ._bound_names import bound_names
from ._circular import circles
from ._registered import is_mentioned

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..edits._base import Edit
    from ..project.module import Module

_EVALUATING = (b"pydantic_model_creator",)
_CHECKING = "TYPE_CHECKING"
_RESTS = "it rests on nothing evaluating these annotations while the program runs"
_LEFT = "import the other class in the functions that need it, or move both into one file"


def find(module: Module) -> Iterator[Finding]:
    """Yield one finding for each pair of files, at the one that can do without the other."""
    for statement, other, back in circles(module):
        mine, theirs = _annotations(module, statement), _annotations(other, back)
        able, relieved = mine is not None, theirs is not None
        if able > relieved or (able == relieved and module.path < other.path):
            yield _finding(module, statement, other, mine)


def _annotations(module: Module, statement: ast.ImportFrom) -> list[ast.expr] | None:
    """The annotations that alone use what an import brings; None where it has to stay."""
    names = {one.name for one in imports_of(statement)}
    taken = any(is_taken_from(module.project, module.path, name) for name in names)
    if taken or is_mentioned(module.project, _EVALUATING) or not _can_check(module):
        return None
    return annotations_with(module, names) if _lines(module, statement) else None


def _lines(module: Module, statement: ast.ImportFrom) -> str:
    """The lines of an import, with the comment at their end; empty if they have more on them."""
    end = statement.end_lineno or statement.lineno
    lines = [module.source.line(number) for number in range(statement.lineno, end + 1)]
    text = "\n".join(line.rstrip("\r\n") for line in lines)
    rest = text.removeprefix(module.text(statement)).strip()
    return text if rest != text.strip() and (not rest or rest.startswith("#")) else ""


def _can_check(module: Module) -> bool:
    """Whether ``TYPE_CHECKING`` is that of ``typing``, or can be imported."""
    imports = module.facts.imports.get(_CHECKING, ())
    known = [one.module == "typing" for one in imports] == [True]
    return known or _CHECKING not in bound_names(module)


def _finding(
    module: Module, statement: ast.ImportFrom, other: Module, found: list[ast.expr] | None
) -> Finding:
    span = module.span(statement)
    message = f"this file and {other.path} import each other, so that neither can be imported"
    if found is None:
        return Finding(RULE.code, module.path, span, message, Safety.MANUAL, (), _LEFT)
    edits = tuple(_edits(module, statement, found))
    return Finding(RULE.code, module.path, span, message, Safety.UNSAFE, edits, _RESTS)


def _edits(module: Module, statement: ast.ImportFrom, found: list[ast.expr]) -> Iterator[Edit]:
    text = _lines(module, statement).replace("\n", "\n    ")
    source = f"if {_CHECKING}:\n    {text}"
    yield ReplaceStatement(module.path, module.span(statement), source)
    yield AddImport(module.path, "typing", _CHECKING)
    for annotation in found if are_evaluated(module) else ():
        quoted = f'"{module.text(annotation)}"'
        yield ReplaceExpression(module.path, module.span(annotation), quoted)


RULE = Rule(
    code="TOR130",
    name="circular-model-import",
    summary="mends two files with models that import each other, only for annotations",
    safety=Safety.UNSAFE,
    find=find,
    triggers=(b"import",),
)
