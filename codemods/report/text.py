"""What a run says to a person: calm, aligned, plain text."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..rules._base import Safety
from ..source import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..rules._base import Finding
    from ..run.changes import FileChange, Plan
    from ..source import Fault
    from .console import Paint
    from .outcome import Outcome
    from .where import Where

_INDENT = "  "
_HANGING = "      "
_UNDO = "`tortoise-fix undo` takes this back."


class Text:
    """Renders the outcome of one run.

    Args:
        names: The name of each rule, by code.
        where: The folder that paths are shown relative to.
        paint: The style of the stream that the text goes to.
        verbose: Whether to say more than a run needs.
    """

    def __init__(
        self, names: Mapping[str, str], where: Where, paint: Paint, verbose: bool = False
    ) -> None:
        self._names = names
        self._where = where
        self._paint = paint
        self._verbose = verbose

    def findings(self, plan: Plan) -> str:
        """One line a finding, ``path:line:col: CODE name: message``, then the idle suppressions."""
        lines = [self._finding(finding) for finding in by_place(plan.findings)]
        lines += [self.fault(fault) for fault in plan.unused_suppressions]
        return "\n".join(lines)

    def check_summary(self, plan: Plan) -> str:
        """How much was found, and what could be done about it."""
        if not plan.findings and not plan.unused_suppressions:
            return self._paint(f"Nothing found in {count(plan.files, 'file')}.", fg="green")
        marks = Counter(map(mark, plan.findings))
        parts = [
            f"{count(len(plan.findings), 'finding')} in {count(plan.files, 'file')}",
            f"{marks['[*]']} fixable with `tortoise-fix apply` [*]" if marks["[*]"] else "",
            f"{marks['[unsafe]']} with `--unsafe`" if marks["[unsafe]"] else "",
            f"{marks['']} for you" if marks[""] else "",
        ]
        return self._paint(", ".join(filter(None, parts)) + ".", bold=True)

    def apply_summary(self, outcome: Outcome) -> str:
        """What was changed, or would be, by rule; then what was left, and what to do about it."""
        changes, dry = outcome.changes, outcome.dry_run
        blocks = [
            self.notes(outcome.plan.notes),
            self._headline(changes, dry),
            self._by_rule(changes),
            self._fixed(changes) if self._verbose else "",
            self._left(outcome.left),
            self._paint("`tortoise-fix undo` takes this back.", dim=True)
            * bool(changes and not dry),
        ]
        return "\n\n".join(filter(None, blocks))

    def notes(self, notes: Iterable[str]) -> str:
        """What the run detected, one line each."""
        return "\n".join(self._paint(note, dim=True) for note in notes)

    def troubles(self, skipped: Sequence[Fault], faults: Sequence[Fault]) -> str:
        """The files that were skipped, and those that could not be handled."""
        blocks = [
            self._listed(self._paint("Skipped:", bold=True), skipped),
            self._listed(self._paint("Could not be handled:", fg="red", bold=True), faults),
        ]
        return "\n\n".join(filter(None, blocks))

    def restored(self, paths: Sequence[str]) -> str:
        """The files that ``undo`` restored."""
        if not paths:
            return "Nothing to undo."
        title = self._paint(f"Restored {count(len(paths), 'file')}:", fg="green", bold=True)
        return "\n".join([title, *(f"{_INDENT}{self._place(path, 0)}" for path in paths)])

    def not_restored(self, refused: Sequence[tuple[str, str]], faults: Sequence[Fault]) -> str:
        """The files that ``undo`` left alone, and those that it could not restore."""
        lines = (f"{_INDENT}{self._place(path, 0)}: {reason}" for path, reason in refused)
        title = self._paint("Not restored:", bold=True)
        blocks = ["\n".join([title, *lines]) if refused else "", self.troubles((), faults)]
        return "\n\n".join(filter(None, blocks))

    def patch_note(self, folder: str) -> str:
        """Where a patch is to be applied whose paths do not start where the user stands."""
        return self._paint(
            f"The paths of the diff start at {display(folder)}; apply it there.", dim=True
        )

    def fault(self, fault: Fault) -> str:
        """``path:line: reason (advice)``, without the parts that a fault lacks."""
        place = self._place(fault.path, fault.line)
        advice = f" ({fault.advice})" if fault.advice else ""
        return (f"{place}: " if place else "") + fault.reason + advice

    def _finding(self, finding: Finding) -> str:
        place = self._place(finding.path, finding.span.line, finding.span.col + 1)
        tag = mark(finding)
        line = f"{place}: {self._says(finding)}" + (f" {self._paint(tag, fg='cyan')}" * bool(tag))
        return line + self._hanging(finding.advice) if self._verbose else line

    def _says(self, finding: Finding) -> str:
        code = self._paint(finding.code, fg="yellow", bold=True)
        name = self._names.get(finding.code, "")
        return f"{code} {name}: {finding.message}" if name else f"{code}: {finding.message}"

    def _place(self, path: str, line: int, column: int = 0) -> str:
        parts = [self._paint(self._where.show(path), bold=True)] if path else []
        return ":".join([*parts, *(str(number) for number in (line, column) if number and parts)])

    def _hanging(self, text: str) -> str:
        return "".join(f"\n{_HANGING}{line}" for line in text.splitlines())

    def _headline(self, changes: Sequence[FileChange], dry: bool) -> str:
        if not changes:
            return self._paint("Nothing to fix." if dry else "Nothing changed.", bold=True)
        files, fixes = len(changes), len(fixed(changes))
        verb = "would change" if dry else "changed"
        head = f"{count(files, 'file')} {verb}, {count(fixes, 'fix', 'fixes')}"
        return self._paint(head, fg="green", bold=True)

    def _by_rule(self, changes: Sequence[FileChange]) -> str:
        counts = Counter(finding.code for finding in fixed(changes))
        width = max((len(str(number)) for number in counts.values()), default=0)
        rows = (
            f"{_INDENT}{counts[code]:>{width}}  {self._paint(code, fg='yellow')}  "
            f"{self._names.get(code, '')}"
            for code in sorted(counts)
        )
        return "\n".join(row.rstrip() for row in rows)

    def _fixed(self, changes: Sequence[FileChange]) -> str:
        lines = (
            f"{_INDENT}{self._place(finding.path, finding.span.line)}: {self._says(finding)}"
            for finding in by_place(fixed(changes))
        )
        return "\n".join([self._paint("Fixes:", bold=True), *lines]) if changes else ""

    def _left(self, left: Sequence[Finding]) -> str:
        if not left:
            return ""
        lines = [self._paint("Left for you:", bold=True)]
        for finding in by_place(left):
            place = self._place(finding.path, finding.span.line)
            lines.append(f"{_INDENT}{place}: {self._says(finding)}{self._hanging(todo(finding))}")
        return "\n".join(lines)

    def _listed(self, title: str, faults: Sequence[Fault]) -> str:
        lines = (f"{_INDENT}{self.fault(fault)}" for fault in faults)
        return "\n".join([title, *lines]) if faults else ""


def by_place(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order in which a reader meets them."""
    return sorted(findings, key=lambda finding: (finding.path, finding.span, finding.code))


def mark(finding: Finding) -> str:
    """``[*]`` where a repair is applied by default, ``[unsafe]`` where on demand, else nothing."""
    if not finding.edits or finding.safety is Safety.MANUAL:
        return ""
    return "[*]" if finding.safety is Safety.SAFE else "[unsafe]"


def todo(finding: Finding) -> str:
    """What the user can do about a finding that was left."""
    if mark(finding) != "[unsafe]":
        return finding.advice
    return "`--unsafe` repairs it" + (f"; {finding.advice}" if finding.advice else "")


def fixed(changes: Iterable[FileChange]) -> list[Finding]:
    """The findings that were repaired, each once, though its edits may lie in several files."""
    found = {
        (finding.code, finding.path, finding.span, finding.message): finding
        for change in changes
        for finding in change.findings
    }
    return list(found.values())


def count(number: int, one: str, many: str = "") -> str:
    """A number and its noun: ``1 file``, ``2 files``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
