"""What one run is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .settings import Settings

#: Is told how many files have been looked at, and how many there are to look at.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Request:
    """What one run is asked for.

    Attributes:
        root: The project root.
        paths: What the user named: files and folders below the root.
        settings: The rules and how they run.
        jobs: The most processes to use.
        cache: Whether results of earlier runs may be used and kept.
        find_only: Whether finding is enough, so that no change is worked out.
    """

    root: Path
    paths: tuple[Path, ...]
    settings: Settings
    jobs: int = 1
    cache: bool = True
    find_only: bool = False
