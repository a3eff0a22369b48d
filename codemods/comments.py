"""Comments that speak to tools, such as linters, not to people."""

from __future__ import annotations

import re

#: What they begin with; they speak about one line and mean nothing without it.
_DIRECTIVES = ("noqa", "type:", "pragma", "pylint", "pyright", "mypy", "fmt:", "isort", "nosec")
_NOQA = re.compile(r"#\s*noqa\b", re.IGNORECASE)


def is_directive(comment: str) -> bool:
    """Whether a comment tells a tool something about its line."""
    return comment.lstrip("#: ").lower().startswith(_DIRECTIVES)


def is_marked(line: str) -> bool:
    """Whether a line is marked for linters, as an import is that is there for other files."""
    return _NOQA.search(line) is not None
