# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dry runs: nothing happens, and what would be refused is."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/compute/instances"


def dry_writes(identity: int) -> list[tuple[str, str, Any]]:
    create = {"name": "PDRY01", "region": "EB", "serviceId": 13, "platform": "deb12"}
    return [
        ("POST", PATH, {**create, "resourceId": "1cpu2gb"}),
        ("PATCH", f"{PATH}/{identity}", {"operation": "start"}),
        ("DELETE", f"{PATH}/{identity}", None),
        ("PATCH", f"{PATH}/{identity}/snapshots", None),
        ("DELETE", f"{PATH}/{identity}/snapshots/{identity}-snap-1", None),
    ]


@pytest.mark.parametrize("number", range(5))
def test_dry_run(api: Any, number: int) -> None:
    snapshot = {"description": "Before"}
    identity = api.one(status="INACTIVE", snapshot=snapshot)
    api.simulator.control(
        "PATCH", f"/control/instances/{identity}", {"snapshot": {"id": f"{identity}-snap-1"}}
    )
    method, path, body = dry_writes(identity)[number]
    before = api.list()
    headers = {"ITCare-DryRun": "true"}
    answer = api.call(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.content) == (202, b"")
    assert answer.headers["ITCare-DryRun"] == "true"
    api.simulator.advance(60)
    assert (api.list(), api.get("/actions")) == (before, [])
    entry = api.simulator.writes()[-1]
    assert (entry["dry_run"], entry["executed"], entry["status"]) == (True, False, 202)

    api.simulator.settings(dry_run="ignore")
    ignored = api.call(method, path, json=body, headers=headers)
    assert ignored.status_code == 202
    assert "ITCare-DryRun" not in ignored.headers
    assert api.simulator.writes()[-1]["executed"]
    api.finish(ignored)


def test_dry_run_of_a_first_snapshot(api: Any) -> None:
    path = f"{PATH}/{api.one()}/snapshots"
    answer = api.call("POST", path, headers={"ITCare-DryRun": "TRUE"})
    assert (answer.status_code, api.get("/actions")) == (202, [])
    assert api.call("POST", path, headers={"ITCare-DryRun": "false"}).json()["id"]


def test_dry_run_still_refuses(api: Any, refused: Any) -> None:
    headers = {"ITCare-DryRun": "true"}
    body = {"name": api.list()[0]["name"], "region": "EB", "serviceId": 13, "platform": "deb12"}
    answer = api.call("POST", PATH, json={**body, "resourceId": "1cpu2gb"}, headers=headers)
    refused(answer, 409, "name")
    answer = api.call("PATCH", f"{PATH}/{api.one()}", json={"operation": "start"}, headers=headers)
    refused(answer, 400, "status")
