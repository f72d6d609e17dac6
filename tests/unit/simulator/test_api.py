# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all calls have in common: paths, media type, dates, and the form of errors."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

PATH = "/compute/instances"


def test_unknown_paths(api: Any, refused: Any) -> None:
    refused(api.call("GET", "/nowhere"), 501)
    refused(api.call("GET", f"{PATH}/1"), 404, "id")
    refused(api.call("GET", f"{PATH}/x"), 400, "id")
    refused(api.call("PUT", PATH), 405)
    for part in ("storage", "networks", "snapshots"):
        refused(api.call("GET", f"{PATH}/1/{part}"), 404, "id")


def test_the_older_prefix(api: Any) -> None:
    assert api.get("/api/compute/instances", names="!X") == api.get(PATH, names="!X")
    assert api.get("/api/actions") == []
    assert api.simulator.requests()[-1]["path"] == "/itcare/api/actions"


def test_dates_with_an_offset(api: Any) -> None:
    utc = api.list()[0]["creationTime"]
    api.simulator.settings(date_style="offset")
    assert api.list()[0]["creationTime"] == utc.replace("Z", "+0000")


def test_broken_json(api: Any) -> None:
    headers = {"Content-Type": "application/json"}
    answer = api.call("POST", PATH, data="{broken", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (400, "BAD_REQUEST")


def test_media_type_of_the_contract(api: Any) -> None:
    body = '{"name":"PX01","region":"EB","serviceId":13,"platform":"deb12","resourceId":"1cpu2gb"}'
    headers = {"Content-Type": "application/vnd.cegedim-it.v1+json"}
    answer = api.call("POST", PATH, data=body, headers=headers)
    assert answer.status_code == 202
    assert answer.headers["Content-Type"] == headers["Content-Type"]


def test_answers_are_dated_by_the_clock(api: Any) -> None:
    api.simulator.advance(100 * 86400)
    answered = api.call("GET", "/health").headers["Date"]
    now = datetime.fromisoformat(
        api.simulator.control("GET", "/control/state")["now"].replace("Z", "+00:00")
    )
    assert abs(now - parsedate_to_datetime(answered)) < timedelta(seconds=30)


def test_errors_without_a_body(api: Any) -> None:
    api.simulator.settings(error_body="empty")
    answer = api.call("GET", f"{PATH}/1")
    assert (answer.status_code, answer.content) == (404, b"")
