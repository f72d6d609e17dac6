# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots: one at a time, for three days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

DAY = 86400


class Snapshots:
    def __init__(self, api: Any) -> None:
        self.api = api
        self.id: int = api.simulator.add(status="ACTIVE")["id"]
        self.path = f"/compute/instances/{self.id}/snapshots"

    def call(self, method: str, snapshot: str = "", **options: Any) -> Any:
        path = self.path + (f"/{snapshot}" if snapshot else "")
        return self.api.call(method, path, **options)

    def create(self, **body: Any) -> dict[str, Any]:
        self.api.finish(self.call("POST", json=body or None))
        snapshot: dict[str, Any] = self.api.get(self.path)
        return snapshot


@pytest.fixture
def snapshots(api: Any) -> Snapshots:
    return Snapshots(api)


def test_life_of_a_snapshot(api: Any, snapshots: Snapshots, refused: Any) -> None:
    assert snapshots.call("GET").status_code == 204
    submitted = snapshots.call(
        "POST", json={"description": "Before the release", "changeReference": "RFC_1"}
    )
    assert snapshots.call("GET").status_code == 204
    assert api.finish(submitted)["process"] == "vm_create_snapshot"
    snapshot = api.get(snapshots.path)
    assert snapshot["id"].startswith(f"{snapshots.id}-snap-")
    assert (snapshot["description"], snapshot["changeReference"]) == ("Before the release", "RFC_1")
    assert (snapshot["createdBy"], snapshot["recoveredAt"]) == ("demo", None)
    form = "%Y-%m-%dT%H:%M:%S.%f%z"
    created = datetime.strptime(snapshot["createdAt"], form)
    assert datetime.strptime(snapshot["expiresAt"], form) - created == timedelta(days=3)
    assert api.instance(snapshots.id)["snapshot"] == snapshot

    refused(snapshots.call("POST"), 409)
    assert api.finish(snapshots.call("PATCH"))["process"] == "vm_recover_snapshot"
    recovered = api.get(snapshots.path)
    assert recovered["recoveredAt"] >= recovered["createdAt"]
    assert recovered == {**snapshot, "recoveredAt": recovered["recoveredAt"]}

    action = api.finish(snapshots.call("DELETE", snapshot["id"]))
    assert action["process"] == "vm_delete_snapshot"
    assert snapshots.call("GET").status_code == 204
    assert api.instance(snapshots.id)["snapshot"] is None


def test_without_a_body(snapshots: Snapshots) -> None:
    first = snapshots.create()
    assert (first["description"], first["changeReference"]) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"), [("description", "x" * 101), ("changeReference", "x" * 11), ("size", 1)]
)
def test_bad_body(snapshots: Snapshots, refused: Any, field: str, value: Any) -> None:
    refused(snapshots.call("POST", json={field: value}), 400, field)


def test_nothing_to_recover_or_delete(snapshots: Snapshots, refused: Any) -> None:
    refused(snapshots.call("PATCH"), 404, "snapshot")
    refused(snapshots.call("DELETE", f"{snapshots.id}-snap-1"), 404, "snapshot")
    snapshots.create()
    refused(snapshots.call("DELETE", f"{snapshots.id}-snap-1"), 404, "snapshotId")


def test_ids_are_never_used_again(api: Any, snapshots: Snapshots) -> None:
    first = snapshots.create()
    api.finish(snapshots.call("DELETE", first["id"]))
    assert snapshots.create()["id"] != first["id"]


def test_expiry(api: Any, snapshots: Snapshots) -> None:
    snapshots.create()
    api.simulator.advance(3 * DAY - 60)
    api.login()
    assert snapshots.call("GET").status_code == 200
    api.simulator.advance(60)
    assert snapshots.call("GET").status_code == 204
    assert api.instance(snapshots.id)["snapshot"] is None
    snapshots.create()


