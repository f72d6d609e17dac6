# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GET: what is tried again, how often, after which pause, and what it says when it gives up."""

from __future__ import annotations

import datetime
import email.utils
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import query_string
from ansible_collections.cegedim.cloud.plugins.module_utils.api.pauses import (
    LONGEST_BACKOFF,
    LONGEST_RETRY_AFTER,
    backoff,
    retry_after,
)
from hypothesis import given
from hypothesis import strategies as st
from support.client import SimulatedTime, client_of
from support.misbehaving import misbehaving
from support.simulator import Simulator

INSTANCES = "/compute/instances"
PASSING = {
    "429": {"status": 429},
    "500": {"status": 500, "body": '{"errorMessage": "oops"}'},
    "502 with a proxy's page": {"status": 502, "html": True},
    "503": {"status": 503},
    "504": {"status": 504, "html": True},
    "closed before": {"cut": "before"},
    "closed after": {"cut": "after"},
    "reset": {"cut": "before", "reset": True},
    "body cut": {"cut": "body"},
    "body cut by a reset": {"cut": "body", "reset": True},
    "half of the JSON": {"status": 200, "body": '{"content": ['},
}
LASTING = {
    400: errors.InvalidRequestError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    418: errors.ApiError,
    422: errors.InconsistentDataError,
    501: errors.ServerError,
}


def reads(simulator: Simulator) -> list[dict[str, Any]]:
    return [entry for entry in simulator.requests() if entry["method"] == "GET"]


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_gives_up_after_the_retries(simulator: Simulator, fault: dict[str, Any]) -> None:
    simulator.fault(method="GET", count=0, fault=fault)
    with pytest.raises(errors.ItcareError, match="GET .*/compute/instances"):
        client_of(simulator, retries=2).get(INSTANCES)
    assert len(reads(simulator)) == 3


@pytest.mark.parametrize(("status", "kind"), LASTING.items())
def test_lasting_failure_is_told_at_once(
    simulator: Simulator, status: int, kind: type[errors.ApiError]
) -> None:
    time = SimulatedTime()
    simulator.fault(method="GET", count=0, fault={"status": status})
    with pytest.raises(kind, match=f"^GET {INSTANCES} answered {status} ") as caught:
        client_of(simulator, time=time).get(INSTANCES)
    assert caught.value.details["status"] == status
    assert caught.value.details["method"] == "GET"
    assert len(reads(simulator)) == 1
    assert not time.slept


def test_no_retries(simulator: Simulator) -> None:
    simulator.fault(method="GET", fault={"status": 503})
    with pytest.raises(errors.ServerError, match="503"):
        client_of(simulator, retries=0).get(INSTANCES)


def test_pauses_grow_and_are_jittered(simulator: Simulator) -> None:
    time = SimulatedTime()
    simulator.fault(method="GET", count=0, fault={"status": 500})
    with pytest.raises(errors.ServerError):
        client_of(simulator, time=time, retries=8).get(INSTANCES)
    ceilings = [min(LONGEST_BACKOFF, 0.5 * 2**number) for number in range(8)]
    assert len(time.slept) == 8
    for slept, ceiling in zip(time.slept, ceilings):
        assert ceiling / 2 <= slept <= ceiling
    assert time.slept != ceilings


@given(st.integers(0, 200))
def test_a_pause_has_a_ceiling(attempt: int) -> None:
    assert 0 < backoff(attempt) <= LONGEST_BACKOFF


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_honoured(simulator: Simulator, status: int) -> None:
    time = SimulatedTime()
    simulator.fault(method="GET", fault={"status": status, "headers": {"Retry-After": "7"}})
    client_of(simulator, time=time).get(INSTANCES)
    assert time.slept == [7]


def test_a_429_slows_every_request_down(simulator: Simulator) -> None:
    slept: list[float] = []
    client = client_of(simulator)
    client.clock = lambda: 50.0  # the time of the others, who haven't slept
    client.sleep = slept.append
    simulator.fault(method="GET", fault={"status": 429, "headers": {"Retry-After": "7"}})
    client.get(INSTANCES)
    client.get(INSTANCES)
    assert slept == [7, 7, 7]  # its own pause, then at the gate: the retry, and the next request


