"""Writing to the two streams of a terminal or a pipe, so that printing never breaks a run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Paint:
    """Styles text for a terminal, or leaves it as it is where colours are off."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, **style: Any) -> str:
        """``text`` in a style of ``click.style``: ``fg="red"``, ``bold=True``, ``dim=True``."""
        return click.style(text, **style) if self.on and text else text


class Console:
    """Standard output and standard error, each with its own decision about colours.

    What a stream cannot encode is written as backslash escapes. A reader that closes its end early
    ends the printing, not the run. Any other failure of standard output is kept in ``failure``.

    Attributes:
        paint: The style of standard output.
        paint_err: The style of standard error.
        failure: Why standard output could not be written, or an empty string.
    """

    def __init__(self, color: str = "auto") -> None:
        for stream in (sys.stdout, sys.stderr):
            _escape_what_cannot_be_encoded(stream)
        self.paint = Paint(wants_color(color, sys.stdout, os.environ))
        self.paint_err = Paint(wants_color(color, sys.stderr, os.environ))
        self.failure = ""

    def out(self, text: str) -> None:
        """Print text, and a line end, to standard output; nothing for empty text."""
        if text and sys.stdout:
            self._guarded(lambda: sys.stdout.write(text + "\n"))

    def out_bytes(self, data: bytes) -> None:
        """Write bytes to standard output exactly as they are."""
        if not sys.stdout:
            return
        self._guarded(sys.stdout.flush)
        self._guarded(lambda: sys.stdout.buffer.write(data))

    def err(self, text: str) -> None:
        """Print text, and a line end, to standard error; nothing for empty text."""
        if not text or not sys.stderr:
            return
        if sys.stdout:
            self._guarded(sys.stdout.flush)
        try:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()
        except OSError:
            _silence(sys.stderr)

    def flush(self) -> None:
        """Write out what is still buffered, so that a failure shows now and not at exit."""
        if sys.stdout:
            self._guarded(sys.stdout.flush)

    def _guarded(self, write: Callable[[], object]) -> None:
        try:
            write()
        except BrokenPipeError:
            _silence(sys.stdout)
        except OSError as error:
            self.failure = error.strerror or str(error)
            _silence(sys.stdout)


def wants_color(mode: str, stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Whether to colour a stream.

    Args:
        mode: ``always`` and ``never`` decide alone; ``auto`` asks the environment (NO_COLOR, then
            FORCE_COLOR, each when not empty), then whether the stream is a terminal.
        stream: The stream, or None where there is none.
        environ: The environment variables.
    """
    if mode != "auto":
        return mode == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream is not None and stream.isatty() and environ.get("TERM") != "dumb"


def _escape_what_cannot_be_encoded(stream: TextIO | None) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


def _silence(stream: TextIO) -> None:
    """Send what is still to come to nowhere, the buffered rest that the interpreter flushes too."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return
