"""Examining many files: in this process, or in several when that pays.

The answer for a file is a function of the project's bytes alone, so it does not matter which
process gives it, nor in which order.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..project.facts import FileFacts
from ..project.index import Project
from ..source import Fault
from ..suppress import MARKER
from .examine import Examined, examine, triggered
from .reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..rules._base import Rule
    from .request import Progress

Work = tuple[str, tuple[str, ...]]  #: a file, and the keys of the rules that look at it
Recipe = tuple[Path, tuple[str, ...], str, dict[str, FileFacts]]

#: Bytes of source to examine from which a second process saves more time than it costs to start.
WORTH_A_PROCESS = 6_000_000


def examine_all(
    project: Project,
    rules: Sequence[Rule],
    paths: Sequence[str],
    jobs: int,
    progress: Progress | None = None,
) -> list[Examined]:
    """Examine the files that any rule can have something to say about, in order."""
    work: list[Work] = []
    size = 0
    for path in paths:
        data = project.read(path)
        if isinstance(data, Fault):
            continue
        keys = tuple(rule.key for rule in triggered(project, rules, path, data))
        if keys or MARKER.encode() in data:  # a comment may have nothing to suppress
            work.append((path, keys))
            size += len(data)
    jobs = min(jobs, 1 + size // WORTH_A_PROCESS, len(work))
    done: dict[str, Examined] = {}
    if jobs > 1:
        for one in _in_processes(project, work, jobs):
            done[one.path] = one
            _tell(progress, len(done), len(work))
    by_key = {rule.key: rule for rule in rules}
    for path, keys in work:
        if path not in done:  # all of them, or those that a lost process left undone
            done[path] = examine(project, [by_key[key] for key in keys], path)
            _tell(progress, len(done), len(work))
    return [done[path] for path, _ in work]


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _in_processes(project: Project, work: list[Work], jobs: int) -> Iterator[Examined]:
    """The results that worker processes give; fewer than asked for if one of them dies."""
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    recipe: Recipe = (project.root, project.files, project.target, project.known_facts())
    shares = [work[start::jobs] for start in range(jobs)]
    try:
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            with _interrupts_held_back():
                futures = [pool.submit(_share, recipe, one) for one in shares]
            try:
                for future in as_completed(futures):
                    yield from future.result()
            except KeyboardInterrupt:
                _stop_workers()
                raise
    except (BrokenProcessPool, OSError):
        return


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Keep Ctrl-C from the processes that are started here; this one gets it afterwards.

    A worker that is interrupted would print a traceback of its own. A blocked signal stays blocked
    in the processes that a process starts.
    """
    import signal

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop_workers() -> None:
    """End the worker processes now, instead of when they are done."""
    from multiprocessing import active_children

    for worker in active_children():
        worker.terminate()


def _share(recipe: Recipe, work: list[Work]) -> list[Examined]:
    """What one worker process does: its share of the files, with an index of its own."""
    from ..rules._registry import all_rules

    root, files, target, facts = recipe
    project = Project(root, files, Reader(root), target, facts)
    rules = {rule.key: rule for one in all_rules() for rule in (one, one.narrowed())}
    return [examine(project, [rules[key] for key in keys], path) for path, keys in work]