def http_date(seconds: float) -> str:
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return email.utils.format_datetime(when, usegmt=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("3", 3.0),
        ("0", 0.0),
        ("1.5", None),
        ("-5", None),
        ("1e400", None),
        ("9" * 400, LONGEST_RETRY_AFTER),
        ("86400", LONGEST_RETRY_AFTER),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("Wed, 99 Foo", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0),
        ("Thu, 01 Jan 2099 00:00:00 GMT", LONGEST_RETRY_AFTER),
    ],
)
def test_retry_after_is_read_and_clamped(value: str | None, expected: float | None) -> None:
    assert retry_after(value) == expected


def test_retry_after_as_a_date() -> None:
    seconds = retry_after(http_date(60))
    assert seconds is not None
    assert 50 < seconds <= 60


def test_retry_after_is_a_date_on_the_servers_clock() -> None:
    asked = {
        "Date": "Wed, 21 Oct 2015 07:28:00 GMT",
        "Retry-After": "Wed, 21 Oct 2015 07:28:09 GMT",
    }
    answers = iter([(429, asked, b""), (200, {}, b"[]")])
    with misbehaving(
        lambda method, path, headers: None if "token" in path else next(answers)
    ) as server:
        time = SimulatedTime()
        server.client(time).get("/actions")
    assert time.slept[0] == 9


@pytest.mark.parametrize("value", ["1e400", "soon", "-3", "1.5", "inf", "٣"])
def test_a_retry_after_that_means_nothing(simulator: Simulator, value: str) -> None:
    headers = {"Retry-After": value.encode().decode("latin-1")}
    simulator.fault(path="/compute/instances$", fault={"status": 503, "headers": headers})
    time = SimulatedTime(simulator)
    client_of(simulator, time=time).get("/compute/instances")
    assert len(time.slept) == 1
    assert time.slept[0] < 1


@given(st.text(max_size=40))
def test_any_retry_after_is_a_pause_or_nothing(value: str) -> None:
    seconds = retry_after(value)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_AFTER


@pytest.mark.parametrize("date", ["tomorrow", "", "Wed, 21 Oct 2015 07:28:00 -0000"])
def test_any_date_header_will_do(date: str) -> None:
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (200, {"Date": date}, b"[]")
    ) as server:
        client = server.client()
        assert client.get("/actions") == []
        # what it is compared with has a time zone
        assert client.server_time is None or client.server_time.tzinfo is not None


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (None, ""),
        ({}, ""),
        ({"a": None}, ""),
        ({"a": 1, "b": "x"}, "?a=1&b=x"),
        ({"a": True, "b": False}, "?a=true&b=false"),
        ({"names": ["A", "B"]}, "?names=A,B"),
        ({"sort": "name,desc"}, "?sort=name,desc"),
        ({"tags": ["app:web"]}, "?tags=app:web"),
        ({"names": ["a b&c=d", "é+"]}, "?names=a%20b%26c%3Dd,%C3%A9%2B"),
    ],
)
def test_query_string(params: dict[str, Any] | None, expected: str) -> None:
    assert query_string(params) == expected


def test_the_server_reads_what_was_asked(simulator: Simulator) -> None:
    tag = "app:a b&c=d+é%/?#"
    client_of(simulator).get(INSTANCES, {"tags": [tag, "x:y"], "backupStatus": True})
    assert reads(simulator)[-1]["query"] == {"tags": f"{tag},x:y", "backupStatus": "true"}


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_a_slash_at_the_end_of_api_url(simulator: Simulator, end: str) -> None:
    client = client_of(simulator, api_url=simulator.api_url + end)
    assert client.get(INSTANCES)["totalElements"] == 40
    assert reads(simulator)[-1]["path"] == "/itcare/compute/instances"


def test_an_empty_answer_is_none(simulator: Simulator) -> None:
    for status in (200, 204):
        simulator.fault(method="GET", fault={"status": status})
        assert client_of(simulator).get(INSTANCES) is None


def test_what_one_answer_asked_for_is_not_the_pause_after_the_next_failure(
    simulator: Simulator,
) -> None:
    time = SimulatedTime()
    asked = {"status": 503, "headers": {"Retry-After": "50"}}
    for fault in (asked, {"cut": "before"}):
        simulator.fault(path="/10001$", fault=fault)
    client_of(simulator, time=time).get("/compute/instances/10001")
    assert time.slept[0] == 50
    assert time.slept[1] < 2