def test_the_next_snapshot_has_its_own_expiry(api: Any, snapshots: Snapshots) -> None:
    first = snapshots.create()
    api.simulator.advance(2 * DAY)
    api.login()
    api.finish(snapshots.call("DELETE", first["id"]))
    second = snapshots.create()
    api.simulator.advance(2 * DAY)
    api.login()
    assert api.get(snapshots.path) == second


def test_a_snapshot_that_expires_under_its_recovery(api: Any, snapshots: Snapshots) -> None:
    snapshots.create()
    api.simulator.advance(3 * DAY - 15)
    api.login()
    action = api.finish(snapshots.call("PATCH"))
    assert action["status"] == "SUCCESS"
    api.simulator.settings(action_delay=60)
    submitted = snapshots.call("PATCH")
    api.simulator.advance(60)
    action = api.get(f"/actions/{submitted.json()['id']}")
    assert (action["status"], "expired" in action["message"]) == ("ERROR", True)


def test_a_snapshot_given_by_a_test(api: Any) -> None:
    created = "2026-01-01T00:00:00.000+0100"
    old = api.simulator.add(
        snapshot={"createdAt": created, "expiresAt": "2099-01-01T00:00:00.000Z"}
    )
    assert api.get(f"/compute/instances/{old['id']}/snapshots")["createdAt"] == created
    gone = api.simulator.add(snapshot={"createdAt": created})
    assert api.instance(gone["id"])["snapshot"] is None


@pytest.mark.parametrize(
    ("setting", "status", "body"),
    [
        ("204", 204, None),
        ("empty", 200, None),
        ("list", 200, []),
        ("page", 200, {"content": []}),
        ("null_fields", 200, {"id": None}),
    ],
)
def test_shapes_of_no_snapshot(
    api: Any, snapshots: Snapshots, setting: str, status: int, body: Any
) -> None:
    api.simulator.settings(no_snapshot=setting)
    answer = snapshots.call("GET")
    assert answer.status_code == status
    if body is None:
        assert answer.content == b""
    elif setting == "null_fields":
        assert set(answer.json().values()) == {None}
    else:
        assert answer.json() == body


def test_shapes_of_a_snapshot(api: Any, snapshots: Snapshots) -> None:
    snapshot = snapshots.create()
    for setting, body in (("list", [snapshot]), ("page", {"content": [snapshot]})):
        api.simulator.settings(snapshot_answer=setting)
        assert api.get(snapshots.path) == body


@pytest.mark.parametrize(
    ("setting", "listed"), [("shown", ["id"]), ("null", [None]), ("missing", [])]
)
def test_what_the_list_shows_of_it(
    api: Any, snapshots: Snapshots, setting: str, listed: list[Any]
) -> None:
    snapshot = snapshots.create()
    api.simulator.settings(listed_snapshot=setting)
    (found,) = [
        i for i in api.get("/compute/instances?size=200")["content"] if i["id"] == snapshots.id
    ]
    assert [found[key] for key in ("snapshot",) if key in found] == [
        snapshot if value else None for value in listed
    ]
    assert api.get(snapshots.path) == snapshot


def test_more_than_one(api: Any, refused: Any) -> None:
    dates = {"expiresAt": "2099-01-01T00:00:00.000Z"}
    snapshots = Snapshots(api)
    api.simulator.control(
        "PATCH",
        f"/control/instances/{snapshots.id}",
        {
            "moreSnapshots": [
                {"id": day, "createdAt": f"2026-01-0{day}T00:00:00.000Z", **dates} for day in "12"
            ]
        },
    )
    assert [snapshot["id"] for snapshot in api.get(snapshots.path)] == ["1", "2"]
    refused(snapshots.call("POST"), 409)
    api.finish(snapshots.call("PATCH"))
    assert {s["id"]: bool(s["recoveredAt"]) for s in api.get(snapshots.path)} == {
        "1": False,
        "2": True,
    }
    api.finish(snapshots.call("DELETE", "2"))
    assert api.get(snapshots.path)["id"] == "1"
    api.finish(snapshots.call("DELETE", "1"))
    assert snapshots.call("GET").status_code == 204
