# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's files from below to above: each imports only those before it, so there is no circle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[3] / "roles/simulator/files/itcare_simulator"
ORDER = [
    # what knows nothing of the others
    *("__init__", "clock", "connections", "fields", "models", "problems", "settings"),
    # what there is: the fleet and what happens to it
    *("places", "catalogue", "instance", "generator", "resource", "action", "store", "listing"),
    # what a write is checked for, and does
    *("checks", "creation", "operations", "snapshots", "resource_writes"),
    # what else a running simulator keeps
    *("faults", "request_log", "tokens", "simulator"),
    # what surrounds each call
    *("context", "access_middleware", "fault_middleware", "log_middleware"),
    # what is served: the calls, the application, and the process
    *("api", "rest", "auth", "control", "app", "server", "__main__"),
]


def imported(path: Path) -> set[str]:
    """The files of the package that one of them imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1
            found |= {node.module} if node.module else {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] != PACKAGE.name
        elif isinstance(node, ast.Import):
            assert PACKAGE.name not in {name.name.split(".")[0] for name in node.names}
    return found


def test_every_file_has_its_place() -> None:
    assert sorted(ORDER) == sorted(path.stem for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("name", ORDER)
def test_no_import_runs_up(name: str) -> None:
    assert imported(PACKAGE / f"{name}.py") <= set(ORDER[: ORDER.index(name)])


@pytest.mark.parametrize("name", ORDER)
def test_each_file_says_what_it_is(name: str) -> None:
    """In one sentence, the first line of its docstring."""
    said = ast.get_docstring(ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))) or ""
    assert said.split("\n")[0].endswith(".")
