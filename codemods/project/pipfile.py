"""What Pipenv's two files say: Pipfile and Pipfile.lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .mentions import PACKAGES, Mention, Trust, garbled, line_of, normalised
from .version_range import Range, exactly, from_pep440

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .texts import Texts


def read_pipfile(texts: Texts, path: str) -> list[Mention]:
    """The packages of a Pipfile; those outside ``[packages]`` are not for run time."""
    data = texts.toml(path)
    if data is None:
        return garbled(path, texts.read(path) or texts.salvage(path), Trust.PYPROJECT)
    text = texts.read(path) or ""
    found = [
        Mention(name, allowed, path, line, Trust.PYPROJECT, section == "packages")
        for section in data
        if section not in ("source", "requires", "scripts", "pipenv")
        for name, allowed, line in _entries(text, data, section)
    ]
    return [*found, *_python(path, text, data.get("requires"), Trust.PYPROJECT)]


def read_pipfile_lock(texts: Texts, path: str) -> list[Mention]:
    """The packages of Pipfile.lock; those for development only where nothing else names them."""
    text = texts.read(path)
    if text is None:
        return garbled(path, texts.salvage(path), Trust.LOCK)
    import json

    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        texts.blame(path, getattr(error, "lineno", 0), "is not valid JSON")
        return garbled(path, text, Trust.LOCK)
    found: dict[str, Mention] = {}
    for section in ("default", "develop"):
        for name, allowed, line in _entries(text, data, section, '"'):
            if allowed.exact:
                allowed = exactly(allowed.exact)
            mention = Mention(name, allowed, path, line, Trust.LOCK, declared=False)
            found.setdefault(name, mention)
    return [*found.values(), *_python(path, text, _at(_at(data, "_meta"), "requires"), Trust.HINT)]


def _entries(
    text: str, data: object, section: str, quote: str = ""
) -> Iterator[tuple[str, Range, int]]:
    """Name, versions and line of the packages of a section that matter."""
    table = _at(data, section)
    start = max(text.find(f"{quote}{section}" if quote else f"[{section}]"), 0)
    for name, entry in table.items() if isinstance(table, dict) else ():
        if normalised(name) not in PACKAGES:
            continue
        version = _at(entry, "version") if isinstance(entry, dict) else entry
        allowed = _range(version) if isinstance(version, str) else Range()
        yield normalised(name), allowed, line_of(text, f"{quote}{name}{quote}", start)


def _range(version: str) -> Range:
    return Range() if version.strip() == "*" else from_pep440(version)


def _python(path: str, text: str, table: object, trust: Trust) -> Iterator[Mention]:
    """Python's version from ``[requires]``: a series, or one release."""
    for key, suffix in (("python_full_version", ""), ("python_version", ".*")):
        version = _at(table, key)
        if isinstance(version, str):
            allowed = from_pep440(f"=={version}{suffix}")
            yield Mention("python", allowed, path, line_of(text, key), trust)
            return


def _at(table: Any, key: str) -> Any:
    return table.get(key) if isinstance(table, dict) else None
