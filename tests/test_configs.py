"""What is proven of the Tortoise configurations of a project, and which of them aerich reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise_fix.codemods.project.aerich import aerich_targets, target_faults, target_modules
from tortoise_fix.codemods.project.config_values import read_variable
from tortoise_fix.codemods.project.configs import App, Connections, connections_of
from tortoise_fix.codemods.project.index import Project
from tortoise_fix.codemods.project.symbols import Variable
from tortoise_fix.codemods.project.uses import ANY, uses_of
from tortoise_fix.codemods.rules.aerich_models import RULE
from tortoise_fix.codemods.run.examine import examine

if TYPE_CHECKING:
    from pathlib import Path

    from tortoise_fix.codemods.source import Fault

INIT = "from tortoise import Tortoise\n"
AERICH = '[tool.aerich]\ntortoise_orm = "config.TORTOISE_ORM"\n'
APPS = '{"a": {"models": ["m"]}}'


def project_of(root: Path, **files: str) -> Project:
    """A project of these files; ``__`` in a name stands for a slash, ``_py`` at its end for .py."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    paths = [path.relative_to(root).as_posix() for path in root.rglob("*.py")]

    def read(path: str) -> bytes | Fault:
        return (root / path).read_bytes()

    return Project(root, paths, read)


def connections(root: Path, code: str) -> Connections | None:
    """What is known of the connections in a project of one file."""
    return connections_of(project_of(root, app_py=INIT + code), "app.py")


# Connections


def test_a_database_url_means_one_connection_named_default(tmp_path: Path) -> None:
    found = connections(tmp_path, 'Tortoise.init(db_url=URL, modules={"shop": ["shop.models"]})')

    assert found == Connections(
        frozenset({"default"}), {"shop": App(frozenset({"shop.models"}), "default")}, False
    )
    assert found.only == "default"


def test_a_config_gives_the_names_of_its_connections_and_the_home_of_each_app(
    tmp_path: Path,
) -> None:
    found = connections(
        tmp_path,
        "C = {'connections': {'main': URL, 'log': {'engine': 'x'}}, 'apps': {"
        "'a': {'models': ['a.m'], 'default_connection': 'log'}, 'b': {'models': ['b.m']}}}\n"
        "Tortoise.init(config=C)",
    )

    assert found is not None
    assert found.names == {"main", "log"}
    assert found.apps == {
        "a": App(frozenset({"a.m"}), "log"),
        "b": App(frozenset({"b.m"}), "default"),
    }
    assert found.only is None


@pytest.mark.parametrize(
    "code",
    [
        "Tortoise.init(config=load())",
        "Tortoise.init(config_file='config.json')",
        "Tortoise.init(**options)",
        "Tortoise.init(*options)",
        "Tortoise.init()",
        "Tortoise.init(config={'connections': {**MORE}, 'apps': {}})",
        "Tortoise.init(config={'connections': {NAME: URL}, 'apps': {}})",
        "Tortoise.init(config={'connections': urls(), 'apps': {}})",
        "C = {'connections': {'x': URL}, 'apps': {}}\nC['connections'][KEY] = URL\n"
        "Tortoise.init(config=C)",
        "C = {'connections': {'x': URL}, 'apps': {}}\nC.update(MORE)\nTortoise.init(config=C)",
        "C = {'connections': {'x': URL}, 'apps': {}}\n"
        "def start(C):\n    return Tortoise.init(config=C)",
        "Tortoise.init(db_url=URL, modules={})\nTortoise.init(config=load())",
    ],
)
def test_a_start_that_is_not_understood_leaves_the_connections_unknown(
    tmp_path: Path, code: str
) -> None:
    assert connections(tmp_path, code) is None


