"""What the user lets a run repair: by the settings, by the paths, and by comments in files."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..project.formats import is_document
from ..rules._base import Safety
from ..source import Source, decode
from ..suppress import MARKER, directives
from .settings import ignored_codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..rules._base import Finding
    from .documents import Documents
    from .draft import Draft
    from .settings import Settings


class Consent:
    """The user's consent in one run.

    Args:
        settings: The rules and how they run.
        wanted: The files that the run may report on and change.
        draft: Gives their content.
        documents: The files that are not Python.
    """

    def __init__(
        self, settings: Settings, wanted: frozenset[str], draft: Draft, documents: Documents
    ) -> None:
        self._settings = settings
        self._wanted = wanted
        self._draft = draft
        self._documents = documents

    def ignores(self, path: str, code: str) -> bool:
        """Whether the settings silence a rule in a file."""
        ignored = ignored_codes(self._settings, path)
        return code in ignored or "ALL" in ignored

    def covers(self, finding: Finding) -> bool:
        """Whether the user wants the repair of a finding, if it has one, to be made."""
        wanted = finding.safety is Safety.SAFE or (
            finding.safety is Safety.UNSAFE and self._settings.unsafe
        )
        return wanted and not self.out_of_bounds(finding)

    def out_of_bounds(self, finding: Finding) -> list[str]:
        """The files that the repair of a finding would change, but may not, sorted."""
        return [path for path in finding.paths if not self._may_change(path, finding.code)]

    @cached_property
    def skipping(self) -> frozenset[str]:
        """The files that ask to be skipped."""
        return frozenset(self._asking_to_be_skipped())

    def _may_change(self, path: str, code: str) -> bool:
        if is_document(path):
            return self._documents.may_change(path) and not self.ignores(path, code)
        return path in self._wanted and not self.ignores(path, code) and path not in self.skipping

    def _asking_to_be_skipped(self) -> Iterator[str]:
        marker = MARKER.encode()
        for path in self._wanted:
            data = self._draft.read(path)
            if isinstance(data, bytes) and marker in data:
                source = decode(path, data)
                if isinstance(source, Source) and directives(source).skip_file:
                    yield path
