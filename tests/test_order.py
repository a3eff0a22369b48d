"""The same answers in whatever order they are asked for, and in whichever process."""

from __future__ import annotations

import ast
import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tortoise_fix.codemods.orm.effects import effects_of
from tortoise_fix.codemods.orm.infer import types_of
from tortoise_fix.codemods.project import index
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.module import Module
from tortoise_fix.codemods.run.reader import Reader

ROOT = Path(__file__).parent.parent / "fixtures" / "projects" / "bookshop"
SEEDS = range(4)


def answers(root: Path, seed: int) -> dict[str, str]:
    """All that is known of each function of a project, asked for in an order of the seed."""
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    shuffled = random.Random(seed)
    shuffled.shuffle(files)
    project = Project(root, files, Reader(root))
    asked = list(project.relevant)
    shuffled.shuffle(asked)
    found = {"models": _models(project)} if seed % 2 else {}
    for path in asked:
        module = project.module(path)
        assert isinstance(module, Module)
        functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = [
            *module.nodes(ast.FunctionDef),
            *module.nodes(ast.AsyncFunctionDef),
        ]
        shuffled.shuffle(functions)
        for function in functions:
            found[f"{path}:{function.lineno}"] = _of_function(module, function)
    return found | {"models": _models(project)}


def _models(project: Project) -> str:
    models = project.models.all()
    return str([_sorted(models[symbol]) for symbol in sorted(models, key=str)])


def _of_function(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    types = types_of(module, function)
    kinds = [_sorted(types.of(node)) for node in ast.walk(function)]
    effects = effects_of(module, function.body)
    return f"{_sorted(types.returned)} {kinds} {_sorted(effects)}"


def _sorted(value: object) -> str:
    """A value as text, where sets have no order of their own."""
    if isinstance(value, frozenset | set):
        return "{" + ", ".join(sorted(map(_sorted, value))) + "}"
    if isinstance(value, list | tuple):
        return str([_sorted(one) for one in value])
    if isinstance(value, dict):
        return str(sorted((str(key), _sorted(one)) for key, one in value.items()))
    if hasattr(value, "__dataclass_fields__"):
        parts = (f"{name}={_sorted(getattr(value, name))}" for name in value.__dataclass_fields__)
        return f"{type(value).__name__}({', '.join(parts)})"
    return str(value)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_files_and_questions_changes_no_answer(seed: int) -> None:
    assert answers(ROOT, seed) == answers(ROOT, len(SEEDS))


def test_files_that_are_forgotten_and_parsed_again_change_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = answers(ROOT, 0)
    monkeypatch.setattr(index, "_KEPT_TEXT", 1)
    assert answers(ROOT, 1) == kept


def test_every_process_gives_the_same_answers() -> None:
    told = {_in_a_process(hash_seed) for hash_seed in ("1", "2", "3")}
    assert told == {digest(answers(ROOT, 0))}


def digest(found: dict[str, str]) -> str:
    """A short form of all answers."""
    return hashlib.sha256(str(sorted(found.items())).encode()).hexdigest()


def _in_a_process(hash_seed: str) -> str:
    """The digest of the answers that another process gives, whose sets have another order."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, __file__, hash_seed], env=environment, capture_output=True, text=True
    )
    assert not done.returncode, done.stderr
    return done.stdout.strip()


if __name__ == "__main__":
    print(digest(answers(ROOT, int(sys.argv[1]))))