@pytest.mark.parametrize(
    "code",
    [
        "C = {'connections': {'x': URL}, 'apps': {}}\nC['connections']['y'] = URL\n"
        "Tortoise.init(config=C)",
        "B = {'connections': {'x': 1}}\nC = {**B, 'connections': {**B['connections'], 'y': 2}}\n"
        "Tortoise.init(config=C | {'apps': {}})",
        "def config(names): return {'connections': {'x': URL, 'y': URL}, 'apps': names}\n"
        "Tortoise.init(config=config({}))",
        "class S:\n    C = {'connections': dict(x=URL, y=URL), 'apps': {}}\n"
        "s = S()\nTortoise.init(config=s.C)",
        "class S:\n    @property\n    def c(self):\n"
        "        return {'connections': self.names, 'apps': {}}\n"
        "    names = {'x': URL, 'y': URL}\nTortoise.init(config=S().c)",
        "def start():\n    local = {'connections': {'x': URL, 'y': URL}, 'apps': {}}\n"
        "    return Tortoise.init(config=local)",
        "A = {'x': 1, 'y': 2} if X else {'x': 3, 'y': 4}\n"
        "Tortoise.init(config={'connections': A, 'apps': {}})",
        "Tortoise.init(config={'connections': {'x': 1} | {'y': 2}, 'apps': {}})",
    ],
)
def test_a_configuration_is_followed_however_it_is_built(tmp_path: Path, code: str) -> None:
    found = connections(tmp_path, code)

    assert found is not None and found.names == {"x", "y"}


@pytest.mark.parametrize(
    "code",
    [
        "from pydantic_settings import BaseSettings\n"
        "class S(BaseSettings):\n    C: dict = {'connections': {'x': URL}, 'apps': {}}\n"
        "Tortoise.init(config=S().C)",
        "class S:\n    C = {'connections': {'x': URL}, 'apps': {}}\n"
        "    def __init__(self): self.C = load()\nTortoise.init(config=S().C)",
        "def config():\n    c = {'connections': {'x': URL}, 'apps': {}}\n    c.update(MORE)\n"
        "    return c\nTortoise.init(config=config())",
        "def config():\n    if X:\n        return {'connections': {'x': URL}, 'apps': {}}\n"
        "    return load()\nTortoise.init(config=config())",
        "A = {'connections': {'x': URL}, 'apps': {}}\nB = A.copy()\nA['connections']['y'] = 1\n"
        "Tortoise.init(config=A)",
        "C = {'connections': C, 'apps': {}}\nTortoise.init(config=C)",
        "def c(): return {'connections': c(), 'apps': {}}\nTortoise.init(config=c())",
        f"C = {'{' * 3000}{'}' * 3000}\nTortoise.init(config=C)",
    ],
)
def test_what_the_environment_or_the_program_may_change_is_not_known(
    tmp_path: Path, code: str
) -> None:
    assert connections(tmp_path, code) is None


@pytest.mark.parametrize("folder", ["", "conf/"])
def test_a_json_file_is_read(tmp_path: Path, folder: str) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / folder / "orm.json").write_text(
        '{"connections": {"main": "sqlite://x"}, "apps": {"a": {"models": ["a.m"]}}}'
    )

    found = connections(tmp_path, f"Tortoise.init(config_file='{folder}orm.json')")

    assert found == Connections(
        frozenset({"main"}), {"a": App(frozenset({"a.m"}), "default")}, False
    )


def test_a_json_file_that_is_not_one_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "orm.json").write_text("{")

    assert connections(tmp_path, "Tortoise.init(config_file='orm.json')") is None


def test_a_project_without_a_start_has_no_known_connections(tmp_path: Path) -> None:
    assert connections(tmp_path, "") is None


def test_a_start_inside_a_function_that_imports_the_orm_itself_counts(tmp_path: Path) -> None:
    code = (
        "def start():\n    from tortoise import Tortoise\n"
        "    return Tortoise.init(config={'connections': {'one': URL}, 'apps': {}})\n"
    )
    project = project_of(tmp_path, app_py=code)

    found = connections_of(project, "app.py")

    assert found is not None and found.names == {"one"}


@pytest.mark.parametrize("call", ["register_tortoise(app, ", "RegisterTortoise(app, "])
def test_the_helpers_of_web_frameworks_start_the_orm_too(tmp_path: Path, call: str) -> None:
    name = call.partition("(")[0]
    code = f"from tortoise.contrib.fastapi import {name}\n{call}db_url=URL, modules=mods())"

    found = connections(tmp_path, code)

    assert found == Connections(frozenset({"default"}), None, False)


def test_a_function_of_the_project_with_the_name_of_a_helper_is_not_taken_for_it(
    tmp_path: Path,
) -> None:
    code = "def register_tortoise(app, config): ...\nregister_tortoise(1, config={})"

    assert connections(tmp_path, code) is None


@pytest.mark.parametrize(
    "code",
    [
        "Tortoise.init(db_url=URL, modules={}, routers=['r.Router'])",
        "Tortoise.init(config={'connections': {'a': U}, 'apps': {}, 'routers': ROUTERS})",
    ],
)
def test_routers_are_seen(tmp_path: Path, code: str) -> None:
    found = connections(tmp_path, code)

    assert found is not None and found.routers and found.only is None


