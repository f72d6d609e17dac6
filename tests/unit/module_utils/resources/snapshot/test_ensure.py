# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_snapshot and its info module against the server."""

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
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import WAIT, calls, client_of, executed, instance_of, shown
from support.simulator import Simulator

NAME = "PEB4TEST01"
OLD = {
    "description": "old",
    "createdAt": "2026-01-01T00:00:00.000+0000",
    "expiresAt": "2999-01-01T00:00:00.000+0000",
}
NEW = {"description": "new", "change_reference": "RFC1"}
NONE = ["204", "empty", "list", "page", "null_fields"]

# (the snapshot there is; options; operations)
CASES: dict[str, tuple[dict[str, Any] | None, dict[str, Any], list[str]]] = {
    "taken": (None, NEW, ["create snapshot"]),
    "taken without words": (None, {}, ["create snapshot"]),
    "there already": (OLD, NEW, []),
    "young enough": (OLD, {"max_age": "9999d"}, []),
    "too old": (OLD, {"max_age": "3d", **NEW}, ["delete snapshot", "create snapshot"]),
    "deleted": (OLD, {"state": "absent"}, ["delete snapshot"]),
    "none to delete": (None, {"state": "absent"}, []),
    "not the one to delete": (OLD, {"state": "absent", "snapshot_id": "other"}, []),
    "recovered": (OLD, {"state": "recovered"}, ["recover snapshot"]),
    "recovered already": (
        {**OLD, "recoveredAt": "2026-01-02T00:00:00.000+0000"},
        {"state": "recovered"},
        [],
    ),
}
REPEATED: dict[str, tuple[dict[str, Any] | None, dict[str, Any], list[str]]] = {
    "replaced": (OLD, {"replace": True, **NEW}, ["delete snapshot", "create snapshot"]),
    "nothing to replace": (None, {"replace": True}, ["create snapshot"]),
    "recovered again": (
        {**OLD, "recoveredAt": "2026-01-02T00:00:00.000+0000"},
        {"state": "recovered", "force": True},
        ["recover snapshot"],
    ),
}


def run(simulator: Simulator, options: dict[str, Any], read_only: bool = False) -> Result:
    client = client_of(simulator, read_only=read_only)
    return ensure(client, {**WAIT, "names": [NAME], **options})


def the_snapshot(result: Result) -> Any:
    (row,) = result.values["snapshots"]
    return row["snapshot"]


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)


@pytest.mark.parametrize("none", NONE)
@pytest.mark.parametrize(("snapshot", "options", "operations"), CASES.values(), ids=CASES)
def test_four_times(
    simulator: Simulator,
    snapshot: dict[str, Any] | None,
    options: dict[str, Any],
    operations: list[str],
    none: str,
) -> None:
    simulator.settings(no_snapshot=none)
    identity = instance_of(simulator, snapshot=snapshot)["id"]
    predicted = run(simulator, options, read_only=True)
    assert not simulator.writes()
    assert predicted.values["operations"] == operations
    assert predicted.changed == bool(operations)

    real = run(simulator, options)
    assert (real.changed, real.values["operations"]) == (predicted.changed, operations)
    assert real.diff == predicted.diff
    assert len(simulator.writes()) == len(executed(simulator)) == len(operations)
    assert [a["status"] for a in real.values["itcare_actions"]] == ["SUCCESS"] * len(operations)
    there = shown(simulator, identity)["snapshot"]
    if there is None:
        assert the_snapshot(real) is the_snapshot(predicted) is None
    else:
        assert the_snapshot(real)["id"] == there["id"]
        assert the_snapshot(real)["seconds_left"] > 0
        if "create snapshot" in operations:
            assert the_snapshot(predicted).items() <= {
                **the_snapshot(real), "seconds_left": None
            }.items()  # fmt: skip

    for read_only in (False, True):
        simulator.clear_requests()
        again = run(simulator, options, read_only)
        assert not again.changed
        assert again.values["operations"] == []
        asked = options.get("state") == "absent" and there is None
        assert calls(simulator)[1:] == [  # and the token before it
            "GET /actions",
            "GET /compute/instances",
            *([f"GET /compute/instances/{identity}/snapshots"] if asked else []),
        ]


