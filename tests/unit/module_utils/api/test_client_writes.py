# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes: sent again only when they surely weren't executed, refused in check mode, and dry runs that must be confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from support.client import SimulatedTime, client_of, executed
from support.misbehaving import misbehaving
from support.simulator import Simulator

SNAPSHOTS = "/compute/instances/10001/snapshots"
STOP = {"operation": "stop"}
UNSURE: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "502": {"status": 502, "html": True},
    "504": {"status": 504},
    "500 executed": {"status": 500, "execute": True},
    "504 executed": {"status": 504, "execute": True},
    "200 and a page": {"status": 200, "html": True},
    "closed before": {"cut": "before"},
    "closed after": {"cut": "after"},
    "reset before": {"cut": "before", "reset": True},
    "reset after": {"cut": "after", "reset": True},
    "body cut": {"cut": "body"},
    "half of the JSON": {"status": 202, "body": '{"id": 5, "sta'},
}
REFUSED = {400: "bad request", 403: "not allowed", 404: "not found", 409: "conflict", 422: "data"}


@pytest.fixture(autouse=True)
def _without_snapshot(simulator: Simulator) -> None:
    simulator.control("PATCH", "/control/instances/10001", {"snapshot": None, "status": "ACTIVE"})


@pytest.mark.parametrize("status", [202, 200, 201])
@pytest.mark.parametrize("body", ["action", "empty"])
def test_an_answer(simulator: Simulator, status: int, body: str) -> None:
    simulator.settings(accepted_status=status, accepted_body=body)
    answer = client_of(simulator).write("POST", SNAPSHOTS, {"description": "x"})
    assert answer.status == status
    assert (answer.data or {}).get("process") == (
        "vm_create_snapshot" if body == "action" else None
    )
    assert simulator.writes()[0]["body"] == {"description": "x"}
    assert not simulator.writes()[0]["dry_run"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_to_look_at_it_is_tried_again(simulator: Simulator, status: int) -> None:
    time = SimulatedTime()
    simulator.fault(
        method="POST", path="snapshots", count=2,
        fault={"status": status, "headers": {"Retry-After": "3"}},
    )  # fmt: skip
    client_of(simulator, time=time).write("POST", SNAPSHOTS, {})
    assert [e["status"] for e in simulator.writes()] == [status, status, 202]
    assert len(executed(simulator)) == 1
    assert time.slept == [3, 3]


@pytest.mark.parametrize("status", [429, 503])
def test_gives_up_after_the_retries(simulator: Simulator, status: int) -> None:
    simulator.fault(method="POST", path="snapshots", count=0, fault={"status": status})
    with pytest.raises(errors.ApiError, match=f"POST {SNAPSHOTS} answered {status}") as caught:
        client_of(simulator, retries=2).write("POST", SNAPSHOTS, {})
    assert not caught.value.arrived
    assert len(simulator.writes()) == 3


def test_an_earlier_503_is_not_forgotten(simulator: Simulator) -> None:
    """It may have been executed, whatever the sendings after it were answered."""
    for status in (503, 429, 409):
        simulator.fault(method="POST", path="snapshots", fault={"status": status})
    with pytest.raises(errors.ConflictError) as caught:
        client_of(simulator).write("POST", SNAPSHOTS, {})
    assert caught.value.after_503
    simulator.fault(method="POST", path="snapshots", count=0, fault={"status": 429})
    with pytest.raises(errors.RateLimitError) as caught_later:
        client_of(simulator, retries=1).write("POST", SNAPSHOTS, {})
    assert not caught_later.value.after_503


def test_after_503_each_sending_is_preceded_by_a_look() -> None:
    """Also where it was refused for another reason meanwhile: what was executed may show late."""
    answers = iter([503, 429, 200])
    looks = iter([False, True])
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (next(answers), {}, b"")
    ) as server:
        with pytest.raises(errors.RateLimitError) as caught:
            server.client().write("PATCH", "/x", {}, done=lambda: next(looks))
        assert len(server.seen) == 3
    assert caught.value.after_503


def test_what_is_sent_once_is_not_sent_again_after_503(simulator: Simulator) -> None:
    simulator.fault(method="POST", path="snapshots", fault={"status": 503})
    with pytest.raises(errors.ServerError) as caught:
        client_of(simulator).write("POST", SNAPSHOTS, {}, once=True)
    assert len(simulator.writes()) == 1
    assert not caught.value.after_503


