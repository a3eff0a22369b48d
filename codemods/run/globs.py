"""Patterns of files, read as a .gitignore reads them, turned into regular expressions."""

from __future__ import annotations

import re
from functools import cache

_WILD = {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
_PARTS = re.compile(r"(\*\*/|/\*\*$|\*|\?|\[[^]]+\])")


@cache
def pattern(glob: str) -> re.Pattern[str]:
    """What matches the POSIX paths that a pattern names, and all paths below them.

    A pattern with a slash that is not its last character is read from the root, another one at any
    depth.
    """
    anchored = "/" in glob.rstrip("/")
    parts = _PARTS.split(glob.strip("/"))
    regex = "".join(_WILD.get(part) or _literal(part) for part in parts)
    return re.compile(("" if anchored else "(?:.*/)?") + regex + r"(?:/.*)?\Z", re.DOTALL)


def rooted(glob: str, prefix: str) -> str:
    """A pattern written in the folder ``prefix`` (with a final slash), as one for the root."""
    glob = glob.removeprefix("./")
    if not prefix:
        return glob
    if "/" in glob.rstrip("/"):
        return f"/{prefix}{glob.lstrip('/')}"
    return f"/{prefix}**/{glob}"


def _literal(part: str) -> str:
    if len(part) > 2 and part[0] == "[" and part[-1] == "]":
        inner = re.sub(r"([\\\[&~|])", r"\\\1", part[1:-1])
        return f"[^{inner[1:]}]" if inner.startswith(("!", "^")) else f"[{inner}]"
    return re.escape(part)