@pytest.mark.parametrize(("snapshot", "options", "operations"), REPEATED.values(), ids=REPEATED)
def test_what_is_done_every_time(
    simulator: Simulator,
    snapshot: dict[str, Any] | None,
    options: dict[str, Any],
    operations: list[str],
) -> None:
    instance_of(simulator, snapshot=snapshot)
    assert run(simulator, options, read_only=True).values["operations"] == operations
    assert not simulator.writes()
    first = run(simulator, options)
    assert first.values["operations"] == operations
    second = run(simulator, options)
    assert second.changed
    assert (the_snapshot(first)["id"] != the_snapshot(second)["id"]) == bool(options.get("replace"))


@pytest.mark.parametrize("settings", [
    {"accepted_body": "empty"},
    {"accepted_body": "empty", "action_delay": 0},
    {"accepted_status": 200},
    {"action_id_type": "str"},
    {"date_style": "offset"},
    {"snapshot_answer": "list"},
    {"snapshot_answer": "page"},
], ids=str)  # fmt: skip
def test_however_the_server_puts_it(simulator: Simulator, settings: dict[str, Any]) -> None:
    simulator.settings(**settings)
    instance_of(simulator)
    taken = the_snapshot(run(simulator, NEW))
    assert (taken["description"], taken["change_reference"]) == ("new", "RFC1")
    assert 0 < taken["seconds_left"] <= 3 * 86400
    assert not run(simulator, {"max_age": "1h"}).changed
    recovered = the_snapshot(run(simulator, {"state": "recovered"}))
    assert recovered["recovered_at"]
    assert not run(simulator, {"state": "recovered"}).changed
    replaced = the_snapshot(run(simulator, {"replace": True}))
    assert replaced["id"] != taken["id"]
    assert the_snapshot(run(simulator, {"state": "absent"})) is None
    assert len(executed(simulator)) == 5


def test_ages_are_told_by_the_servers_clock(simulator: Simulator) -> None:
    instance_of(simulator)
    options = {"state": "present", "max_age": "12h"}
    assert run(simulator, options).values["operations"] == ["create snapshot"]
    simulator.advance(11 * 3600)
    assert not run(simulator, options).changed
    simulator.advance(2 * 3600)
    result = run(simulator, options)
    assert result.values["operations"] == ["delete snapshot", "create snapshot"]
    left = result.values["snapshots"][0]["snapshot"]["seconds_left"]
    assert 3 * 86400 - 600 < left <= 3 * 86400 + 1


def test_it_is_gone_after_three_days(simulator: Simulator) -> None:
    instance_of(simulator)
    run(simulator, {})
    simulator.advance(3 * 86400)
    assert run(simulator, {}).values["operations"] == ["create snapshot"]


def test_a_replacement_that_fails_half_way(simulator: Simulator) -> None:
    instance_of(simulator, snapshot=OLD)
    simulator.fail_actions(fail=1, process="vm_create_snapshot", message="No room")
    with pytest.raises(errors.ItcareError, match="No room") as caught:
        run(simulator, {"replace": True})
    assert f"The old snapshot was deleted before: {NAME} has no snapshot now" in str(caught.value)
    (row,) = caught.value.details["snapshots"]
    assert row["snapshot"] is None
    assert row["changed"]
    assert caught.value.details["operations"] == ["delete snapshot"]
    assert run(simulator, {"replace": True}).values["operations"] == ["create snapshot"]


