# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults, the request log, settings, raw fields: what tests of clients rely on."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests

LIST = "/compute/instances"
SPOILED = r"/compute/instances$"


def fresh(api: Any, method: str, path: str, **options: Any) -> requests.Response:
    """A call on a connection of its own, which nobody replays when it is cut."""
    headers = {"Authorization": api.session.headers["Authorization"]}
    url = api.simulator.api_url + path
    return requests.request(method, url, headers=headers, timeout=30, **options)


# --- faults --------------------------------------------------------------------------------------


def test_status_with_headers(api: Any) -> None:
    api.simulator.fault(
        path=SPOILED, fault={"status": 429, "headers": {"Retry-After": "7"}, "body": '{"a": 1}'}
    )
    answer = api.call("GET", LIST)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json() == {"a": 1}
    assert api.call("GET", LIST).status_code == 200


def test_a_proxy_page(api: Any) -> None:
    api.simulator.fault(fault={"status": 502, "html": True})
    answer = api.call("GET", LIST)
    assert answer.headers["Content-Type"] == "text/html"
    assert "<html>" in answer.text


def test_which_requests_are_hit(api: Any) -> None:
    api.simulator.fault(
        method="GET", path=SPOILED, query={"page": "2"}, skip=1, count=2, fault={"status": 500}
    )
    pages = [api.call("GET", LIST, params={"page": n}).status_code for n in (1, 2, 2, 1, 2, 2)]
    assert pages == [200, 200, 500, 200, 500, 200]
    api.simulator.fault(method="POST", count=0, fault={"status": 503})
    assert api.call("GET", LIST).status_code == 200
    assert [api.create().status_code for _each in range(3)] == [503, 503, 503]
    api.simulator.control("DELETE", "/control/faults")
    assert api.create().status_code == 202


def test_the_rules_that_are_left(api: Any) -> None:
    api.simulator.fault(path="x", count=5, fault={"status": 500})
    assert api.simulator.control("GET", "/control/faults") == [
        {"path": "x", "count": 5, "fault": {"status": 500}}
    ]


def test_a_status_instead_of_executing(api: Any) -> None:
    api.simulator.fault(method="POST", fault={"status": 500})
    assert api.create().status_code == 500
    assert api.get("/actions") == []
    assert not api.simulator.writes()[-1]["executed"]


def test_a_status_after_executing(api: Any) -> None:
    api.simulator.fault(method="POST", fault={"status": 504, "execute": True})
    assert api.create().status_code == 504
    assert len(api.get("/actions")) == 1
    entry = api.simulator.writes()[-1]
    assert (entry["status"], entry["executed"]) == (504, True)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(("cut", "executed"), [("before", False), ("after", True)])
def test_a_cut_connection(api: Any, cut: str, executed: bool, reset: bool) -> None:
    api.simulator.fault(method="PATCH", fault={"cut": cut, "reset": reset})
    identity = api.simulator.add(status="ACTIVE")["id"]
    with pytest.raises(requests.ConnectionError) as raised:
        fresh(api, "PATCH", f"{LIST}/{identity}", json={"operation": "stop"})
    assert ("reset" in str(raised.value).lower()) is reset
    (entry,) = api.simulator.writes()
    assert (entry["status"], entry["executed"]) == (None, executed)
    assert len(api.get("/actions")) == executed


