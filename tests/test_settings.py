"""Settings: where they are read, what is accepted, and which rules run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tortoise_fix.codemods.rules._base import Rule
from tortoise_fix.codemods.run.config import load
from tortoise_fix.codemods.run.globs import pattern
from tortoise_fix.codemods.run.settings import (
    Settings,
    enabled_rules,
    find_rule,
    ignored_codes,
    override,
)
from tortoise_fix.codemods.source import Fault

if TYPE_CHECKING:
    from pathlib import Path


def _rule(code: str, name: str, default: bool = True) -> Rule:
    return Rule(code=code, name=name, summary="summary", find=lambda module: (), default=default)


RULES = (
    _rule("TOR234", "n-plus-one"),
    _rule("TOR310", "transaction-using-db"),
    _rule("TOR311", "transaction-handle", default=False),
)


def _toml(folder: Path, body: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pyproject.toml"
    file.write_text(f"[project]\nname = 'x'\n\n[tool.tortoise-fix]\n{body}\n")
    return file


def _cfg(folder: Path, body: str) -> Path:
    file = folder / "setup.cfg"
    file.write_text(f"[metadata]\nname = x\n\n[tool:tortoise-fix]\n{body}\n")
    return file


def _loaded(root: Path, *paths: Path) -> Settings:
    found = load(root, paths, RULES)
    assert isinstance(found, Settings), found
    return found


def _fault(root: Path) -> Fault:
    found = load(root, [root], RULES)
    assert isinstance(found, Fault), found
    return found


FULL = Settings(
    select=("ALL",),
    ignore=("TOR234",),
    unsafe=True,
    target_version="1.1",
    exclude=("generated", "a/*.py"),
    per_file_ignores=(("tests/*.py", ("TOR310", "TOR234")),),
)


def _values(settings: Settings) -> tuple[object, ...]:
    return tuple(getattr(settings, name) for name in Settings.__slots__ if name != "source")


def test_pyproject_is_read_in_full(tmp_path: Path) -> None:
    _toml(
        tmp_path,
        'select = ["ALL"]\nignore = ["n-plus-one"]\nunsafe = true\ntarget-version = "1.1"\n'
        'exclude = ["generated", "a/*.py"]\n[tool.tortoise-fix.per-file-ignores]\n'
        '"tests/*.py" = ["TOR310", "n-plus-one"]',
    )
    assert _values(_loaded(tmp_path)) == _values(FULL)


def test_setup_cfg_is_read_in_full(tmp_path: Path) -> None:
    _cfg(
        tmp_path,
        "select = ALL\nignore =\n    n-plus-one\nunsafe = yes\ntarget-version = 1.1\n"
        "exclude = generated, a/*.py\nper-file-ignores =\n    tests/*.py: TOR310, n-plus-one",
    )
    assert _values(_loaded(tmp_path)) == _values(FULL)


def test_without_configuration_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    assert _loaded(tmp_path) == Settings()


def test_a_broken_file_that_does_not_speak_of_us_is_not_our_matter(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff\n")
    assert _loaded(tmp_path) == Settings()


def test_the_nearest_configuration_counts_alone(tmp_path: Path) -> None:
    _toml(tmp_path, 'ignore = ["TOR310"]')
    _toml(tmp_path / "app", "unsafe = true")
    found = _loaded(tmp_path, tmp_path / "app" / "db" / "models.py")
    assert (found.unsafe, found.ignore) == (True, ())


def test_a_nearer_file_without_our_table_is_passed_over(tmp_path: Path) -> None:
    _toml(tmp_path, "unsafe = true")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "pyproject.toml").write_text("[project]\nname = 'tortoise-fix-user'\n")
    assert _loaded(tmp_path, tmp_path / "app").unsafe


def test_several_paths_are_searched_from_their_common_folder(tmp_path: Path) -> None:
    _toml(tmp_path / "a", "unsafe = true")
    _toml(tmp_path, 'ignore = ["TOR310"]')
    (tmp_path / "b").mkdir()
    assert _loaded(tmp_path, tmp_path / "a", tmp_path / "b").ignore == ("TOR310",)


def test_folders_above_the_root_are_not_looked_into(tmp_path: Path) -> None:
    _toml(tmp_path, "unsafe = true")
    (tmp_path / "project").mkdir()
    assert not _loaded(tmp_path / "project", tmp_path / "project").unsafe


def test_pyproject_comes_before_setup_cfg(tmp_path: Path) -> None:
    _toml(tmp_path, "unsafe = true")
    _cfg(tmp_path, "target-version = 1.1")
    assert _loaded(tmp_path).target_version == ""


def test_isolated_reads_nothing(tmp_path: Path) -> None:
    _toml(tmp_path, "nonsense = 1")
    assert load(tmp_path, [tmp_path], RULES, isolated=True) == Settings()


def test_a_named_configuration_is_the_one_read(tmp_path: Path) -> None:
    _toml(tmp_path, "unsafe = true")
    (tmp_path / "other").mkdir()
    other = _toml(tmp_path / "other", 'target-version = "0.20.1"')
    found = load(tmp_path, [tmp_path], RULES, config=other)
    assert isinstance(found, Settings)
    assert (found.unsafe, found.target_version) == (False, "0.20.1")


def test_a_named_configuration_must_exist_and_hold_our_table(tmp_path: Path) -> None:
    missing = load(tmp_path, [tmp_path], RULES, config=tmp_path / "none.toml")
    assert isinstance(missing, Fault) and "No such file" in missing.reason
    (tmp_path / "empty.toml").write_text("")
    empty = load(tmp_path, [tmp_path], RULES, config=tmp_path / "empty.toml")
    assert isinstance(empty, Fault) and "[tool.tortoise-fix]" in empty.reason


def test_patterns_are_read_in_the_folder_of_their_configuration(tmp_path: Path) -> None:
    _toml(tmp_path / "app", 'exclude = ["gen", "a/b.py"]')
    assert _loaded(tmp_path, tmp_path / "app").exclude == ("/app/**/gen", "/app/a/b.py")


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("slect = []", 5, "unknown key 'slect'; did you mean 'select'?"),
        ("target_version = '1'", 5, "did you mean 'target-version'?"),
        ("unsafe = true\nqqqq = 1", 6, "unknown key 'qqqq'"),
        ("unsafe = 'yes'", 5, "unsafe must be true or false"),
        ("\nselect = 'ALL'", 6, "select must be a list of strings"),
        ("ignore = [1]", 5, "ignore must be a list of strings"),
        ("target-version = 1.1", 5, "target-version must be a string"),
        ("target-version = '1.x'", 5, "'1.x' is not a version such as 1.1 or 1.1.9"),
        ("select = ['n-plus-on']", 5, "unknown rule 'n-plus-on'; did you mean 'n-plus-one'?"),
        ("ignore = ['TOR3']", 5, "unknown rule 'TOR3'"),
        ("ignore = ['DEFAULT']", 5, "unknown rule 'DEFAULT'"),
        ("per-file-ignores = ['x']", 5, "per-file-ignores must be a table"),
        ("per-file-ignores = {'x' = 'TOR310'}", 4, "x must be a list of strings"),
        ("unsafe = tru", 5, "is not valid TOML"),
    ],
)
def test_a_broken_pyproject_is_a_fault_with_its_line(
    tmp_path: Path, body: str, line: int, reason: str
) -> None:
    _toml(tmp_path, body)
    fault = _fault(tmp_path)
    assert fault.path.endswith("pyproject.toml")
    assert (fault.line, reason in fault.reason) == (line, True), fault


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        ("slect = ALL", 5, "did you mean 'select'?"),
        ("unsafe = perhaps", 5, "unsafe must be true or false"),
        ("per-file-ignores =\n    tests", 6, "expected 'pattern: codes'"),
        ("unsafe = true\nunsafe = true", 6, "is not a valid INI file"),
        ("unsafe = true\n= 3", 6, "is not a valid INI file"),
    ],
)
def test_a_broken_setup_cfg_is_a_fault_with_its_line(
    tmp_path: Path, body: str, line: int, reason: str
) -> None:
    _cfg(tmp_path, body)
    fault = _fault(tmp_path)
    assert (fault.line, reason in fault.reason) == (line, True), fault


def test_a_configuration_that_is_not_utf8_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.tortoise-fix]\n# \xe9\n")
    assert "UTF-8" in _fault(tmp_path).reason


def test_the_command_line_overrides_the_configuration() -> None:
    found = override(
        FULL,
        RULES,
        select=["TOR310,transaction-handle"],
        ignore=["tor311"],
        unsafe=False,
        target_version="0.21.7",
    )
    assert isinstance(found, Settings)
    assert found.select == ("TOR310", "TOR311")
    assert (found.ignore, found.unsafe, found.target_version) == (("TOR311",), False, "0.21.7")


def test_a_silent_command_line_changes_nothing() -> None:
    assert override(FULL, RULES) == FULL


def test_a_rule_selected_by_name_runs_though_the_configuration_ignores_it() -> None:
    found = override(FULL, RULES, select=["n-plus-one"])
    assert isinstance(found, Settings)
    assert [rule.code for rule in enabled_rules(found, RULES)] == ["TOR234"]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"select": ["TOR999"]}, "--select"),
        ({"ignore": ["x"]}, "--ignore"),
        ({"target_version": "1"}, "--target-version"),
    ],
)
def test_a_wrong_option_is_a_fault_that_names_it(arguments: dict[str, str], option: str) -> None:
    fault = override(Settings(), RULES, **arguments)  # type: ignore[arg-type]
    assert isinstance(fault, Fault) and fault.path == option


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        (Settings(), ["TOR234", "TOR310"]),
        (Settings(select=("ALL",)), ["TOR234", "TOR310", "TOR311"]),
        (Settings(select=("TOR311",)), ["TOR311"]),
        (Settings(select=("DEFAULT", "TOR311")), ["TOR234", "TOR310", "TOR311"]),
        (Settings(select=("ALL",), ignore=("TOR234",)), ["TOR310", "TOR311"]),
        (Settings(ignore=("ALL",)), []),
    ],
)
def test_select_and_ignore_choose_the_rules(settings: Settings, codes: list[str]) -> None:
    assert [rule.code for rule in enabled_rules(settings, RULES)] == codes


@pytest.mark.parametrize("text", ["TOR234", "tor234", "n-plus-one", "N-Plus-One"])
def test_a_rule_is_found_by_code_or_name_in_any_case(text: str) -> None:
    assert find_rule(text, RULES) == RULES[0]


def test_an_unknown_rule_names_the_nearest() -> None:
    fault = find_rule("transaction_handel", RULES)
    assert isinstance(fault, Fault) and "did you mean 'transaction-handle'?" in fault.reason


def test_per_file_ignores_hold_for_the_files_that_match() -> None:
    settings = Settings(per_file_ignores=(("tests/*.py", ("TOR310",)), ("x_*.py", ("ALL",))))
    assert ignored_codes(settings, "tests/test_a.py") == {"TOR310"}
    assert ignored_codes(settings, "tests/x_a.py") == {"TOR310", "ALL"}
    assert ignored_codes(settings, "app/tests.py") == frozenset()


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("a.py", "deep/a.py", True),
        ("/a.py", "deep/a.py", False),
        ("gen", "app/gen/x/y.py", True),
        ("gen/", "app/gen/x/y.py", True),
        ("app/gen", "app/gen/x.py", True),
        ("app/gen", "src/app/gen/x.py", False),
        ("app/*.py", "app/sub/x.py", False),
        ("app/**/x.py", "app/x.py", True),
        ("app/**/x.py", "app/a/b/x.py", True),
        ("app/**", "app/a/b/x.py", True),
        ("**/x.py", "x.py", True),
        ("[ab]?.py", "a1.py", True),
        ("[!ab]?.py", "a1.py", False),
        ("a.py", "aXpy", False),
    ],
)
def test_patterns_match_as_in_a_gitignore(glob: str, path: str, expected: bool) -> None:
    assert bool(pattern(glob).match(path)) is expected