def test_several_starts_are_put_together(tmp_path: Path) -> None:
    code = (
        "Tortoise.init(config={'connections': {'x': U}, 'apps': {"
        "'a': {'models': ['m'], 'default_connection': 'x'}}})\n"
        "Tortoise.init(db_url=U, modules={'a': ['n']})"
    )

    found = connections(tmp_path, code)

    assert found is not None
    assert found.names == {"x", "default"}
    assert found.apps == {"a": App(frozenset({"m", "n"}), None)}


def test_the_configuration_of_a_test_holds_for_tests_alone(tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        app_py=INIT + "Tortoise.init(db_url=U, modules={})",
        tests__conftest_py=INIT + "Tortoise.init(config={'connections': {'t': U}, 'apps': {}})",
    )

    production, test = (connections_of(project, p) for p in ("app.py", "tests/conftest.py"))

    assert production is not None and production.names == {"default"}
    assert test is not None and test.names == {"default", "t"}


def test_projects_of_one_repository_have_their_own_connections(tmp_path: Path) -> None:
    manifest = '[project]\nname = "x"\ndependencies = ["tortoise-orm"]\n'
    project = project_of(
        tmp_path,
        one__pyproject_toml=manifest,
        one__app_py=INIT + "Tortoise.init(config={'connections': {'one': U}, 'apps': {}})",
        two__pyproject_toml=manifest,
        two__app_py=INIT + "Tortoise.init(config={'connections': {'two': U}, 'apps': {}})",
    )

    first, second = (connections_of(project, p) for p in ("one/app.py", "two/app.py"))

    assert first is not None and first.names == {"one"}
    assert second is not None and second.names == {"two"}


def test_what_aerich_reads_counts_as_a_configuration(tmp_path: Path) -> None:
    config = f"TORTOISE_ORM = {{'connections': {{'db': URL}}, 'apps': {APPS}}}\n"
    project = project_of(tmp_path, pyproject_toml=AERICH, config_py=config)

    found = connections_of(project, "config.py")

    assert found is not None and found.names == {"db"}


# Reading


def test_variables_that_name_each_other_in_a_circle_are_unknown(tmp_path: Path) -> None:
    project = project_of(tmp_path, config_py="A = B\nB = A\n")

    assert read_variable(project, Variable("config.py", "A")) is None


@given(
    lists=st.lists(
        st.lists(st.sampled_from(["a.m", "b.m", "aerich.models"]), max_size=3),
        min_size=1,
        max_size=3,
    ),
    shape=st.sampled_from(["sum", "unpack", "variable", "tuple"]),
)
def test_a_list_means_what_python_makes_of_it(
    tmp_path_factory: pytest.TempPathFactory, lists: list[list[str]], shape: str
) -> None:
    """However the models are written, the names read are those of the value at run time."""
    if shape == "sum":
        text = " + ".join(map(repr, lists))
    elif shape == "unpack":
        text = "[" + ", ".join(f"*{one!r}" for one in lists) + "]"
    elif shape == "tuple":
        text = f"{tuple(lists[0])!r}"
    else:
        text = "LIST"
    code = (
        f"LIST = {lists[-1]!r}\nC = {{'connections': {{}}, 'apps': {{'a': {{'models': {text}}}}}}}"
    )
    project = project_of(tmp_path_factory.mktemp("p"), config_py=code)
    names: dict[str, object] = {}
    exec(code, names)
    value = names["C"]
    assert isinstance(value, dict)

    found = read_variable(project, Variable("config.py", "C"))

    assert found and found.apps and found.apps[0].models
    assert list(found.apps[0].models.names) == list(value["apps"]["a"]["models"])


@pytest.mark.parametrize(
    ("use", "changed"),
    [
        ("C['apps']['a']['models'].append('x')", {"apps"}),
        ("C.get('apps')['a'] = {}", {"apps"}),
        ("C.setdefault('apps', {})", {ANY}),
        ("C.update(x)", {ANY}),
        ("del C['connections']['a']", {"connections"}),
        ("C['use_tz'] = True", {"use_tz"}),
        ("C[key] = 1", {ANY}),
        ("print(C['apps']['a'])", set()),
        ("x = C.get('apps')", set()),
        ("list(C.keys())", set()),
    ],
)
def test_a_change_in_place_is_told_by_the_key_that_it_lies_under(
    tmp_path: Path, use: str, changed: set[str]
) -> None:
    project = project_of(tmp_path, config_py="C = {}\n", app_py=f"from config import C\n{use}\n")

    assert uses_of(project, Variable("config.py", "C")).changed == changed


