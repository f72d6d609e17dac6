# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection says of itself: sanity accepts some of it wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent.parent


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("ansible_core", "accepted"),
    [("2.15.13", False), ("2.16.0", True), ("2.21.5", True), ("2.22.0", True)],
)
def test_requires_ansible(ansible_core: str, accepted: bool) -> None:
    wanted = SpecifierSet(load("meta/runtime.yml")["requires_ansible"])
    assert (ansible_core in wanted) is accepted


def test_action_group_holds_every_module() -> None:
    modules = sorted(path.stem for path in ROOT.glob("plugins/modules/*.py"))
    assert modules
    assert sorted(load("meta/runtime.yml")["action_groups"]["itcare"]) == modules


def test_no_dependencies() -> None:
    assert load("galaxy.yml")["dependencies"] == {}


def test_sanity_ignores_nothing() -> None:
    assert not list(ROOT.glob("tests/sanity/ignore-*.txt"))


def test_execution_environments_get_the_requirements() -> None:
    python = load("meta/execution-environment.yml")["dependencies"]["python"]
    requirements = (ROOT / python).read_text(encoding="utf-8").splitlines()
    assert [line for line in requirements if not line.startswith("#")] == ["requests>=2.28"]


def test_every_scenario_converges_and_verifies() -> None:
    """Molecule only remarks on a playbook that is missing."""
    folders = {path.parent for path in ROOT.glob("extensions/molecule/*/molecule.yml")}
    scenarios = [folder for folder in folders if folder.name != "default"]
    assert scenarios
    for scenario in scenarios:
        assert {"converge.yml", "verify.yml"} <= {path.name for path in scenario.iterdir()}
