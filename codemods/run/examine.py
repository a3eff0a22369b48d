"""What the rules say of one file, less what its comments and the settings silence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..source import Fault
from ..suppress import Directives, Malformed, Suppression, directives, statement_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ..project.index import Project
    from ..project.module import Module
    from ..rules._base import Finding, Rule

Told = tuple[str, Suppression | Malformed]  #: a file, and one of its comments


@dataclass(frozen=True, slots=True)
class Examined:
    """The outcome for one file.

    Attributes:
        path: The file.
        findings: What counts, in the order of the source.
        faults: Why the file, or one rule on it, could not be handled.
        idle: Suppressions that suppress nothing, and directives that are none.
        skipped: Whether the file asks to be left out.
        used: The comments that silence something, here or, with their paths, in other files.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    idle: tuple[Suppression | Malformed, ...] = ()
    skipped: bool = False
    used: frozenset[Told] = frozenset()


def triggered(project: Project, rules: Sequence[Rule], path: str, data: bytes) -> list[Rule]:
    """The rules that can have anything to say about a file with these bytes."""
    return [rule for rule in rules if _can_speak(project, rule, path, data)]


def _can_speak(project: Project, rule: Rule, path: str, data: bytes) -> bool:
    if rule.triggers and not any(word in data for word in rule.triggers):
        return False
    if not rule.beyond and path not in _spoken_of(project, rule):
        return False
    return not rule.pattern or re.search(rule.pattern, data) is not None


def _spoken_of(project: Project, rule: Rule) -> Collection[str]:
    """The files that a rule looks at, which takes a look at all of them, so that one is enough."""
    if rule.modules is None:
        return project.naming
    key = (_spoken_of, rule.modules)
    if key not in project.memo:
        project.memo[key] = rule.modules(project)
    found: Collection[str] = project.memo[key]
    return found


def examine(project: Project, rules: Sequence[Rule], path: str) -> Examined:
    """Run the rules over one file."""
    source = project.source(path)
    if isinstance(source, Fault):
        return Examined(path, faults=(source,))
    said = directives(source)
    if said.skip_file:  # which a file that cannot be parsed, such as a template, may say, too
        return Examined(path, skipped=True)
    module = project.module(path)
    if isinstance(module, Fault):
        return Examined(path, faults=(module,))
    findings, faults = _found(module, rules)
    kept, used = _unsilenced(module, said, rules, findings)
    comments: tuple[Suppression | Malformed, ...] = (*said.malformed, *said.suppressions)
    idle = tuple(one for one in comments if (path, one) not in used)
    return Examined(path, tuple(kept), tuple(faults), idle, used=frozenset(used))


def _found(module: Module, rules: Sequence[Rule]) -> tuple[list[Finding], list[Fault]]:
    """All that the rules say, in the order of the source, and the rules that failed."""
    findings: list[Finding] = []
    faults: list[Fault] = []
    for rule in rules:
        try:
            findings += list(rule.find(module))
        except RecursionError:
            faults.append(Fault(module.path, 0, f"is nested too deeply for {rule.code}"))
        except Exception as error:  # a slip of one rule must not cost the other files their run
            faults.append(fault_of_ours(module.path, rule.code, error))
    findings.sort(key=lambda f: (f.span, f.code))
    return findings, faults


def fault_of_ours(path: str, what: str, error: Exception) -> Fault:
    """The fault that stands for an exception that nobody foresaw, with the place it came from."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    told = str(error).partition("\n")[0]
    reason = f"{what} failed on this file: {type(error).__name__}: {told}{place}"
    return Fault(path, 0, reason, "a fault of tortoise-fix; please report it")


def _unsilenced(
    module: Module, said: Directives, rules: Sequence[Rule], findings: list[Finding]
) -> tuple[list[Finding], set[Told]]:
    """The findings that no comment silences, and the comments that silence the others."""
    names = {rule.code: rule.name for rule in rules}
    kept: list[Finding] = []
    used: set[Told] = set()
    for finding in findings:
        silencing = set(_silencing(module, said, finding, names.get(finding.code, "")))
        used |= silencing
        if not silencing:
            kept.append(finding)
    return kept, used


def _silencing(module: Module, said: Directives, finding: Finding, name: str) -> Iterator[Told]:
    """The comments that silence a finding, be it where it is or where its repair would go."""
    places = {(edit.path, edit.span.line) for edit in finding.edits if edit.span.line}
    for path, line in sorted({(finding.path, finding.span.line)} | places):
        there = module if path == module.path else module.project.module(path)
        if isinstance(there, Fault):
            continue
        comments = said if there is module else directives(there.source)
        if comments.suppressions or comments.malformed:
            lines = statement_lines(there.source, there.tree, line)
            comment = comments.matching(lines, finding.code, name)
            if comment is not None:
                yield path, comment
