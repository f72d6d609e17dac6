# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_instance_info against the server."""

from __future__ import annotations

import json

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.gather import gather
from support.client import calls, client_of, instance_of
from support.simulator import Simulator


def test_info(simulator: Simulator) -> None:
    identity = instance_of(simulator, tags=["app:info"])["id"]
    options = {"filters": {"tags": ["app:info"]}, "include": ["snapshot", "storage", "network"]}
    simulator.clear_requests()
    (found,) = gather(client_of(simulator), options).values["instances"]
    assert found["id"] == identity
    assert found["snapshot"] is None
    assert found["storage_information"]["file_systems"]
    assert found["network"]["ip_address"] == found["ip_address"]
    assert sorted(calls(simulator)[2:]) == [
        f"GET /compute/instances/{identity}/{part}" for part in ("networks", "snapshots", "storage")
    ]
    for sort in ("cpu,desc", "ip_address"):
        found = gather(client_of(simulator), {"sort": sort}).values["instances"]
        assert len(found) == 41
    assert gather(client_of(simulator), {"names": ["NONE"]}).values["instances"] == []


@pytest.mark.parametrize("missing", ["storage", "networks", "snapshots"])
def test_info_with_a_part_that_is_not_there(simulator: Simulator, missing: str) -> None:
    """It keeps no other part away."""
    identity = instance_of(
        simulator, storageInformation=None, network=None, snapshot={"id": "1-snap-1"}
    )["id"]
    simulator.fault(path=f"/{missing}$", fault={"status": 404})
    options = {"ids": [identity], "include": ["storage", "network", "snapshot", "detail"]}
    simulator.clear_requests()
    gather(client_of(simulator), options)
    assert sorted(call.rsplit("/", 1)[1] for call in calls(simulator)[-3:]) == [
        *("networks", "snapshots", "storage"),
    ]


def test_info_of_one_that_vanishes_meanwhile(simulator: Simulator) -> None:
    simulator.fault(path="/storage$", fault={"status": 404})
    found = gather(client_of(simulator), {"ids": [10001], "include": ["storage"]})
    assert [i["id"] for i in found.values["instances"]] == [10001]


def test_info_of_all_that_its_own_page_tells(simulator: Simulator) -> None:
    """The parts are read behind the page, which may show their fields empty."""
    identity = instance_of(simulator, name="OWN")["id"]
    body = {"id": identity, "name": "OWN", "onlyHere": 1, "storageInformation": None}
    simulator.fault(path=f"/{identity}$", fault={"status": 200, "body": json.dumps(body)})
    options = {"names": ["OWN"], "include": ["storage", "detail"]}
    (found,) = gather(client_of(simulator), options).values["instances"]
    assert found["only_here"] == 1
    assert found["storage_information"]["file_systems"]


def test_info_of_one_that_shows_no_id(simulator: Simulator) -> None:
    """There is nothing to ask by: it stays as the list has it."""
    page = {"content": [{"name": "DARK", "snapshot": None}], "totalElements": 1}
    simulator.fault(path="instances$", fault={"status": 200, "body": json.dumps(page)})
    simulator.clear_requests()
    include = ["snapshot", "storage", "network", "detail"]
    (found,) = gather(client_of(simulator), {"include": include}).values["instances"]
    assert found == {"name": "DARK", "snapshot": None}
    assert calls(simulator)[1:] == ["GET /compute/instances"]


def test_info_of_one_whose_own_page_shows_no_id(simulator: Simulator) -> None:
    """The id of the list is asked by."""
    identity = instance_of(simulator, name="DIM")["id"]
    body = {"id": None, "name": "DIM"}
    simulator.fault(path=f"/{identity}$", fault={"status": 200, "body": json.dumps(body)})
    options = {"names": ["DIM"], "include": ["snapshot", "storage", "network", "detail"]}
    (found,) = gather(client_of(simulator), options).values["instances"]
    assert found["storage_information"]["file_systems"]
    assert sorted(calls(simulator)[-3:]) == [
        f"GET /compute/instances/{identity}/{part}" for part in ("networks", "snapshots", "storage")
    ]
