# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults to order: answers of others, delays, connections that are cut, pages that drift."""

from __future__ import annotations

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
    return requests.request(method, url, headers=headers, **{"timeout": 30, **options})


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


@pytest.mark.parametrize("delay", ["delay", "delay_after"])
def test_a_delay_until_the_client_is_gone(api: Any, delay: str) -> None:
    api.simulator.fault(method="POST", fault={delay: 3600, "until_gone": True})
    with pytest.raises(requests.ReadTimeout):
        fresh_post(api)
    while api.simulator.writes()[-1]["status"] is None:  # an hour without the fault
        pass
    assert api.simulator.writes()[-1]["executed"]


@pytest.mark.parametrize("status", [None, 301, 308])
def test_a_redirect(api: Any, status: int | None) -> None:
    fault = {"location": "http://elsewhere.example/x", **({"status": status} if status else {})}
    api.simulator.fault(method="POST", fault=fault)
    answer = api.call("POST", LIST, json={}, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (status or 302, fault["location"])
    assert not api.simulator.writes()[-1]["executed"]


@pytest.mark.parametrize("status", [429, 503])
def test_how_long_to_wait(api: Any, status: int) -> None:
    api.simulator.fault(fault={"status": status, "retry_after": 7})
    assert api.call("GET", LIST).headers["Retry-After"] == "7"
    api.simulator.advance(100_000)  # the date is on the simulator's clock
    api.simulator.fault(fault={"status": status, "retry_after": 7, "as_date": True})
    headers = api.call("GET", LIST).headers
    asked, sent = map(parsedate_to_datetime, (headers["Retry-After"], headers["Date"]))
    assert (asked - sent).total_seconds() in (6, 7)  # whole seconds, one after the other


def test_another_content_type(api: Any) -> None:
    right = api.call("GET", LIST)
    api.simulator.fault(path=SPOILED, fault={"content_type": "text/html"})
    wrong = api.call("GET", LIST)
    assert wrong.headers["Content-Type"] == "text/html"
    assert (wrong.status_code, wrong.content) == (200, right.content)


def test_half_of_the_json(api: Any) -> None:
    """Nothing of HTTP tells that it isn't all."""
    whole = api.call("GET", LIST).content
    api.simulator.fault(path=SPOILED, fault={"cut": "json"})
    answer = api.call("GET", LIST)
    assert answer.content == whole[: len(whole) // 2]
    api.simulator.fault(method="POST", fault={"cut": "json"})
    assert api.create().status_code == 202
    assert api.simulator.writes()[-1]["executed"]


def test_byte_by_byte(api: Any) -> None:
    right = api.call("GET", f"{LIST}/10001").content
    api.simulator.fault(path="/10001$", fault={"drip": 0.0001})
    answer = api.call("GET", f"{LIST}/10001", stream=True)
    assert answer.raw.read(1) == right[:1]
    assert answer.raw.read() == right[1:]
    api.simulator.fault(path="/10001$", fault={"drip": 3600})
    with pytest.raises(requests.exceptions.ConnectionError, match="timed out"):
        fresh(api, "GET", f"{LIST}/10001", stream=False, timeout=0.5)
    assert api.get(f"{LIST}/10001")


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
        {"fault": {"drip": 0}},
        {"fault": {"retry_after": -1, "status": 429}},
    ],
)
def test_a_wrong_rule_is_refused(api: Any, rule: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="400"):
        api.simulator.fault(**rule)


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"execute": True}, "execute needs a status"),
    ({"headers": {"A": "b"}}, "need a status"),
    ({"body": "{}"}, "need a status"),
    ({"html": True}, "need a status"),
    ({"retry_after": 3}, "need a status"),
    ({"status": 429, "as_date": True}, "as_date needs retry_after"),
    ({"status": 500, "html": True, "body": "{}"}, "html is a body and a content type"),
    ({"status": 500, "html": True, "content_type": "a/b"}, "html is a body and a content type"),
    ({"status": 200, "location": "/x"}, "needs a status that redirects"),
    ({"reset": True}, "reset needs a cut of the connection"),
    ({"cut": "json", "reset": True}, "reset needs a cut of the connection"),
    ({"until_gone": True}, "until_gone needs a delay"),
    ({"cut": "before", "status": 500}, "there is no answer to spoil"),
    ({"cut": "after", "drip": 1}, "there is no answer to spoil"),
    ({"cut": "after", "content_type": "a/b"}, "there is no answer to spoil"),
]


@pytest.mark.parametrize(("fault", "why"), IMPOSSIBLE, ids=str)
def test_what_would_be_ignored_is_refused(api: Any, fault: dict[str, Any], why: str) -> None:
    with pytest.raises(AssertionError, match=f"400.*{why}"):
        api.simulator.fault(fault=fault)
    assert api.simulator.control("GET", "/control/faults") == []