@pytest.mark.parametrize("status", [403, 422])
def test_a_replacement_that_is_refused_half_way(simulator: Simulator, status: int) -> None:
    instance_of(simulator, snapshot=OLD)
    simulator.fault(method="POST", path="snapshots$", count=0, fault={"status": status})
    with pytest.raises(errors.ItcareError, match=f"answered {status}.*has no snapshot now"):
        run(simulator, {"replace": True})


def test_a_replacement_that_fails_at_once_has_lost_nothing(simulator: Simulator) -> None:
    identity = instance_of(simulator, snapshot=OLD)["id"]
    simulator.fail_actions(fail=1, process="vm_delete_snapshot", message="Locked")
    with pytest.raises(errors.ItcareError, match="Locked") as caught:
        run(simulator, {"replace": True})
    assert "no snapshot now" not in str(caught.value)
    assert shown(simulator, identity)["snapshot"]["description"] == "old"
    assert len(executed(simulator)) == 1


@pytest.mark.parametrize("read_only", [False, True])
def test_all_that_cannot_be_recovered_are_named_first(
    simulator: Simulator, read_only: bool
) -> None:
    instance_of(simulator, name="A", snapshot=OLD)
    instance_of(simulator, name="B")
    instance_of(simulator, name="C")
    with pytest.raises(
        errors.InputError, match="B has no snapshot.*C has no snapshot.*Nothing was"
    ):
        run(simulator, {"names": ["A", "B", "C"], "state": "recovered"}, read_only)
    assert not simulator.writes()


def test_several_at_once(simulator: Simulator) -> None:
    for name in "ABCD":
        instance_of(simulator, name=name, snapshot=OLD if name == "B" else None)
    options = {"names": list("DCBA"), "concurrency": 3, **NEW}
    predicted = run(simulator, options, read_only=True)
    simulator.clear_requests()
    result = run(simulator, options)
    assert [(r["instance_name"], r["changed"]) for r in result.values["snapshots"]] == [
        (r["instance_name"], r["changed"]) for r in predicted.values["snapshots"]
    ]
    assert len(executed(simulator)) == 3
    assert [d["before_header"] for d in result.diff] == [f"snapshot of {n}" for n in "ACD"]
    assert not run(simulator, options).changed


def test_info(simulator: Simulator) -> None:
    instance_of(simulator, name="A", snapshot=OLD)
    instance_of(simulator, name="B")
    simulator.clear_requests()
    result = gather(client_of(simulator), {"names": ["A", "B", "NONE"]})
    assert not result.changed
    one, two = result.values["snapshots"]
    assert (one["instance_name"], one["snapshot"]["description"]) == ("A", "old")
    assert one["snapshot"]["seconds_left"] > 86400
    assert (two["instance_name"], two["snapshot"]) == ("B", None)
    assert calls(simulator)[1:] == [
        "GET /compute/instances",
        "GET /compute/instances",  # NONE in another case
        f"GET /compute/instances/{two['instance_id']}/snapshots",
    ]
    assert len(gather(client_of(simulator), {}).values["snapshots"]) == 42


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
    result = run(simulator, options, read_only)
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


@pytest.mark.parametrize("read_only", [True, False])
def test_it_says_that_they_were_recovered_already(simulator: Simulator, read_only: bool) -> None:
    when = "2026-01-02T00:00:00.000+0000"
    for name in "ABC":
        instance_of(
            simulator, name=name, snapshot={**OLD, "recoveredAt": when if name != "C" else None}
        )
    options = {"names": list("ABC"), "state": "recovered"}
    simulator.fail_actions(fail=1, process="vm_recover_snapshot", message="No room")
    if read_only:
        warnings = run(simulator, options, read_only).warnings
    else:
        with pytest.raises(errors.ItcareError, match="No room") as caught:
            run(simulator, options)
        warnings = caught.value.details["warnings"]
    (warning,) = warnings
    assert f"A: already recovered at {when}; B: already recovered at {when}. " in warning
    assert "force: true" in warning