def test_a_name_in_a_string_of_another_file_is_no_use_but_is_told(tmp_path: Path) -> None:
    project = project_of(tmp_path, config_py="C = {}\n", app_py="load('config.C')\n")

    found = uses_of(project, Variable("config.py", "C"))

    assert found.count == 0 and found.text


# What aerich reads


def test_the_table_of_aerich_comes_before_that_of_tortoise(tmp_path: Path) -> None:
    text = AERICH + '[tool.tortoise]\ntortoise_orm = "other.X"\nlocation = "m"\n'
    project = project_of(tmp_path, pyproject_toml=text, config_py="TORTOISE_ORM = {}\n")

    assert [target.dotted for target in aerich_targets(project)] == ["config.TORTOISE_ORM"]
    assert target_modules(project) == ("config.py",)


def test_a_module_that_two_folders_could_mean_is_no_target(tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        pyproject_toml=AERICH + 'src_folder = "./src"\n',
        config_py="TORTOISE_ORM = {}\n",
        src__config_py="TORTOISE_ORM = {}\n",
    )

    assert target_modules(project) == ()


@pytest.mark.parametrize(
    "text",
    [
        "[tool.aerich",
        "[tool]\naerich = 1\n",
        "[tool.aerich]\ntortoise_orm = 3\n",
        '[tool.aerich]\ntortoise_orm = "TORTOISE_ORM"\n',
        '[tool.aerich]\ntortoise_orm = "config..TORTOISE_ORM"\n',
        '[tool.aerich]\ntortoise_orm = "config.TORTOISE_ORM"\nsrc_folder = ["x"]\n',
        '[tool.aerich]\ntortoise_orm = "os.TORTOISE_ORM"\n',
    ],
)
def test_a_manifest_that_names_nothing_usable_gives_no_target(tmp_path: Path, text: str) -> None:
    project = project_of(tmp_path, pyproject_toml=text, config_py="TORTOISE_ORM = {}\n")

    assert target_modules(project) == ()


def test_an_ini_file_that_does_not_parse_is_told(tmp_path: Path) -> None:
    project = project_of(tmp_path, config_py="TORTOISE_ORM = {}\n")
    (tmp_path / "aerich.ini").write_text("tortoise_orm = config.TORTOISE_ORM\n")

    assert target_modules(project) == ()
    assert [fault.path for fault in target_faults(project)] == ["aerich.ini"]


def test_a_config_module_is_relevant_though_it_does_not_name_the_framework(tmp_path: Path) -> None:
    config = "C = {'apps': {'a': {'models': ['x']}}}\n"
    text = AERICH.replace("TORTOISE_ORM", "C")
    project = project_of(tmp_path, pyproject_toml=text, config_py=config, other_py="x = 1\n")

    assert project.relevant == ("config.py",)


# What the user is told


def advice(root: Path, dependencies: str) -> tuple[str, str]:
    """The message and the advice for a configuration of two apps."""
    manifest = f'[project]\nname = "x"\nversion = "1"\ndependencies = [{dependencies}]\n{AERICH}'
    config = (
        "TORTOISE_ORM = {'apps': {'a': {'models': ['x']}, 'b': {'models': ['y']}}}\n"
        "from tortoise import Tortoise\nTortoise.init(config=TORTOISE_ORM)\n"
    )
    project = project_of(root, pyproject_toml=manifest, config_py=config)
    (finding,) = examine(project, [RULE], "config.py").findings
    return finding.message, finding.advice


@pytest.mark.parametrize(
    ("dependency", "error"),
    [
        ('"aerich==0.8.2"', "cannot be None"),
        ('"aerich==0.9.1"', "You have to add 'aerich.models' in the models of your"),
        ('"aerich==0.10.1"', "You have to add 'aerich.models' in the models of your"),
    ],
)
def test_the_message_holds_the_error_of_the_release_that_is_used(
    tmp_path: Path, dependency: str, error: str
) -> None:
    message, doubt = advice(tmp_path, dependency)

    assert error in message
    assert not doubt


def test_an_unsafe_finding_says_what_it_rests_on(tmp_path: Path) -> None:
    _, doubt = advice(tmp_path, "")

    assert "installed at run time" in doubt and "does not declare it" in doubt
