# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_snapshot against the server: check mode first, then for real, then again, then check mode again."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import NAME, calls, executed, instance_of, shown
from support.simulator import Simulator
from support.tasks import run_snapshot as run

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
        again = run(simulator, options, read_only=read_only)
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
        run(simulator, {"names": ["A", "B", "C"], "state": "recovered"}, read_only=read_only)
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
        warnings = run(simulator, options, read_only=read_only).warnings
    else:
        with pytest.raises(errors.ItcareError, match="No room") as caught:
            run(simulator, options)
        warnings = caught.value.details["warnings"]
    (warning,) = warnings
    assert f"A: already recovered at {when}; B: already recovered at {when}. " in warning
    assert "force: true" in warning
