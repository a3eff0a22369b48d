"""The outcome of a run: its exit code, and who is told what on which stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..rules._base import Finding
    from ..run.changes import FileChange, Plan
    from ..source import Fault
    from .console import Console
    from .text import Text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What ``apply`` or ``check`` came to.

    Attributes:
        command: ``apply`` or ``check``.
        plan: What was found and planned.
        changes: The files that were written, or would be.
        faults: What went wrong, in planning and in writing.
        dry_run: Whether nothing was to be written.
        diffs: Whether the diff of the changes is printed.
    """

    command: str
    plan: Plan
    changes: tuple[FileChange, ...] = ()
    faults: tuple[Fault, ...] = ()
    dry_run: bool = False
    diffs: bool = False

    @property
    def exit_code(self) -> int:
        """2 where something went wrong, 1 where something is left to do, else 0."""
        if self.faults:
            return 2
        if self.command == "check":
            return int(bool(self.plan.findings or self.plan.unused_suppressions))
        return int(bool(self.left or (self.dry_run and self.changes)))

    @property
    def left(self) -> tuple[Finding, ...]:
        """What is left for a hand, with its places in the files as they are now."""
        written = self.command == "apply" and not self.dry_run
        return self.plan.left_after if written else self.plan.left


@dataclass(frozen=True, slots=True)
class Reporter:
    """Prints outcomes.

    Attributes:
        console: Where to.
        names: The name of each rule, by code.
        version: The version of the tool.
        output: What standard output gets: ``text``, or one document: ``json``, ``markdown``,
            ``github`` or ``sarif``.
        quiet: Whether to leave out summaries and what was skipped.
        verbose: Whether to say more about each finding.
    """

    console: Console
    names: Mapping[str, str]
    version: str = ""
    output: str = "text"
    quiet: bool = False
    verbose: bool = False

    def report(self, outcome: Outcome) -> None:
        """Print an outcome; files that could not be handled are named on standard error."""
        if self.output != "text":
            self.console.out(_document(self.output)(outcome, self.names, self.version))
        elif outcome.command == "check":
            self._check(outcome)
        else:
            self._apply(outcome)
        err = self._texts(str(outcome.plan.root))[1]
        skipped = () if self.quiet else outcome.plan.skipped
        self.console.err(err.troubles(skipped, outcome.faults))

    def undone(
        self,
        root: str,
        restored: Sequence[str],
        refused: Sequence[tuple[str, str]],
        faults: Sequence[Fault],
    ) -> None:
        """Print what ``undo`` restored, and what it did not, with the reasons."""
        out, err = self._texts(root)
        if not self.quiet and (restored or not (refused or faults)):
            self.console.out(out.restored(restored))
        self.console.err(err.not_restored(refused, faults))

    def _check(self, outcome: Outcome) -> None:
        out, err = self._texts(str(outcome.plan.root))
        self.console.out(out.findings(outcome.plan))
        if not self.quiet:
            self.console.out(out.check_summary(outcome.plan))
            self.console.err(err.notes(outcome.plan.notes))

    def _apply(self, outcome: Outcome) -> None:
        out, err = self._texts(str(outcome.plan.root))
        if outcome.diffs:
            self._diff(outcome, err)
        if not self.quiet:
            # A diff on standard output stands alone, so that it can be piped into `git apply`.
            text, say = (err, self.console.err) if outcome.diffs else (out, self.console.out)
            say(text.apply_summary(outcome))

    def _diff(self, outcome: Outcome, err: Text) -> None:
        from .diff import unified
        from .where import Where

        here = Where(str(outcome.plan.root))
        base = here.patch_root(change.path for change in outcome.changes)
        there = Where(here.root, base)
        for change in outcome.changes:
            path = there.relative(change.path)
            self.console.out_bytes(
                unified(path, change.old, change.new, color=self.console.paint.on)
            )
        if base != here.cwd and not self.quiet:
            self.console.err(err.patch_note(base))

    def _texts(self, root: str) -> tuple[Text, Text]:
        """What renders text for standard output, and for standard error."""
        from .text import Text
        from .where import Where

        where, console = Where(root), self.console
        return (
            Text(self.names, where, console.paint, self.verbose),
            Text(self.names, where, console.paint_err, self.verbose),
        )


def _document(output: str) -> Callable[[Outcome, Mapping[str, str], str], str]:
    """What renders a whole outcome; only the one that is asked for is imported."""
    if output == "markdown":
        from .markdown import report as render
    elif output == "github":
        from .github import commands as render
    elif output == "sarif":
        from .sarif import sarif as render
    else:
        from .machine import run_document as render
    return render
