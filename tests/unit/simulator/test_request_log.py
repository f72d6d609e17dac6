# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log: every request, and no secret."""

from __future__ import annotations

from typing import Any

LIST = "/compute/instances"


def test_request_log(api: Any) -> None:
    mark = api.simulator.control("GET", "/control/requests")["next"]
    api.call("GET", LIST, params={"types": ["LINUX", "AIX"], "page": "1"})
    api.create(name="PLOG01")
    api.call("GET", "/health", headers={"Authorization": ""})
    listed, created, health = api.simulator.requests(since=mark)
    assert listed["n"] == mark
    assert (listed["method"], listed["path"]) == ("GET", "/itcare/compute/instances")
    assert listed["query"] == {"types": "LINUX,AIX", "page": "1"}
    assert (listed["page"], listed["status"], listed["client_id"]) == (1, 200, "demo")
    assert (listed["body"], listed["dry_run"], listed["executed"]) == (None, False, False)
    assert created["body"]["name"] == "PLOG01"
    assert (created["status"], created["executed"]) == (202, True)
    assert created["action_id"] == api.get("/actions")[0]["id"]
    assert health["client_id"] is None
    api.simulator.control("DELETE", "/control/requests")
    assert api.simulator.requests() == []


def test_every_refused_write_is_logged(api: Any, login: Any) -> None:
    api.create(region="XX")
    login("reader").create()
    api.call("POST", LIST, data="{broken", headers={"Content-Type": "application/json"})
    api.session.headers["Authorization"] = "Bearer x"
    api.create()
    statuses = [entry["status"] for entry in api.simulator.writes()]
    assert statuses == [422, 403, 400, 401]
    assert not any(entry["executed"] for entry in api.simulator.writes())


def test_secrets_stay_out_of_the_log(api: Any) -> None:
    api.create(
        properties=[{"key": "adminPassword", "value": "hush"}, {"key": "size", "value": "big"}]
    )
    text = str(api.simulator.requests())
    assert "hush" not in text
    assert "big" in text
    assert "demo-secret" not in text
    assert str(api.session.headers["Authorization"]).split()[1] not in text
    assert [entry["grant_type"] for entry in api.simulator.requests() if "grant_type" in entry] == [
        "client_credentials"
    ]
