# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts are those that Ansible would make, whoever makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.data import InventoryData
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.presence import NewHosts

NAMES = ["SRV1", "SRV2", "SRV3"]


def inventory_of(source: str | None) -> InventoryData:
    inventory = InventoryData()
    inventory.current_source = source
    return inventory


def state(inventory: InventoryData) -> dict[str, Any]:
    """All that an inventory knows, but what is different for each host that is made."""
    hosts = {
        name: {key: value for key, value in vars(host).items() if key != "_uuid"}
        for name, host in inventory.hosts.items()
    }
    groups = {name: vars(group)["hosts"] for name, group in inventory.groups.items()}
    return {**vars(inventory), "hosts": hosts, "groups": groups, "_groups": groups, "_hosts": hosts}


@pytest.mark.parametrize("source", ["a.itcare.yml", None])
def test_hosts_are_made_as_ansible_makes_them(tmp_path: Path, source: str | None) -> None:
    (tmp_path / (source or "none")).touch()
    given = str(tmp_path / source) if source else None
    ours, theirs = inventory_of(given), inventory_of(given)
    hosts = NewHosts(ours)
    made = [hosts.make(name) for name in NAMES]
    for name in NAMES:
        theirs.add_host(name)
    assert made == [*ours.hosts.values()]
    assert state(ours) == state(theirs)
    assert ours.hosts["SRV2"].vars["inventory_dir"] == (str(tmp_path) if source else None)
    assert len({host._uuid for host in made}) == len(made)
    assert len({id(host.vars) for host in made}) == len(made)


def test_ansible_makes_all_hosts_when_it_gives_them_more_than_variables() -> None:
    class MoreThanBefore(InventoryData):  # type: ignore[misc]
        def add_host(self, host: str, *args: Any, **kwargs: Any) -> str:
            added: str = super().add_host(host, *args, **kwargs)
            self.hosts[host].number = len(self.hosts)
            return added

    inventory = MoreThanBefore()
    hosts = NewHosts(inventory)
    assert [hosts.make(name).number for name in NAMES] == [1, 2, 3]
