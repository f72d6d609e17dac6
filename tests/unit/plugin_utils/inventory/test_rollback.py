# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A source that fails leaves the inventory as it was before."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible.inventory.data import InventoryData
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.rollback import all_or_nothing


def state(inventory: InventoryData) -> Any:
    return {
        "hosts": {
            name: (dict(host.vars), [group.name for group in host.groups])
            for name, host in inventory.hosts.items()
        },
        "groups": {
            name: (
                [host.name for host in group.hosts],
                sorted(map(str, group.host_names)),
                [child.name for child in group.child_groups],
                [parent.name for parent in group.parent_groups],
                dict(group.vars),
                group.depth,
            )
            for name, group in inventory.groups.items()
        },
        "localhost": inventory.localhost,
    }


def grow(inventory: InventoryData, number: int) -> None:
    for name in ("web", "db", "sites"):
        inventory.add_group(name)
    inventory.add_child("sites", "web" if number % 2 else "db")
    for host in ("old", f"new{number}", "localhost"):
        inventory.add_host(host, "web")
        inventory.set_variable(host, "v", {"number": number})
        inventory.add_child("db", host)
    inventory.set_variable("web", "v", number)


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_all_is_taken_back(failure: type[BaseException]) -> None:
    inventory = InventoryData()
    inventory.add_host("old")
    grow(inventory, 1)
    before = copy.deepcopy(state(inventory))

    def fail() -> None:
        with all_or_nothing(inventory):
            grow(inventory, 2)
            raise failure

    pytest.raises(failure, fail)
    assert state(inventory) == before
    with all_or_nothing(inventory):
        grow(inventory, 2)
    assert state(inventory) != before
