"""From the files to verified changes; nothing here writes to the project.

A round finds, chooses edits that do not overlap, applies and verifies them in memory. Rounds repeat
on the result until nothing is left to fix: a plan that were not stable would surprise the user on
the next run.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..project.configs import documents_of
from ..project.index import Project
from ..rules._base import Finding, Safety
from ..source import Fault
from . import remarks
from .changes import Plan
from .consent import Consent
from .documents import Documents
from .draft import Draft
from .files import Selection, requested, select
from .memory import rare_collections
from .reader import Reader
from .settings import enabled_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .cache import Cache
    from .examine import Examined
    from .request import Progress, Request

_ROUNDS = 8  # more than there are rules: a rule may repair what another one's repair has made


def plan(request: Request, progress: Progress | None = None) -> Plan:
    """Look at the project and work out every change."""
    selection = select(request.root, request.settings.exclude, request.paths)
    wanted = requested(selection, request.paths)
    if isinstance(wanted, Fault):
        return Plan(selection.root, faults=(wanted,))
    cache = _open_cache(request, selection, wanted)
    known = cache.plan() if cache else None
    if known is not None:
        return known
    planner = _Planner(request, selection, wanted, cache, progress)
    with rare_collections():
        made = planner.run()
    if cache:
        cache.keep(made, planner.manifests)
    return made


def _open_cache(request: Request, selection: Selection, wanted: frozenset[str]) -> Cache | None:
    if not request.cache:
        return None
    from .cache import Cache

    return Cache(request, selection, wanted)


@dataclass
class _Round:
    """One pass of finding over the project, as it would be with the changes so far."""

    project: Project
    examined: tuple[Examined, ...]
    whole: bool  # whether all files were looked at
    findings: tuple[Finding, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.findings = tuple(f for one in self.examined for f in one.findings)


class _Planner:
    """The state of one planning run."""

    def __init__(
        self,
        request: Request,
        selection: Selection,
        wanted: frozenset[str],
        cache: Cache | None,
        progress: Progress | None,
    ) -> None:
        from ..rules._registry import all_rules

        self.request = request
        self.selection = selection
        self.wanted = wanted
        self.cache = cache
        self.progress = progress
        self.known = all_rules()
        self.rules = enabled_rules(request.settings, self.known)
        self.reader = cache.reader if cache else Reader(selection.root)
        self.draft = Draft(self.reader)
        documents = Documents(selection.root, request.paths, request.settings.exclude)
        self.consent = Consent(request.settings, wanted, self.draft, documents)
        self.faults: list[Fault] = []
        self.blocked: dict[Finding, str] = {}  # with the reason
        self.unsettled: set[str] = set()
        self.manifests: tuple[str, ...] = ()

    def run(self) -> Plan:
        first = self._round(None)
        last = first if self.request.find_only else self._settle(first)
        project, examined = first.project, first.examined
        self.manifests = (*project.versions.files(), *documents_of(project))
        skipped = remarks.skipped(examined, self.selection, self.request.paths, self.reader)
        unused = remarks.idle(examined, self.known, self.rules)
        return Plan(
            self.selection.root,
            changes=tuple(self.draft.changes()),
            left=tuple(remarks.still_there(map(self._left, self._kept(first)), last.findings)),
            left_after=tuple(self._left(f) for f in last.findings),
            findings=first.findings,
            faults=tuple(dict.fromkeys(self._all_faults(first))),
            skipped=tuple(skipped),
            unused_suppressions=tuple(unused),
            notes=tuple(remarks.notes(project, self._wanted_in(project))),
            files=len(self.wanted),
        )

    # Finding

    def _round(self, before: _Round | None, todo: Sequence[Finding] = ()) -> _Round:
        """Look at the project as the draft has it; amid repairs, only for more of the same."""
        from .parallel import examine_all

        facts = before.project.known_facts() if before else self.cache.facts() if self.cache else {}
        facts = {path: fact for path, fact in facts.items() if path not in self.draft.files}
        root, files = self.selection.root, self.selection.files
        target = self.request.settings.target_version
        project = Project(root, files, self.draft.read, target, facts)
        jobs = 1 if self.draft.files else self.request.jobs  # workers read from disk
        paths, rules = self._wanted_in(project), self.rules
        if todo:
            moving = {*self.draft.files, *(path for finding in todo for path in finding.paths)}
            paths = [path for path in paths if path in moving]
            rules = tuple(rule for rule in rules if any(rule.code == one.code for one in todo))
        examined = examine_all(project, rules, paths, jobs, self.progress)
        if before is None and self.cache:
            self.cache.keep_facts(project.known_facts())
        kept = tuple(self._without_ignored(one) for one in examined)
        return _Round(project, kept, not todo)

    def _wanted_in(self, project: Project) -> list[str]:
        """The files that matter, among those that the user asked for."""
        return [path for path in project.relevant if path in self.wanted]

    def _without_ignored(self, one: Examined) -> Examined:
        kept = tuple(f for f in one.findings if not self.consent.ignores(one.path, f.code))
        return one if len(kept) == len(one.findings) else replace(one, findings=kept)

    # Applying

    def _settle(self, first: _Round) -> _Round:
        """Apply and look again, until a look at all files finds nothing more to repair.

        On the way there only the rules look that had repairs to make, and only at files that have
        changed or are to change.
        """
        current, rounds = first, 0
        while True:
            todo = [f for f in current.findings if self._applies(f)]
            if not todo and current.whole:
                return current
            if rounds == _ROUNDS + len(self.rules):
                self._give_up(todo)
                todo = []
            if not todo:
                current = self._round(current)
            elif self._apply(current.project, todo):
                rounds += 1
                current = self._round(current, todo)

    def _applies(self, finding: Finding) -> bool:
        """Whether a finding is to be repaired in this run."""
        if not finding.edits or finding in self.blocked:
            return False
        return self.unsettled.isdisjoint(finding.paths) and self.consent.covers(finding)

    def _give_up(self, todo: list[Finding]) -> None:
        """Repairs that call for more repairs without end are a fault of ours; undo them."""
        for path in self.draft.drop(path for finding in todo for path in finding.paths):
            reason = "the repairs of this file do not settle, so it was left as it is"
            self.faults.append(Fault(path, 0, reason, "please report this"))
            self.unsettled.add(path)

    def _apply(self, project: Project, todo: list[Finding]) -> bool:
        """One step; False when a file failed, whose findings are blocked from then on."""
        from ..edits.apply import choose
        from .repair import one_rule_a_statement, rewritten

        todo = one_rule_a_statement(project, todo)
        chosen = [todo[index] for index in choose([finding.edits for finding in todo])]
        paths = sorted({path for finding in chosen for path in finding.paths})
        new = {path: rewritten(project, path, chosen) for path in paths}
        failed = [fault for fault in new.values() if isinstance(fault, Fault)]
        if failed:
            for path, fault in new.items():
                if isinstance(fault, Fault):
                    self._block(project, path, fault, todo, chosen)
            return False
        self.draft.take({p: data for p, data in new.items() if isinstance(data, bytes)}, chosen)
        return True

    def _block(
        self, project: Project, path: str, fault: Fault, todo: list[Finding], chosen: list[Finding]
    ) -> None:
        """Block the findings that a file failed for, or all that change it."""
        from .repair import refused

        blocked = refused(project, path, chosen)
        if not blocked:
            self.faults.append(fault)
            blocked = {f: fault.reason for f in todo if path in f.paths}
        self.blocked.update(blocked)

    # Reporting

    def _kept(self, first: _Round) -> list[Finding]:
        """The findings of the first look that are not repaired as they are."""
        return [finding for finding in first.findings if not self._applies(finding)]

    def _left(self, finding: Finding) -> Finding:
        """A finding that is not repaired, with what kept this run from it."""
        reason = self.blocked.get(finding)
        if reason is not None:
            advice = f"not rewritten: {reason}"
            return replace(finding, safety=Safety.MANUAL, edits=(), advice=advice)
        outside = self.consent.out_of_bounds(finding)
        if outside:
            reason = f"its repair also changes {', '.join(outside)}, which this run leaves alone"
            return replace(finding, advice="; ".join(filter(None, [reason, finding.advice])))
        return finding

    def _all_faults(self, first: _Round) -> Iterator[Fault]:
        yield from self.selection.faults
        for one in first.examined:
            yield from one.faults
        yield from self._unparsed(first.project)
        yield from self.reader.faults(self.wanted)
        yield from first.project.versions.faults
        yield from self.faults

    def _unparsed(self, project: Project) -> Iterator[Fault]:
        """The files that name the framework and cannot be parsed, whatever the rules look for."""
        for path in self._wanted_in(project):
            named = self.draft.mentions(path, remarks.FRAMEWORK)
            if named and project.facts(path) is None and path not in self.consent.skipping:
                module = project.module(path)
                if isinstance(module, Fault):
                    yield module