def test_a_cut_body(api: Any) -> None:
    whole = len(api.call("GET", LIST).content)
    api.simulator.fault(path=SPOILED, fault={"cut": "body"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        fresh(api, "GET", LIST)
    api.simulator.fault(path=SPOILED, fault={"cut": "body"})
    answer = fresh(api, "GET", LIST, stream=True)
    assert int(answer.headers["Content-Length"]) == whole
    assert len(answer.raw.read(decode_content=False, amt=whole // 2)) == whole // 2
    assert len(api.call("GET", LIST).content) == whole


def test_a_cut_token_request(api: Any) -> None:
    api.simulator.fault(path="/token$", fault={"cut": "before"})
    with pytest.raises(requests.ConnectionError):
        api.token({"grant_type": "client_credentials"})
    assert api.token({"grant_type": "client_credentials"}).status_code == 200


@pytest.mark.parametrize(("delay", "executed"), [("delay", False), ("delay_after", True)])
def test_a_delayed_answer(api: Any, delay: str, executed: bool) -> None:
    """Who doesn't wait that long can ask what was executed when giving up."""
    api.simulator.fault(method="POST", fault={delay: 3600})
    with pytest.raises(requests.ReadTimeout):
        fresh_post(api)
    assert len(api.get("/actions")) == executed


def fresh_post(api: Any) -> None:
    body = {"name": "PLATE01", "region": "EB", "serviceId": 13, "platform": "deb12"}
    api.call("POST", LIST, json={**body, "resourceId": "1cpu2gb"}, timeout=0.5)


def test_page_drift(api: Any) -> None:
    first = api.get(LIST, page=0, size=10)["content"]
    api.simulator.fault(path=SPOILED, query={"page": "1"}, fault={"remove": 2})
    second = api.get(LIST, page=1, size=10)["content"]
    assert second[0]["id"] == first[-1]["id"] + 3  # two are missed
    assert api.get(LIST)["totalElements"] == 38
    api.simulator.fault(path=SPOILED, query={"page": "0"}, fault={"insert": 2})
    third = api.get(LIST, page=0, size=10)["content"]
    assert third[2]["id"] == first[2]["id"]
    assert api.get(LIST)["totalElements"] == 40


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"fault": {"state": 500}},
        {"fault": {"cut": "later"}},
        {"fault": {"status": 500}, "times": 1},
        {"fault": {"status": 500}, "path": "("},
    ],
)
def test_a_wrong_rule_is_refused(api: Any, rule: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="400"):
        api.simulator.fault(**rule)


# --- the request log -----------------------------------------------------------------------------


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


# --- settings ------------------------------------------------------------------------------------


def test_writes_can_be_forbidden(api: Any, refused: Any) -> None:
    api.simulator.settings(writes="forbid")
    refused(api.create(), 403)
    refused(api.call("DELETE", f"{LIST}/1"), 403)
    assert api.call("GET", LIST).status_code == 200
    assert api.token({"grant_type": "client_credentials"}).status_code == 200
    assert api.simulator.settings()["forbidden_writes"] == 2
    assert [entry["executed"] for entry in api.simulator.writes()] == [False, False]


@pytest.mark.parametrize("settings", [{"colour": 1}, {"action_delay": -1}, {"writes": "maybe"}])
def test_a_wrong_setting_changes_nothing(api: Any, settings: dict[str, Any]) -> None:
    before = api.simulator.settings()
    with pytest.raises(AssertionError, match="400"):
        api.simulator.settings(max_page_size=7, **settings)
    assert api.simulator.settings() == before


def test_errors_without_a_body(api: Any) -> None:
    api.simulator.settings(error_body="empty")
    answer = api.call("GET", f"{LIST}/1")
    assert (answer.status_code, answer.content) == (404, b"")


# --- raw instances -------------------------------------------------------------------------------


def test_raw_fields(api: Any) -> None:
    made = api.simulator.add(
        name="PRAW01",
        status="WEIRD",
        region={"id": "MOON"},
        patchParty={"excluded": True},
        network=None,
        surprise=[1],
        tags=["app:moon"],
    )
    shown = api.instance(made["id"])
    assert made == {**shown, "tags": ["app:moon"]}
    assert (shown["name"], shown["status"], shown["surprise"]) == ("PRAW01", "WEIRD", [1])
    assert shown["region"]["id"] == "MOON"
    assert shown["region"]["areas"]  # the rest of the object is kept
    assert shown["patchParty"]["patchTag"]
    assert shown["network"] is None
    assert api.list(names="PRAW01") == [shown]
    assert api.list(tags="app:moon") == [shown]
    assert api.list(statuses="WEIRD") == [shown]
    assert shown in api.list(includedInPatchParty="false")
    assert api.list(sort="region.id", tags="app:moon") == [shown]


@pytest.mark.parametrize(
    "fields",
    [{"id": "x"}, {"tags": "a:b"}, {"tags": [1]}, {"snapshot": {"createdAt": "yesterday"}}],
)
def test_raw_fields_refused(api: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="400"):
        api.simulator.add(**fields)
    assert len(api.list()) == 40


def test_override_and_remove(api: Any) -> None:
    first = api.list()[0]
    path = f"/control/instances/{first['id']}"
    api.simulator.control("PATCH", path, {"environment": None, "tags": ["a:b"], "id": 1})
    changed = api.instance(first["id"])
    assert changed == {**first, "environment": None}
    assert [i["id"] for i in api.list(tags="a:b")] == [first["id"]]
    api.simulator.control("DELETE", path)
    assert api.list(tags="a:b") == []


def test_an_action_ends_what_was_overridden(api: Any) -> None:
    identity = api.simulator.add(status="ACTIVE", cpu=99)["id"]
    api.finish(api.patch(identity, "stop"))
    assert (api.instance(identity)["status"], api.instance(identity)["cpu"]) == ("INACTIVE", 99)


def test_two_instances_with_one_name(api: Any) -> None:
    name = api.list()[0]["name"]
    twin = api.simulator.add(name=name)
    assert {i["id"] for i in api.list(names=name)} == {api.list()[0]["id"], twin["id"]}
    api.simulator.control("DELETE", f"/control/instances/{twin['id']}")
    assert api.create(name=name).status_code == 409


def test_many_at_once(api: Any) -> None:
    added = api.simulator.add(count=5, tags=["wave:1"], status="ACTIVE")
    assert [i["id"] for i in api.list(tags="wave:1")] == [i["id"] for i in added]


# --- the rest ------------------------------------------------------------------------------------


def test_reset(api: Any) -> None:
    names = [i["name"] for i in api.list()]
    api.simulator.settings(action_delay=99, max_page_size=3)
    api.simulator.fault(count=0, path="nothing", fault={"status": 500})
    api.simulator.advance(100 * 86400)
    api.simulator.add()
    api.simulator.reset()
    state = api.simulator.control("GET", "/control/state")
    assert (state["instances"], state["actions"], state["faults"]) == (40, 0, [])
    assert state["settings"]["max_page_size"] == 200
    assert state["started_with"]["instances"] == 40
    assert api.simulator.requests() == []
    api.login()
    assert [i["name"] for i in api.list()] == names
    api.simulator.reset(instances=7, seed=2)
    api.login()
    assert len(api.list()) == 7
    assert [i["name"] for i in api.list()] != names[:7]


def test_answers_are_dated_by_the_clock(api: Any) -> None:
    api.simulator.advance(100 * 86400)
    answered = api.call("GET", "/health").headers["Date"]
    now = datetime.fromisoformat(
        api.simulator.control("GET", "/control/state")["now"].replace("Z", "+00:00")
    )
    assert abs(now - parsedate_to_datetime(answered)) < timedelta(seconds=30)


def test_the_clock_moves_forward_only(api: Any) -> None:
    with pytest.raises(AssertionError, match="400"):
        api.simulator.advance(-1)


def test_what_the_fleet_is_made_of(api: Any) -> None:
    api.simulator.reset(instances=2000)
    api.login()
    fleet = [i for n in range(10) for i in api.get(LIST, page=n, size=200)["content"]]
    assert len({i["name"] for i in fleet}) == len({i["ipAddress"] for i in fleet}) == 2000
    assert all(re.fullmatch("[PRTD](EB4|EB5|ET1)[A-Z]{2,5}[0-9]{2,}", i["name"]) for i in fleet)
    assert {i["type"] for i in fleet} == {"LINUX", "WINDOWS", "AIX"}
    assert {i["status"] for i in fleet} == {"ACTIVE", "INACTIVE"}
    assert {i["environment"] for i in fleet} == {
        "PRODUCTION",
        "PREPRODUCTION",
        "TEST",
        "DEVELOPMENT",
    }
    assert {i["patchParty"]["patchGroup"] for i in fleet} == {None, "1", "2", "3"}
    assert {i["supportPhase"] for i in fleet} == {
        "STANDARD",
        "END_OF_SALE",
        "EXTENDED",
        "END_OF_SUPPORT",
    }
    excluded = [i["patchParty"] for i in fleet if i["patchParty"]["excluded"]]
    assert all(p["excludedBy"] and p["exclusionReason"] and p["exclusionDate"] for p in excluded)
    assert any(i["snapshot"] for i in fleet)
    assert any(i["loadbalancers"] for i in fleet)
    assert any(i["productCode"] for i in fleet)
    assert any(i["snapshot"] is None for i in fleet)
    now = api.simulator.control("GET", "/control/state")["now"]
    assert all(i["patchParty"]["patchDate"] > now for i in fleet)
