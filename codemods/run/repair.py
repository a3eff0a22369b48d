"""One step of repairs: which findings go together, and what becomes of the files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..edits._imports import dropped_names
from ..edits.imports import DropImport
from ..project.formats import is_document
from ..project.reexports import is_taken_from
from ..source import Fault
from .examine import fault_of_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..edits._base import Edit
    from ..project.index import Project
    from ..project.module import Module
    from ..rules._base import Finding


def one_rule_a_statement(project: Project, todo: Sequence[Finding]) -> list[Finding]:
    """The findings of one rule for each top-level statement; the others wait for a round.

    A rule judges the code as it stands. What another rule makes of the same function can
    change that judgement, so it has to look again.
    """
    owner: dict[tuple[str, int], str] = {}
    kept = []
    for finding in sorted(todo, key=lambda f: f.code):
        places = {place for edit in finding.edits for place in _places(project, edit)}
        if all(owner.get(place, finding.code) == finding.code for place in places):
            owner.update(dict.fromkeys(places, finding.code))
            kept.append(finding)
    return sorted(kept, key=lambda f: (f.path, f.span, f.code))


def rewritten(project: Project, path: str, chosen: Sequence[Finding]) -> bytes | Fault:
    """The verified content of a file after the repairs of some findings."""
    from ..edits.apply import apply
    from .verify import verify

    edits = [edit for finding in chosen for edit in finding.edits if edit.path == path]
    if is_document(path):
        return _document(project, path, edits)
    module = project.module(path)
    if isinstance(module, Fault):
        return module
    try:
        is_taken = partial(is_taken_from, project, path)
        edits = [edit for edit in edits if not _is_wanted(module, edit, is_taken)]
        text = apply(module.source, module.tree, edits)
        if isinstance(text, Fault):
            return text
        fault = verify(module.source, text, edits, is_taken)
    except Exception as error:  # a slip of ours in one file must not cost the others their run
        return fault_of_ours(path, "the repair", error)
    return fault if fault is not None else module.source.encode(text)


def _is_wanted(module: Module, edit: Edit, is_taken: Callable[[str], bool]) -> bool:
    """Whether an edit drops an import of a name that another file takes from this one."""
    return isinstance(edit, DropImport) and any(map(is_taken, dropped_names(module.tree, edit)))


def _document(project: Project, path: str, edits: Sequence[Edit]) -> bytes | Fault:
    """The verified content of a file that is not Python after some edits."""
    from ..edits.documents import apply_to_document

    source = project.source(path)
    if isinstance(source, Fault):
        return source
    try:
        text = apply_to_document(source, edits)
        return text if isinstance(text, Fault) else source.encode(text)
    except Exception as error:  # a slip of ours in one file must not cost the others their run
        return fault_of_ours(path, "the repair", error)


def refused(project: Project, path: str, chosen: Sequence[Finding]) -> dict[Finding, str]:
    """The findings whose edits of a file cannot be made even alone, with the reasons.

    A comment would be lost, say: then this one finding is left for the user, and the others are
    made. None of them where that does not explain why the file failed.
    """
    from ..edits.apply import apply

    found: dict[Finding, str] = {}
    if is_document(path):
        for finding in chosen:
            edits = [edit for edit in finding.edits if edit.path == path]
            alone = _document(project, path, edits) if edits else b""
            if isinstance(alone, Fault):
                found[finding] = f"{path} {alone.reason}"
        return found
    module = project.module(path)
    if isinstance(module, Fault):
        return {}
    for finding in chosen:
        edits = [edit for edit in finding.edits if edit.path == path]
        try:
            result = apply(module.source, module.tree, edits)
        except Exception:  # a slip of ours, which the whole file's fault tells
            return {}
        if isinstance(result, Fault):
            found[finding] = result.reason
    return found


def _places(project: Project, edit: Edit) -> Iterator[tuple[str, int]]:
    """The top-level statements that an edit lies in."""
    if is_document(edit.path):
        yield edit.path, 0
        return
    module = project.module(edit.path)
    if isinstance(module, Fault):
        return
    for number, node in enumerate(module.tree.body):
        if node.lineno <= edit.span.end_line and edit.span.line <= (node.end_lineno or 0):
            yield edit.path, number
