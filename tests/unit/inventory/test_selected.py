# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From end to end: which instances a source asks for: what ITCare ignores or takes loosely never becomes an inventory unnoticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.fleet import FleetQuery
from support.inventory import ansible_inventory, hosts_of, listed, said, write_source
from support.simulator import Simulator


@pytest.mark.parametrize(
    ("parameter", "filters"),
    [
        ("statuses", {"statuses": ["INACTIVE"]}),
        ("types", {"types": ["AIX"]}),
        ("backupStatus", {"backed_up": True}),
    ],
)
def test_an_ignored_filter_is_an_error(
    simulator: Simulator, tmp_path: Path, parameter: str, filters: dict[str, Any]
) -> None:
    assert hosts_of(listed(write_source(tmp_path, simulator, filters=filters)))
    simulator.settings(ignored_filters=[parameter])
    done = ansible_inventory(write_source(tmp_path, simulator, filters=filters))
    assert done.returncode != 0
    assert f"filters.{next(iter(filters))} (" in said(done)
    assert "(id 100" in said(done)


def test_a_filter_in_doubt_is_a_warning(simulator: Simulator, tmp_path: Path) -> None:
    page = {"content": [{"id": 7, "name": "VIRTUAL", "type": "VM"}], "totalElements": 1}
    fault = {"status": 200, "body": json.dumps(page)}
    simulator.fault(path="instances$", query={"types": "LINUX"}, count=1, fault=fault)
    done = ansible_inventory(write_source(tmp_path, simulator, filters={"types": ["LINUX"]}))
    assert list(hosts_of(json.loads(done.stdout))) == ["VIRTUAL"]
    assert "filters.types: 1 of the instances that ITCare lists for it" in said(done)


def test_a_name_in_another_case_is_an_error(simulator: Simulator, tmp_path: Path) -> None:
    identity = simulator.add(name="PEB4CASE01")["id"]
    wrong = f"no instance is named 'peb4case01', but instance {identity} is named 'PEB4CASE01'"
    asked: list[dict[str, Any]] = [
        {"names": ["peb4case01"]},
        {"exclude_names": ["peb4case01"]},
        {"names": ["peb4case01"], "tag_groups": ["app:web"]},
    ]
    for options in asked:
        done = ansible_inventory(write_source(tmp_path, simulator, **options))
        assert done.returncode != 0
        assert wrong in said(done)


def test_names_without_a_group_s_tag_cost_nothing_more(
    simulator: Simulator, tmp_path: Path
) -> None:
    for name, tags in (("PEB4CASE01", ["a:b"]), ("PEB4CASE02", ["a:c"])):
        simulator.add(name=name, tags=tags)
    names = ["PEB4CASE01", "PEB4CASE02"]
    found = listed(write_source(tmp_path, simulator, names=names, tag_groups=["a:b", "a:c"]))
    assert found["tag_a_b"]["hosts"] == names[:1]
    assert found["tag_a_c"]["hosts"] == names[1:]
    assert len(simulator.requests()) == 1 + 3


@pytest.mark.parametrize("match", ["exact", "prefix"])
def test_names_are_excluded(simulator: Simulator, tmp_path: Path, match: str) -> None:
    simulator.settings(names_match=match)
    for name in ("PEB4CASE0", "PEB4CASE01"):
        simulator.add(name=name, tags=["a:b"])
    options: dict[str, Any] = {"exclude_names": ["PEB4CASE0"], "tag_groups": ["a:b"]}
    found = listed(write_source(tmp_path, simulator, **options))
    assert len(hosts_of(found)) == 41
    assert found["tag_a_b"]["hosts"] == ["PEB4CASE01"]


def test_excluded_names_are_another_question() -> None:
    options: dict[str, Any] = {"tag_groups": [], "include": []}
    questions = [
        FleetQuery.from_options({**options, "exclude_names": names})
        for names in (None, ["A"], ["B"])
    ]
    assert questions[0] == FleetQuery.from_options(options)
    assert len({repr(query) for query in questions}) == 3


@pytest.mark.parametrize("match", ["all", "any"])
def test_several_tags(simulator: Simulator, tmp_path: Path, match: str) -> None:
    simulator.settings(tags_match=match)
    tagged = {"A": ["x:1", "y:1"], "B": ["x:2", "y:1"], "C": ["x:1"], "D": ["y:1"]}
    for name, tags in tagged.items():
        simulator.add(name=name, tags=tags)
    found = listed(write_source(tmp_path, simulator, filters={"tags": ["x:1", "x:2", "y:1"]}))
    assert sorted(hosts_of(found)) == ["A", "B"]


@pytest.mark.parametrize("arguments", [[], ["-v"]])
def test_a_service_that_refuses_to_sort(
    simulator: Simulator, tmp_path: Path, arguments: list[str]
) -> None:
    simulator.settings(default_sort="name,desc", max_page_size=10)
    simulator.fault(path="instances$", query={"sort": "id"}, count=0, fault={"status": 400})
    source = write_source(tmp_path, simulator, tag_groups=["app:web"])
    done = ansible_inventory(source, "--list", *arguments)
    assert done.returncode == 0
    remarks = said(done).count("gives no list in the order of ids")
    assert remarks == len(arguments)


@pytest.mark.parametrize("names", ["A, B", ["A", "B"]])
@pytest.mark.parametrize("statuses", ["ACTIVE, PAUSED", ["ACTIVE", "PAUSED"]])
def test_one_way_to_give_lists(
    simulator: Simulator, tmp_path: Path, names: Any, statuses: Any
) -> None:
    for name in "ABC":
        simulator.add(name=name, status="ACTIVE")
    filters = {"statuses": statuses}
    found = listed(write_source(tmp_path, simulator, names=names, filters=filters))
    assert sorted(hosts_of(found)) == ["A", "B"]


def test_a_value_that_is_nearly_known(simulator: Simulator, tmp_path: Path) -> None:
    done = ansible_inventory(
        write_source(tmp_path, simulator, filters={"environments": ["TEST", "PROD"]})
    )
    assert "'PROD' isn't a value that is known: PRODUCTION may be meant" in said(done)
