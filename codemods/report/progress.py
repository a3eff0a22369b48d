"""A progress bar that shows itself only when there is something to wait for."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

_PATIENCE = 1.0


class Progress:
    """Called with the files done and the files in all; draws a bar on standard error.

    The bar appears after a second, on a terminal, and is wiped away at the end. Use it in ``with``.
    """

    def __init__(self, show: bool, patience: float = _PATIENCE) -> None:
        self._show = show and sys.stderr is not None and sys.stderr.isatty()
        self._since = time.monotonic() + patience
        self._bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Tell that ``done`` of ``total`` files are done."""
        if not self._show or time.monotonic() < self._since:
            return
        if self._bar is None:
            self._bar = _bar(total)
        self._bar.length = total
        self._bar.update(done - self._bar.pos)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            # Up one line and clear it: the bar has said what it had to say.
            sys.stderr.write("\x1b[1A\x1b[2K")
            sys.stderr.flush()


def _bar(total: int) -> Any:
    import click

    return click.progressbar(length=total, label="Reading", file=sys.stderr, show_eta=False)
