"""What ``.python-version`` suggests: the interpreter that the developers run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .mentions import Mention, Trust
from .version_range import from_pep440

if TYPE_CHECKING:
    from .texts import Texts

_LINE = re.compile(r"^[ \t]*(?:cpython-)?(\d+(?:\.\d+){1,2})t?[ \t]*(?:#.*)?$", re.MULTILINE)


def read_python_version(texts: Texts, path: str) -> list[Mention]:
    """One mention for each version that the file lists."""
    text = texts.read(path) or ""
    return [
        Mention("python", from_pep440(_specifier(match[1])), path, line, Trust.HINT)
        for line, match in enumerate(map(_LINE.match, text.split("\n")), 1)
        if match
    ]


def _specifier(number: str) -> str:
    """A release, or the whole series when only its first two numbers are given."""
    return f"=={number}" if number.count(".") > 1 else f"=={number}.*"
