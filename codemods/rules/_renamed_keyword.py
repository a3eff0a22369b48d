"""A keyword of field constructors that a release gave another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..edits.arguments import RenameKeyword
from ._base import Finding, Safety
from ._field_calls import field_calls, keyword_of
from ._migration import gate, is_shim, unknown_release

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from ..project.module import Module

_SINCE = "0.21.0"


def renamed(
    module: Module, code: str, old: str, new: str, since: str = _SINCE
) -> Iterator[Finding]:
    """Yield a finding for each field that is declared with the old keyword.

    Where the release is not known there is one finding for the whole file.
    """
    safety = gate(module, since)
    if safety is None:
        return
    calls = [call for call, _ in field_calls(module, old) if not is_shim(module, call)]
    if safety is Safety.MANUAL:
        yield from _one(module, code, old, new, since, calls)
        return
    for call in calls:
        yield _finding(module, code, old, new, since, call)


def _finding(module: Module, code: str, old: str, new: str, since: str, call: ast.Call) -> Finding:
    span, message = module.span(call), f"{old}= of a field is deprecated since {since}: {new}="
    if keyword_of(call, new) is not None:
        advice = f"not rewritten: {new}= is given as well; decide which of them holds"
        return Finding(code, module.path, span, message, Safety.MANUAL, (), advice)
    edits = (RenameKeyword(module.path, span, old, new),)
    return Finding(code, module.path, span, message, Safety.SAFE, edits)


def _one(
    module: Module, code: str, old: str, new: str, since: str, calls: list[ast.Call]
) -> Iterator[Finding]:
    if not calls:
        return
    more = f" ({len(calls)} places in this file)" if calls[1:] else ""
    message = f"{old}= of a field is called {new}= since {since}{more}"
    harm = f"{unknown_release(since)}; older ones ignore {new}= in silence"
    span = module.span(calls[0])
    yield Finding(code, module.path, span, message, Safety.MANUAL, (), harm)