@pytest.mark.parametrize("fault", UNSURE.values(), ids=UNSURE)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_an_unsure_write_is_sent_once(
    simulator: Simulator, fault: dict[str, Any], method: str
) -> None:
    time = SimulatedTime()
    simulator.fault(method=method, path="/itcare", count=0, fault=fault)
    path = SNAPSHOTS if method == "POST" else "/compute/instances/10001"
    body = {} if method == "POST" else STOP if method == "PATCH" else None
    with pytest.raises(errors.ItcareError) as caught:
        client_of(simulator, time=time).write(method, path, body)
    assert vars(caught.value)["arrived"]
    assert len(simulator.writes()) == 1
    assert not time.slept


@pytest.mark.parametrize(("status", "title"), REFUSED.items())
def test_a_refusal(simulator: Simulator, status: int, title: str) -> None:
    simulator.fault(method="POST", path="snapshots", fault={"status": status})
    with pytest.raises(errors.ApiError, match=title) as caught:
        client_of(simulator).write("POST", SNAPSHOTS, {})
    assert not caught.value.arrived
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"cut": "before"}, {"status": 200}])
def test_without_a_token_nothing_was_sent(simulator: Simulator, fault: dict[str, Any]) -> None:
    simulator.fault(path="/token$", count=0, fault=fault)
    with pytest.raises(errors.ItcareError) as caught:
        client_of(simulator, retries=0).write("POST", SNAPSHOTS, {})
    assert getattr(caught.value, "arrived", None) is False
    assert not [e for e in simulator.writes() if e["path"].startswith("/itcare")]


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_check_mode_refuses_writes(simulator: Simulator, method: str) -> None:
    client = client_of(simulator, read_only=True)
    with pytest.raises(errors.WriteRefusedError, match=f"{method} {SNAPSHOTS} was not sent"):
        client.write(method, SNAPSHOTS, {})
    assert not simulator.requests()
    assert client.get("/actions") == []


@pytest.mark.parametrize("read_only", [True, False])
def test_a_dry_run_is_confirmed(simulator: Simulator, read_only: bool) -> None:
    client = client_of(simulator, read_only=read_only, dry_run=True)
    client.write("POST", SNAPSHOTS, {})
    assert [e["dry_run"] for e in simulator.writes()] == [True]
    assert not executed(simulator)


def test_a_dry_run_is_refused(simulator: Simulator) -> None:
    client = client_of(simulator, read_only=True, dry_run=True)
    with pytest.raises(errors.InvalidRequestError, match="changeReference"):
        client.write("POST", SNAPSHOTS, {"changeReference": "x" * 11})
    assert not executed(simulator)


def test_a_dry_run_that_is_ignored(simulator: Simulator) -> None:
    simulator.settings(dry_run="ignore")
    client = client_of(simulator, read_only=True, dry_run=True)
    with pytest.raises(errors.DryRunIgnoredError, match="may have been executed"):
        client.write("POST", SNAPSHOTS, {})
    assert len(executed(simulator)) == 1  # that's what the message is for


@pytest.mark.parametrize("fault", [f for f in UNSURE.values() if f.get("cut") != "body"], ids=str)
def test_a_dry_run_whose_answer_is_lost(simulator: Simulator, fault: dict[str, Any]) -> None:
    """A server that ignores dry runs may have executed it."""
    simulator.fault(method="POST", path="snapshots", fault=fault)
    client = client_of(simulator, read_only=True, dry_run=True)
    with pytest.raises(errors.DryRunIgnoredError, match="may have been executed"):
        client.write("POST", SNAPSHOTS, {})
    with pytest.raises(errors.DryRunIgnoredError, match="was not sent"):
        client.write("POST", SNAPSHOTS, {})
    assert len(simulator.writes()) == 1


def test_reads_of_a_dry_run_need_no_confirmation(simulator: Simulator) -> None:
    client = client_of(simulator, read_only=True, dry_run=True)
    assert client.get("/compute/instances")["totalElements"] == 40
    assert not any(e["dry_run"] for e in simulator.requests())


def test_a_dry_run_whose_header_says_no(simulator: Simulator) -> None:
    fault = {"status": 202, "headers": {"ITCare-DryRun": "false"}}
    simulator.fault(method="POST", path="snapshots", fault=fault)
    with pytest.raises(errors.DryRunIgnoredError):
        client_of(simulator, read_only=True, dry_run=True).write("POST", SNAPSHOTS, {})
