# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which snapshots an instance has: also where the list doesn't show them, or where there are several."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance import (
    gather as instance_queries,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.gather import gather
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.state import (
    READERS,
    read_snapshots,
    seconds_left,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.api_model import NOW
from support.client import NAME, WAIT, calls, client_of, executed, instance_of, shown
from support.simulator import Simulator
from support.tasks import run_snapshot as run

OLD = {
    "description": "old",
    "createdAt": "2026-01-01T00:00:00.000+0000",
    "expiresAt": "2999-01-01T00:00:00.000+0000",
}


@pytest.mark.parametrize(
    "data",
    [None, "", [], {}, {"content": []}, {"content": None}, {"id": None}, {"id": ""}, [{}]],
)
def test_every_way_to_say_none(data: Any) -> None:
    assert read_snapshots(data) == []


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: [s], lambda s: {"content": [s]}])
def test_every_way_to_show_one(wrap: Any) -> None:
    assert read_snapshots(wrap({"id": "1-snap-42"})) == [{"id": "1-snap-42"}]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ("2026-03-01T12:01:00.500+0000", 60),
        ("2026-03-01T13:01:00.000+01:00", 60),
        ("2026-03-01T12:01:00Z", 60),
        ("2026-03-01T11:59:00Z", 0),
        (None, None),
        ("soon", None),
    ],
)
def test_seconds_left(ends: Any, expected: int | None) -> None:
    assert seconds_left({"expires_at": ends}, NOW) == expected


def the_snapshot(result: Result) -> Any:
    (row,) = result.values["snapshots"]
    return row["snapshot"]


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)


@pytest.fixture(params=["null", "missing"])
def hidden(request: pytest.FixtureRequest, simulator: Simulator) -> int:
    """An instance whose snapshot the list doesn't show."""
    simulator.settings(listed_snapshot=request.param)
    identity: int = instance_of(simulator, snapshot=OLD)["id"]
    simulator.clear_requests()
    return identity


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    ("options", "operations"),
    [
        ({"state": "absent"}, ["delete snapshot"]),
        ({"state": "recovered"}, ["recover snapshot"]),
    ],
    ids=["absent", "recovered"],
)
def test_a_snapshot_that_the_list_does_not_show(
    simulator: Simulator,
    hidden: int,
    options: dict[str, Any],
    operations: list[str],
    read_only: bool,
) -> None:
    result = run(simulator, options, read_only=read_only)
    assert result.values["operations"] == operations
    assert len(executed(simulator)) == (0 if read_only else 1)
    assert calls(simulator)[1:4] == [
        "GET /actions",
        "GET /compute/instances",
        f"GET /compute/instances/{hidden}/snapshots",
    ]
    if not read_only:
        assert run(simulator, options).values["operations"] == []


def test_info_about_a_snapshot_that_the_list_does_not_show(
    simulator: Simulator, hidden: int
) -> None:
    (row,) = gather(client_of(simulator), {"names": [NAME]}).values["snapshots"]
    assert (row["instance_id"], row["snapshot"]["description"]) == (hidden, "old")


def test_present_costs_no_look(simulator: Simulator, hidden: int) -> None:
    run(simulator, {"state": "present"}, read_only=True)
    assert calls(simulator)[1:] == ["GET /actions", "GET /compute/instances"]


@pytest.mark.parametrize(
    ("options", "operations"),
    [
        ({}, []),
        ({"max_age": "9999d"}, []),
        ({"max_age": "1h"}, ["delete snapshot", "create snapshot"]),
        ({"replace": True}, ["delete snapshot", "create snapshot"]),
    ],
    ids=str,
)
def test_present_is_refused_as_there_is_one(
    simulator: Simulator, hidden: int, options: dict[str, Any], operations: list[str]
) -> None:
    result = run(simulator, options)
    assert result.values["operations"] == operations
    assert (the_snapshot(result)["description"] == "old") is (operations == [])


@pytest.mark.parametrize("state", ["absent", "recovered"])
def test_the_instance_vanishes_before_the_look(
    simulator: Simulator, hidden: int, state: str
) -> None:
    simulator.fault(path=f"/{hidden}/snapshots$", fault={"status": 404})
    if state == "absent":
        assert not run(simulator, {"state": state}).changed
    else:
        with pytest.raises(errors.InputError, match="has no snapshot to recover"):
            run(simulator, {"state": state})


def test_a_look_that_is_refused(simulator: Simulator, hidden: int) -> None:
    simulator.fault(path="/snapshots$", count=0, fault={"status": 403})
    said = "the instance list doesn't show are unknown: GET .*/snapshots answered 403"
    for result in (run(simulator, {"state": "absent"}), gather(client_of(simulator), {})):
        (warning,) = result.warnings
        assert re.search(said, warning)
    with pytest.raises(
        errors.ForbiddenError
    ):  # there may be one, so it isn't said that there is none
        run(simulator, {"state": "recovered"})


