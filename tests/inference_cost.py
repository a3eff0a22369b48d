"""What the index and the inference add to reading and parsing, for a file of 300 lines.

    python tests/inference_cost.py DIR

A run that reads all files and parses those that name the framework or a model is measured first.
What the index adds to that, with the inference, is measured twice: of the functions that hold a
call which could be of the query API, in files near models, as no query rule asks about others; and
of all functions.
"""

from __future__ import annotations

import ast
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tortoise_fix.codemods.orm import api
from tortoise_fix.codemods.orm.infer import types_of
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.project.near_models import near_models
from tortoise_fix.codemods.run.files import select
from tortoise_fix.codemods.run.memory import rare_collections
from tortoise_fix.codemods.run.reader import Reader
from tortoise_fix.codemods.source import Fault, decode, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tortoise_fix.codemods.project.module import Scope

_LINES = 300
_NAMES = api.method_names()


def speakable(module: Module) -> Iterator[Scope]:
    """The scopes of a file near models with a call whose method name is in the API table."""
    if module.path not in near_models(module.project):
        return iter(())
    calls = (node.func for node in module.nodes(ast.Call))
    named = (f for f in calls if isinstance(f, ast.Attribute) and f.attr in _NAMES)
    return iter(dict.fromkeys(module.scope(function) for function in named))


def functions(module: Module) -> Iterator[Scope]:
    """Every function."""
    yield from module.nodes(ast.FunctionDef)
    yield from module.nodes(ast.AsyncFunctionDef)


def inferred(root: Path, scopes: Callable[[Module], Iterator[Scope]]) -> list[Module]:
    """Index a tree and infer some of its scopes; the modules that this took."""
    project = Project(root, select(root).files, Reader(root))
    modules = []
    for path in project.relevant:
        module = project.module(path)
        if isinstance(module, Module):
            modules.append(module)
            for scope in scopes(module):
                types_of(module, scope)
    return modules


def parsed(root: Path, paths: frozenset[str]) -> list[ast.Module]:
    """Read the files of a tree, and parse some of them."""
    reader = Reader(root)
    contents = {path: reader(path) for path in select(root).files}
    sources = (
        decode(path, d) for path, d in contents.items() if path in paths and isinstance(d, bytes)
    )
    trees = (parse(source) for source in sources if not isinstance(source, Fault))
    return [tree for tree in trees if not isinstance(tree, Fault)]


def cpu_seconds(action: Callable[[], object]) -> float:
    """What an action takes; what it gives is held until the end, as the index holds its trees."""
    start = time.process_time()
    kept = action()
    seconds = time.process_time() - start
    del kept
    return seconds


def costs(root: Path) -> dict[str, float]:
    """Milliseconds of CPU for each 300 lines of the files that matter, by what they are spent on.

    Raises ValueError for a tree without such files.
    """
    with rare_collections():
        modules = inferred(root, lambda _module: iter(()))
        paths = frozenset(module.path for module in modules)
        lines = sum(module.source.text.count("\n") + 1 for module in modules)
        del modules
        if not lines:
            raise ValueError(f"no file below {root} names the framework")
        parsing = cpu_seconds(lambda: parsed(root, paths))
        spoken = cpu_seconds(lambda: inferred(root, speakable)) - parsing
        everything = cpu_seconds(lambda: inferred(root, functions)) - parsing
    each = 1000 * _LINES / lines
    return {
        "reading and parsing": parsing * each,
        "index and inference": spoken * each,
        "the same, of all functions": everything * each,
    }


def report(root: Path) -> str:
    """The costs in a tree, a line each."""
    rows = (f"  {name:28}{cost:6.2f} ms" for name, cost in costs(root).items())
    return "\n".join((f"CPU for {_LINES} lines of files that matter, on average:", *rows))


def main() -> int:
    """Print the costs."""
    root = Path(sys.argv[1]) if len(sys.argv) == 2 else None
    if root is None or not root.is_dir():
        sys.exit("usage: inference_cost.py DIR")
    print(report(root))
    return 0


if __name__ == "__main__":
    sys.exit(main())
