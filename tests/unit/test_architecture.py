# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The floors of docs/architecture.md, read from the code: no import runs up, none in a circle, and each file says its floor.

What is in a folder of plugins is tested in a folder of the same name.
"""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ansible_collections.cegedim.cloud."
# From below to above. A file may import what is on its own floor or on one below it, of the other list too where it says so.
MODULE_UTILS = ["result", "api", "planning", "resources", "module"]
PLUGIN_UTILS = ["trust", "grouping", "inventory"]
FLOORS = [
    *MODULE_UTILS[:-1],
    *PLUGIN_UTILS,
]  # what an inventory is made of; the file `module` is for modules only


def files() -> list[Path]:
    return sorted(
        path
        for part in ("module_utils", "plugin_utils")
        for path in ROOT.glob(f"plugins/{part}/**/*.py")
    )


def floor(path: Path) -> str:
    """The folder in module_utils or plugin_utils, or the file's own name if it is in none."""
    name = path.relative_to(ROOT / "plugins").parts[1].removesuffix(".py")
    return "module" if name == "old_python" else name


def named(module: str) -> Path | None:
    path = ROOT / (module.removeprefix(COLLECTION).replace(".", "/") + ".py")
    return path if module.startswith(COLLECTION) and path.exists() else None


def imported(path: Path) -> set[str]:
    """The full names of all that a file imports, wherever in it."""
    package = (COLLECTION + ".".join(path.relative_to(ROOT).with_suffix("").parts)).split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            found |= {module, *(f"{module}.{name.name}" for name in node.names)}
    return found


def ours(path: Path) -> set[Path]:
    return {found for module in imported(path) if (found := named(module)) is not None}


def test_there_are_files_on_every_floor() -> None:
    assert {floor(path) for path in files()} == {*MODULE_UTILS, *PLUGIN_UTILS}


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_no_import_runs_up(path: Path) -> None:
    floors = MODULE_UTILS if "module_utils" in path.parts else FLOORS
    below = floors[: floors.index(floor(path)) + 1]
    assert [str(other) for other in ours(path) if floor(other) not in below] == []


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_imports_can_be_read(path: Path) -> None:
    """By name, at run time, anything could be imported; and other collections are not to be depended on."""
    names = imported(path)
    used = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    assert "__import__" not in [getattr(node, "id", None) for node in used]
    assert not [name for name in names if name.split(".")[0] in ("importlib", "runpy")]
    assert not [
        name
        for name in names
        if name.startswith("ansible_collections.") and not name.startswith(COLLECTION)
    ]


def test_no_circle() -> None:
    graph = {path: ours(path) for path in files()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(graph)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_only_what_may_knows_ansible(path: Path) -> None:
    """The client and all that is built on it serve scripts and tests as well."""
    knows = any(name.split(".")[0] == "ansible" for name in imported(path))
    assert not knows or path.name == "module.py" or "plugin_utils" in path.parts


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("plugins/modules/*.py")), ids=lambda path: path.stem
)
def test_a_module_is_documentation_and_a_thin_main(path: Path) -> None:
    assert {floor(other) for other in ours(path)} >= {"module", "resources"}
    kinds = [type(node).__name__ for node in ast.parse(path.read_text(encoding="utf-8")).body]
    assert kinds.count("FunctionDef") == 1
    assert "ClassDef" not in kinds


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_each_file_says_its_floor(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert said.split(". ")[0].split(".\n")[0] == f"Floor {floor(path)}, private to the collection"


@pytest.mark.parametrize("part", ["module_utils", "plugin_utils"])
def test_the_tests_mirror_the_plugins(part: str) -> None:
    """What is in a folder of plugins is tested in the folder of that name, and no folder of tests is left of what has moved."""
    tests, plugins = ROOT / "tests" / "unit" / part, ROOT / "plugins" / part
    with_tests = {path.parent.relative_to(tests) for path in tests.glob("**/test_*.py")}
    with_files = {path.parent.relative_to(plugins) for path in plugins.glob("**/*.py")}
    assert [str(folder) for folder in with_tests if not (plugins / folder).is_dir()] == []
    assert [str(folder) for folder in with_files - with_tests if folder.name] == []
