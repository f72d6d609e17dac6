# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is documented and what the code takes, where they stand in two places: sanity compares neither filters nor the inventory."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.module import SELECTION
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.parts import PARTS
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.native_groups import (
    NATIVE_GROUPS,
)
from support.inventory import run_ansible

FOLDER = Path(__file__).parents[3] / "plugins/modules"
# By what they document: sanity sees to it that they take it, too.
SELECTING = [p.stem for p in FOLDER.glob("*.py") if "cloud.itcare.selection" in p.read_text()]
INVENTORY = ("inventory", "itcare")
Plugin = tuple[str, str]


@cache
def options_of(kind: str, name: str) -> dict[str, Any]:
    full = f"cegedim.cloud.{name}"
    with TemporaryDirectory() as folder:
        done = run_ansible("ansible-doc", Path(folder), "--json", "-t", kind, full)
    options: dict[str, Any] = json.loads(done.stdout)[full]["doc"]["options"]
    return options


def shape(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Names, types and elements, all the way down."""
    return {
        name: (option.get("type"), option.get("elements"), shape(option.get(inner) or {}, inner))
        for name, option in options.items()
    }


@pytest.mark.parametrize("plugin", [*(("module", name) for name in sorted(SELECTING)), INVENTORY])
def test_a_selection_is_documented_as_it_is_taken(plugin: Plugin) -> None:
    documented = shape(options_of(*plugin), "suboptions")
    taken = shape(SELECTION, "options")
    assert {name: documented.get(name) for name in taken} == taken


def test_what_an_inventory_includes_is_a_part_for_everyone() -> None:
    assert set(options_of(*INVENTORY)["include"]["choices"]) < set(PARTS)


def test_an_inventory_groups_by_what_there_are_groups_for() -> None:
    assert options_of(*INVENTORY)["group_by"]["choices"] == list(NATIVE_GROUPS)
