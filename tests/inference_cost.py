"""What the index and the inference cost, beyond parsing, for a file of 300 lines.

    python tests/inference_cost.py DIR

Every function of every file below DIR that names the framework or a model is inferred, which no run
of the tool does: rules ask for the functions that they can speak about.
"""

from __future__ import annotations

import ast
import sys
import time
from pathlib import Path

from tortoise_fix.codemods.orm.infer import types_of
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.run.files import select
from tortoise_fix.codemods.run.memory import rare_collections
from tortoise_fix.codemods.run.reader import Reader

_LINES = 300


def inferred(root: Path) -> list[Module]:
    """Index a tree and infer all of it; the modules that this took."""
    project = Project(root, select(root).files, Reader(root))
    modules = []
    for path in project.relevant:
        module = project.module(path)
        if isinstance(module, Module):
            modules.append(module)
            for function in module.nodes(ast.FunctionDef):
                types_of(module, function)
            for coroutine in module.nodes(ast.AsyncFunctionDef):
                types_of(module, coroutine)
    return modules


def main() -> int:
    """Print milliseconds for each 300 lines: parsing, and all the rest."""
    root = Path(sys.argv[1]) if len(sys.argv) == 2 else None
    if root is None or not root.is_dir():
        sys.exit("usage: inference_cost.py DIR")
    with rare_collections():
        start = time.process_time()
        modules = inferred(root)
        both = time.process_time() - start
        start = time.process_time()
        for module in modules:
            ast.parse(module.source.text)
        parsing = time.process_time() - start
    lines = sum(len(module.source.starts) for module in modules)
    each = 1000 * _LINES / lines
    print(f"{len(modules)} files, {lines} lines; CPU for {_LINES} lines, on average:")
    print(f"  parsing              {parsing * each:6.2f} ms")
    print(f"  index and inference  {(both - parsing) * each:6.2f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
