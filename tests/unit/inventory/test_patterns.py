# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns reach what they are meant for, as ansible and ansible-inventory resolve them.

The cases are in plugin_utils/inventory/test_shared_names.py, in memory; here a few go through Ansible from end to end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.inventory import hosts_of, run_ansible, said, write_source
from support.simulator import Simulator

CACHE = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_timeout": 3600}


def reached(folder: Path, pattern: str, *sources: Path) -> list[str]:
    """The hosts that a play for this pattern would run on."""
    arguments = [argument for source in sources for argument in ("-i", source)]
    done = run_ansible("ansible", folder, pattern, "--list-hosts", *arguments)
    assert done.returncode == 0, done.stderr
    return sorted(done.stdout.split("):")[1].split())


def test_a_pattern_reaches_the_group(simulator: Simulator, tmp_path: Path) -> None:
    simulator.reset(instances=0)
    captors = ("status_ACTIVE", "tag_app_web", "environment_TEST", "env_TEST", "busy", "dbs")
    fields = {"status": "ACTIVE", "environment": "TEST", "tags": ["app:web"]}
    for name in ("SRV1", *captors, "SRV2"):
        simulator.add(name=name, **fields)
    static = tmp_path / "static.yml"
    static.write_text("dbs: {hosts: {DB1: {}}}\n")
    source = write_source(
        tmp_path,
        simulator,
        group_by=["status", "environment"],
        tag_groups=["app:web"],
        keyed_groups=[{"key": "environment", "prefix": "env"}],
        groups={"busy": "itcare_running"},
    )
    listing = run_ansible("ansible-inventory", tmp_path, "-i", static, "-i", source, "--list")
    everybody = sorted(set(hosts_of(json.loads(listing.stdout))) - {"DB1"})
    assert len(everybody) == len(captors) + 2
    assert not set(captors) & set(everybody)
    assert "Found both group and host with same name" not in said(listing)
    assert said(listing).count("are called otherwise in this inventory") == 1
    for pattern in ("status_ACTIVE", "environment_TEST", "busy"):
        assert f"'{pattern}' (id" in said(listing)
        assert reached(tmp_path, pattern, static, source) == everybody
    assert reached(tmp_path, "dbs", static, source) == ["DB1"]


def test_a_host_of_another_source_captures_nothing(simulator: Simulator, tmp_path: Path) -> None:
    static = tmp_path / "static.yml"
    static.write_text("all: {hosts: {status_ACTIVE: {}, env_PRODUCTION: {}}}\n")
    for options in (
        {"group_by": ["status"]},
        {"keyed_groups": [{"key": "environment", "prefix": "env"}]},
    ):
        source = write_source(tmp_path, simulator, **options)
        lenient = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"}
        done = run_ansible(
            "ansible-inventory", tmp_path, "-i", static, "-i", source, "--list", **lenient
        )
        assert "but an earlier source has a host of that name" in said(done)
        assert set(json.loads(done.stdout)["all"]["children"]) == {"ungrouped"}


@pytest.mark.parametrize(("where", "cached"), [("another account", True), ("another API", False)])
def test_two_sources_one_host_name(
    simulator: Simulator,
    simulator_factory: Callable[..., Simulator],
    tmp_path: Path,
    where: str,
    cached: bool,
) -> None:
    """The same id, or another one; with an address or without; from the API or from the cache."""
    simulator.reset(instances=0)
    simulator.add(name="WEB", environment="DEVELOPMENT", ipAddress="10.0.0.1")
    options: dict[str, Any] = {"group_by": ["environment"]}
    if cached:
        options |= {**CACHE, "cache_connection": str(tmp_path / "cache")}
    one = write_source(
        tmp_path,
        simulator,
        name="1.itcare.yml",
        fields=["environment"],
        hostvars_prefix="vm_",
        **options,
    )
    if where == "another API":
        other = simulator_factory(instances=0)
        other.add(name="WEB", environment="PRODUCTION", ipAddress=None)
    else:
        other = simulator
        options |= {"client_id": "reader", "client_secret": "reader-secret"}

    def run(on_duplicate: str) -> Any:
        two = write_source(
            tmp_path,
            other,
            name="2.itcare.yml",
            **{**connection(other), **options, "on_duplicate": on_duplicate},
        )
        return run_ansible("ansible-inventory", tmp_path, "-i", one, "-i", two, "--list")

    for _time in range(1 + cached):
        failed = run("error")
        assert failed.returncode != 0
        assert "Several instances have the same host name: 'WEB' (id" in said(failed)
        warned = run("warn")
        assert "only the lowest id is kept, or what is there already: 'WEB' (id" in said(warned)
        unique = run("unique")
        for done in (warned, unique):
            assert done.returncode == 0, done.stderr
            first = hosts_of(json.loads(done.stdout))["WEB"]
            assert (first["vm_environment"], first["ansible_host"]) == ("DEVELOPMENT", "10.0.0.1")
            assert "itcare_environment" not in first
            assert json.loads(done.stdout)["environment_DEVELOPMENT"]["hosts"][0] == "WEB"
        assert set(hosts_of(json.loads(warned.stdout))) == {"WEB"}
        (second,) = set(hosts_of(json.loads(unique.stdout))) - {"WEB"}
        assert second.startswith("WEB_")
        variables = hosts_of(json.loads(unique.stdout))[second]
        assert variables.get("ansible_host") == variables["itcare_ip_address"]
        assert "_cegedim" not in unique.stdout


def connection(simulator: Simulator) -> dict[str, Any]:
    keys = ("api_url", "token_url", "client_id", "client_secret")
    return {key: simulator.options()[key] for key in keys}


def test_the_same_source_twice(simulator: Simulator, tmp_path: Path) -> None:
    options = {"group_by": ["status", "service"]}
    one = write_source(tmp_path, simulator, name="1.itcare.yml", **options)
    two = write_source(tmp_path, simulator, name="2.itcare.yml", hostvars_prefix="x_", **options)
    done = run_ansible("ansible-inventory", tmp_path, "-i", one, "-i", two, "--list")
    assert done.returncode == 0, done.stderr
    hosts = hosts_of(json.loads(done.stdout))
    assert len(hosts) == 40
    assert all(v["itcare_id"] == v["x_id"] for v in hosts.values())


def test_clashing_tag_groups_are_refused(simulator: Simulator, tmp_path: Path) -> None:
    source = write_source(tmp_path, simulator, tag_groups=["app:web-1", "app:web_1"])
    done = run_ansible("ansible-inventory", tmp_path, "-i", source, "--list")
    assert done.returncode != 0
    assert "tag_groups: 'app:web_1' would share the group tag_app_web_1 with 'app:web-1'" in said(
        done
    )
    assert not simulator.requests()
