# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From end to end: an inventory is not emptied or halved unnoticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.inventory import ansible_inventory, hosts_of, listed, run_ansible, said, write_source
from support.simulator import Simulator

FEW: list[tuple[dict[str, Any], str]] = [
    ({"filters": {"environments": ["PROD"]}}, "0, fewer than min_hosts (1)"),
    ({"filters": {"environments": ["PROD"]}}, "In force: filters.environments: PROD."),
    ({"filters": {"tags": ["app:wbe"]}}, "In force: filters.tags: app:wbe."),
    ({"names": ["NOSUCH", "NONE"]}, "In force: names: NOSUCH, NONE."),
    ({"ids": [999]}, "In force: ids: 999."),
    (
        {"min_hosts": 41},
        "40, fewer than min_hosts (41); ITCare lists 40 instances. In force: no filters.",
    ),
    (
        {"min_hosts": 2, "host_filters": [{"exclude": "id is defined"}]},
        "0, fewer than min_hosts (2); ITCare lists 40 instances. In force: host_filters.exclude: id is defined.",
    ),
]


@pytest.mark.parametrize(("options", "sentence"), FEW)
def test_too_few_are_an_error(
    simulator: Simulator, tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    done = ansible_inventory(write_source(tmp_path, simulator, **options), "--list")
    assert done.returncode != 0
    assert "hostvars" not in done.stdout
    assert "Too few hosts: " in said(done)
    assert sentence in said(done)


def test_as_many_as_there_must_be(simulator: Simulator, tmp_path: Path) -> None:
    assert len(hosts_of(listed(write_source(tmp_path, simulator, min_hosts=40)))) == 40
    empty = write_source(tmp_path, simulator, min_hosts=0, filters={"environments": ["PROD"]})
    assert not hosts_of(listed(empty))


def test_few_are_never_cached(simulator: Simulator, tmp_path: Path) -> None:
    cache: dict[str, Any] = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
        "cache_timeout": 3600,
    }

    def stored() -> bool:
        return (tmp_path / "cache").exists() and any((tmp_path / "cache").iterdir())

    few = write_source(tmp_path, simulator, min_hosts=41, **cache)
    assert ansible_inventory(few).returncode != 0
    # Nor does another source of the run store it.
    other = write_source(
        tmp_path, simulator, name="2.itcare.yml", names=["NOSUCH"], min_hosts=0, **cache
    )
    lenient = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"}
    run_ansible("ansible-inventory", tmp_path, "-i", few, "-i", other, "--list", **lenient)
    assert len(list((tmp_path / "cache").iterdir())) == 1
    for file in (tmp_path / "cache").iterdir():
        file.unlink()
    assert not stored()
    # What is cached isn't good enough for every file.
    listed(write_source(tmp_path, simulator, **cache))
    assert stored()
    simulator.clear_requests()
    filters: dict[str, Any] = {"host_filters": [{"exclude": "true"}]}
    fewer: dict[str, Any] = {"min_hosts": 41}
    for options in (fewer, filters):
        done = ansible_inventory(write_source(tmp_path, simulator, **cache, **options))
        assert done.returncode != 0
        assert "40 instances are cached (" in said(done)
    assert not simulator.requests()


def test_what_was_asked_for_and_is_not_there(simulator: Simulator, tmp_path: Path) -> None:
    known = simulator.add(name="WEB", tags=["app:web"])["id"]
    source = write_source(
        tmp_path,
        simulator,
        ids=[known, 998, 999],
        tag_groups=["app:web", "app:wbe"],
        host_filters=[{"exclude": "name == 'NOBODY'"}],
    )
    done = ansible_inventory(source, "--list")
    assert done.returncode == 0
    assert "No instance was found for these ids: 998, 999." in said(done)
    assert "No host has these tags of tag_groups: app:wbe." in said(done)
    assert json.loads(done.stdout)["tag_app_web"]["hosts"] == ["WEB"]


def test_wrong_values(simulator: Simulator, tmp_path: Path) -> None:
    done = ansible_inventory(write_source(tmp_path, simulator, min_hosts=-1))
    assert "min_hosts is at least 0, not -1." in said(done)
    done = ansible_inventory(write_source(tmp_path, simulator, min_hosts="few"))
    assert "min_hosts takes a whole number, not 'few'." in said(done)
    assert not simulator.requests()