def test_refused_once_is_refused(simulator: Simulator) -> None:
    """Those that ask at the same time may each ask once; nobody asks after that."""
    simulator.reset(instances=40)
    simulator.fault(path="/snapshots$", count=0, fault={"status": 403})
    (warning,) = gather(client_of(simulator), {}).warnings
    assert "answered 403" in warning
    asked = [call for call in calls(simulator) if call.endswith("/snapshots")]
    assert 1 <= len(asked) <= READERS


# (what the list shows; how many have one that it doesn't show; how many are asked about)
LOOKS: dict[str, tuple[str, int, int]] = {
    "few": ("null", 0, 50),
    "many, key missing": ("missing", 0, 120),
    "many, all null": ("null", 0, 20),
    "many, all null, a hidden one found": ("null", 120, 120),
    "many, some shown": ("shown", 0, 0),
}


@pytest.mark.parametrize("state", ["absent", "info"])
@pytest.mark.parametrize(("listed", "having", "asked"), LOOKS.values(), ids=LOOKS)
def test_how_many_are_asked_about(
    simulator: Simulator, listed: str, having: int, asked: int, state: str
) -> None:
    simulator.reset(instances=0)
    simulator.settings(listed_snapshot=listed)
    fields = {"snapshot": OLD if having else None, "tags": ["app:web"]}
    simulator.add(count=50 if asked == 50 else 120, **fields)
    if listed == "shown":
        simulator.add(snapshot=OLD, tags=["app:web"])
    simulator.clear_requests()
    options = {"filters": {"tags": ["app:web"]}}
    if state == "info":
        rows = gather(client_of(simulator), options).values["snapshots"]
    else:
        client = client_of(simulator, read_only=True)
        rows = ensure(client, {**WAIT, **options, "state": "absent"}).values["snapshots"]
        assert sum(row["changed"] for row in rows) == (1 if listed == "shown" else having)
    done = [call for call in calls(simulator)[1:] if call != "GET /actions"]
    looks = [call for call in done if call.endswith("/snapshots")]
    assert done.count("GET /compute/instances") == len(done) - len(looks) == 1
    assert len(set(looks)) == len(looks) == asked
    if asked == 20:  # spread over all of them
        ends = [f"GET /compute/instances/{rows[n]['instance_id']}/snapshots" for n in (0, -1)]
        assert {*ends} <= {*looks}


@pytest.mark.parametrize("shown_first", ["newer", "older"])
@pytest.mark.parametrize("listed", ["shown", "null", "missing"])
@pytest.mark.parametrize("answer", ["list", "page"])
def test_more_than_one(simulator: Simulator, listed: str, answer: str, shown_first: str) -> None:
    simulator.settings(listed_snapshot=listed, snapshot_answer=answer)
    newer = {**OLD, "id": "newer", "createdAt": "2026-01-02T00:00:00.000+0000"}
    older = {**OLD, "id": "older"}
    first, second = (newer, older) if shown_first == "newer" else (older, newer)
    expired = {**newer, "id": "expired", "expiresAt": "2026-01-05T00:00:00.000+0000"}
    identity = instance_of(simulator, snapshot=first, moreSnapshots=[expired, second])["id"]
    if listed != "shown":
        (row,) = gather(client_of(simulator), {"names": [NAME]}).values["snapshots"]
        assert row["snapshot"]["id"] == "newer"
    detailed = instance_queries.gather(
        client_of(simulator), {"names": [NAME], "include": ["snapshot"]}
    )
    assert detailed.values["instances"][0]["snapshot"]["id"] == "newer"

    result = run(simulator, {"state": "absent"})
    assert result.values["operations"] == ["delete snapshot"]
    assert [entry["path"].rsplit("/", 1)[1] for entry in executed(simulator)] in (
        ["older", "newer"],
        [first["id"], second["id"]],
    )
    assert len(result.values["itcare_actions"]) == 2
    assert the_snapshot(result) is None
    assert not run(simulator, {"state": "absent"}).changed
    assert shown(simulator, identity)["snapshot"] is None


def test_of_more_than_one_only_that_which_is_named(simulator: Simulator) -> None:
    simulator.settings(listed_snapshot="null")
    instance_of(simulator, snapshot=OLD, moreSnapshots=[{**OLD, "id": "named"}])
    result = run(simulator, {"state": "absent", "snapshot_id": "named"})
    assert [entry["path"].rsplit("/", 1)[1] for entry in executed(simulator)] == ["named"]
    assert the_snapshot(result)["description"] == "old"
