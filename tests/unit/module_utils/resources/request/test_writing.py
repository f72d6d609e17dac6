# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes of a task's own: never twice, waited for, and what became of them when their answer is lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Answer
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.writing import (
    begun_action,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import (
    WAIT,
    PatientTime,
    SimulatedTime,
    calls,
    client_of,
    executed,
    instance_of,
    shown,
)
from support.misbehaving import Reply, misbehaving
from support.rivals import first, others_do
from support.simulator import Simulator

ID = 10041
PATH = f"/compute/instances/{ID}"
STOP: dict[str, Any] = {"method": "PATCH", "path": PATH, "body": {"operation": "stop"}}
STOPPED = {"key": "status", "equals": "INACTIVE"}
ONCE = {**STOP, "unless": STOPPED}
RESIZE = {"sizing": "4cpu8gb"}
# Faults after which nobody knows whether a write was executed.
UNSURE: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "502": {"status": 502, "html": True},
    "504": {"status": 504},
    "200 and a page": {"status": 200, "html": True},
    "closed": {"cut": "before"},
    "reset": {"cut": "before", "reset": True},
}
EXECUTED: dict[str, dict[str, Any]] = {
    "500": {"status": 500, "execute": True},
    "504": {"status": 504, "execute": True},
    "closed": {"cut": "after"},
    "reset": {"cut": "after", "reset": True},
    "body cut": {"cut": "body"},
}


@pytest.fixture(autouse=True)
def _instance(simulator: Simulator) -> None:
    assert instance_of(simulator)["id"] == ID
    simulator.clear_requests()


def run(simulator: Simulator, options: dict[str, Any], **client: Any) -> Result:
    return ensure(client_of(simulator, **client), {**WAIT, **options})


def fails(simulator: Simulator, options: dict[str, Any], **client: Any) -> errors.ItcareError:
    with pytest.raises(errors.ItcareError) as caught:
        run(simulator, options, **client)
    return caught.value


def warnings_of(simulator: Simulator, options: dict[str, Any]) -> list[str]:
    client = client_of(simulator)
    ensure(client, {**WAIT, **options})
    return client.notices.warnings


def asked(simulator: Simulator) -> list[str]:
    return [call for call in calls(simulator) if not call.endswith("/token")]


def spoil(simulator: Simulator, fault: dict[str, Any], count: int = 1) -> None:
    simulator.fault(method="PATCH", path="instances", count=count, fault=fault)


# -- the action and its end ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCESS", "ERROR"])
@pytest.mark.parametrize("identifier", [7, "7"])
def test_rule_9_an_action_is_one_by_its_status(status: str, identifier: Any) -> None:
    data = {"id": identifier, "status": status, "other": 1}
    for code in (200, 202):
        assert begun_action(Answer(code, data)) == {"id": 7, "status": status, "other": 1}


@pytest.mark.parametrize(
    ("code", "data"),
    [
        (201, {"id": 7, "status": "IN_PROGRESS"}),
        (202, {"id": 7}),
        (202, {"id": 7, "status": None}),
        (202, {"id": 7, "status": "RUNNING"}),
        (200, {"id": 7, "status": "ACTIVE"}),
        (202, {"status": "SUCCESS"}),
        (202, {"id": None, "status": "SUCCESS"}),
        (202, [{"id": 7, "status": "SUCCESS"}]),
        (202, "SUCCESS"),
        (202, None),
    ],
)
def test_rule_9_what_is_no_action(code: int, data: Any) -> None:
    assert begun_action(Answer(code, data)) is None


@pytest.mark.parametrize("raw", [False, True])
def test_rule_9_the_answer_stays_and_the_action_ends(simulator: Simulator, raw: bool) -> None:
    values = run(simulator, {**ONCE, "raw": raw}).values
    assert values["status"] == 202
    assert values["response"]["status"] == "IN_PROGRESS"
    assert values["response"]["resourceName" if raw else "resource_name"] == "PEB4TEST01"
    (action,) = values["itcare_actions"]
    assert (action["status"], action["resource_name"]) == ("SUCCESS", "PEB4TEST01")


def test_rule_9_what_was_made_is_not_polled(simulator: Simulator) -> None:
    simulator.settings(accepted_status=201, action_delay=100)
    result = run(simulator, ONCE)
    assert result.changed
    assert result.values["itcare_actions"] == []
    assert not [call for call in asked(simulator) if call.startswith("GET /actions/")]


def test_rule_9_without_a_wait(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    result = run(simulator, {**ONCE, "wait": False, "reached": STOPPED})
    assert [a["status"] for a in result.values["itcare_actions"]] == ["IN_PROGRESS"]
    assert asked(simulator) == ["GET /actions", f"GET {PATH}", f"PATCH {PATH}"]


@pytest.mark.parametrize("lag", [0, 20, 200])
def test_rule_9_an_effect_is_waited_for(simulator: Simulator, lag: float) -> None:
    """After the end of the action, until it is there."""
    simulator.settings(effect_lag=lag)
    run(simulator, {**STOP, "reached": STOPPED})
    assert shown(simulator, ID)["status"] == "INACTIVE"
    last_poll = max(
        n for n, call in enumerate(asked(simulator)) if call.startswith("GET /actions/")
    )
    assert f"GET {PATH}" not in asked(simulator)[:last_poll]
    assert asked(simulator)[-1] == f"GET {PATH}"


def test_rule_9_an_effect_that_does_not_come(simulator: Simulator) -> None:
    error = fails(
        simulator, {**STOP, "reached": {"key": "status", "equals": "GONE"}, "wait_timeout": 60}
    )
    assert isinstance(error, errors.ActionTimeoutError)
    assert (
        'reached (GET /compute/instances/10041: status equals "GONE") doesn\'t hold after 60 s'
        in str(error)
    )
    assert error.details["changed"]
    values = error.details["values"]
    assert (values["status"], values["response"]["process"]) == (202, "vm_stop")
    assert [a["status"] for a in values["itcare_actions"]] == ["SUCCESS"]


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 404}, {"cut": "before"}, {"status": 200, "html": True}]
)
def test_rule_9_a_look_that_fails_is_no_reason_to_give_up(
    simulator: Simulator, fault: dict[str, Any]
) -> None:
    simulator.fault(method="GET", path=f"instances/{ID}$", count=20, fault=fault)
    assert run(simulator, {**STOP, "reached": STOPPED}, retries=0).changed


def test_rule_9_a_list_that_is_incomplete_is_read_again(simulator: Simulator) -> None:
    looks: list[str] = []

    def before(method: str, path: str, sent: Any) -> None:
        looks.extend([path] * (path == "/compute/instances"))
        simulator.settings(max_page_size=20, count_offset=int(len(looks) < 40))

    reached = {"path": "/compute/instances", "key": "content.name", "equals": "PEB4TEST01"}
    assert run(simulator, {**STOP, "reached": reached}, before=before).changed
    assert len(looks) > 40


def test_rule_9_a_look_that_is_not_allowed(simulator: Simulator) -> None:
    simulator.fault(method="GET", path=f"instances/{ID}$", count=0, fault={"status": 403})
    error = fails(simulator, {**STOP, "reached": STOPPED})
    assert isinstance(error, errors.ForbiddenError)
    assert error.details["changed"]
    assert error.details["values"]["status"] == 202


@pytest.mark.parametrize("empty", [True, False])
def test_rule_9_nothing_to_wait_for(simulator: Simulator, empty: bool) -> None:
    simulator.settings(accepted_body="empty" if empty else "action")
    said = [text for text in warnings_of(simulator, ONCE) if "nothing to wait for" in text]
    assert bool(said) is empty


@pytest.mark.parametrize("more", [{"reached": STOPPED}, {"wait": False}])
def test_rule_9_nothing_to_warn_of(simulator: Simulator, more: dict[str, Any]) -> None:
    simulator.settings(accepted_body="empty")
    assert warnings_of(simulator, {**ONCE, **more}) == []


def test_rule_9_only_202_promises_something_to_wait_for(simulator: Simulator) -> None:
    simulator.settings(accepted_body="empty", accepted_status=200)
    assert warnings_of(simulator, ONCE) == []
    assert len(executed(simulator)) == 1


def test_rule_9_a_failed_action(simulator: Simulator) -> None:
    simulator.fail_actions(fail=1, message="No luck")
    error = fails(simulator, {**ONCE, "reached": STOPPED})
    assert "No luck" in str(error)
    assert error.details["changed"]
    values = error.details["values"]
    assert (values["status"], values["response"]["status"]) == (202, "IN_PROGRESS")
    assert [a["status"] for a in values["itcare_actions"]] == ["ERROR"]


@pytest.mark.parametrize("condition", ["unless", "reached"])
@pytest.mark.parametrize("works", [True, False])
def test_rule_9_the_record_of_the_action_is_gone(
    simulator: Simulator, condition: str, works: bool
) -> None:
    simulator.fault(method="GET", path="/actions/", count=0, fault={"status": 404})
    options = {**STOP, condition: STOPPED if works else {"key": "status", "equals": "GONE"}}
    if works:
        said = warnings_of(simulator, options)
        assert "its record is gone" in said[-1]
    else:
        assert isinstance(fails(simulator, options), errors.UnsureWriteError)


def test_rule_9_the_record_is_gone_and_nothing_tells(simulator: Simulator) -> None:
    simulator.fault(method="GET", path="/actions/", count=0, fault={"status": 404})
    error = fails(simulator, STOP)
    assert "how it ended isn't known" in str(error)
    assert error.details["changed"]


# -- before it: others, and an earlier run ---------------------------------------------------------------------------


@pytest.mark.parametrize("lag", [0, 10])
def test_rule_10_a_second_run_after_a_time_out_sends_nothing(
    simulator: Simulator, lag: float
) -> None:
    simulator.settings(action_delay=100, effect_lag=lag)
    error = fails(simulator, {**ONCE, "wait_timeout": 20})
    assert isinstance(error, errors.ActionTimeoutError)
    assert "Run the same task again to resume" in str(error)
    assert [a["status"] for a in error.details["values"]["itcare_actions"]] == ["IN_PROGRESS"]
    assert error.details["changed"]
    result = run(simulator, ONCE)
    assert not result.changed
    assert result.values["response"]["status"] == "INACTIVE"
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize(
    "options", [STOP, {**ONCE, "path": "/compute/instances", "method": "POST"}]
)
def test_rule_10_what_is_not_safe_is_not_said_to_be(
    simulator: Simulator, options: dict[str, Any]
) -> None:
    simulator.settings(action_delay=100)
    body = {
        "name": "NEW",
        "region": "EB4",
        "platform": "deb12",
        "resourceId": "2cpu4gb",
        "serviceId": 16,
    }
    given = options if options is STOP else {**options, "body": body, "unless": {"key": "nothing"}}
    error = fails(simulator, {**given, "wait_timeout": 20})
    assert isinstance(error, errors.ActionTimeoutError)
    assert "Look at it before running this task again" in str(error)


def test_rule_10_actions_are_asked_for_before_unless(simulator: Simulator) -> None:
    """What ends between the two is in what `unless` shows."""
    run(simulator, ONCE)
    assert asked(simulator)[:3] == ["GET /actions", f"GET {PATH}", f"PATCH {PATH}"]
    look = next(e for e in simulator.requests() if e["path"].endswith("/actions"))
    assert look["query"] == {"resourceId": str(ID), "statuses": "IN_PROGRESS"}


@pytest.mark.parametrize("unless", [None, STOPPED])
@pytest.mark.parametrize("wait", [True, False])
def test_rule_10_others_are_waited_for(simulator: Simulator, unless: Any, wait: bool) -> None:
    simulator.settings(action_delay=100)
    others_do(simulator, ID, "resize", **RESIZE)
    run(simulator, {**STOP, "unless": unless, "wait": wait})
    assert [e["status"] for e in simulator.writes()] == [202, 202]
    _others, *ours = asked(simulator)
    assert ours.index("GET /actions/700001") < ours.index(f"PATCH {PATH}")
    assert shown(simulator, ID)["cpu"] == 4


@pytest.mark.parametrize("lag", [0, 10])
def test_rule_10_others_do_it_meanwhile(simulator: Simulator, lag: float) -> None:
    simulator.settings(effect_lag=lag, action_delay=100)
    others_do(simulator, ID, "stop")
    assert not run(simulator, ONCE).changed
    assert len(simulator.writes()) == 1


def test_rule_10_others_fail(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    simulator.fail_actions(fail=1)
    others_do(simulator, ID, "stop")
    assert run(simulator, ONCE).changed
    assert len(executed(simulator)) == 2
    assert asked(simulator).count(f"GET {PATH}") == 2  # no effect is to come


def test_rule_10_others_begin_one_after_another(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    others_do(simulator, ID, "resize", **RESIZE)
    looks: list[str] = []

    def begin(method: str, path: str, sent: Any) -> None:
        looks.extend([path] * (path == "/actions"))
        if path == "/actions" and len(looks) == 2:
            others_do(simulator, ID, "update_monitoring", state=True, alerting=False)

    assert run(simulator, ONCE, before=begin).changed
    polled = [call for call in asked(simulator) if call.startswith("GET /actions/")]
    assert list(dict.fromkeys(polled)) == [f"GET /actions/70000{number}" for number in (1, 2, 3)]


def test_rule_10_others_do_not_end(simulator: Simulator) -> None:
    simulator.settings(action_delay=1000)
    others_do(simulator, ID, "resize", **RESIZE)
    error = fails(simulator, {**ONCE, "wait_timeout": 30})
    assert f"PATCH {PATH} was not sent: Action 700001 (vm_resize)" in str(error)
    assert not error.details["changed"]
    values = error.details["values"]
    assert (values["response"], values["status"]) == (None, None)
    assert [a["process"] for a in values["itcare_actions"]] == ["vm_resize"]
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 501])
def test_rule_10_an_account_that_sees_no_actions(simulator: Simulator, status: int) -> None:
    simulator.fault(method="GET", path="/actions$", count=0, fault={"status": status})
    (said,) = warnings_of(simulator, ONCE)
    assert said.startswith("What others have in progress can't be seen")


def test_rule_10_a_look_at_actions_that_fails(simulator: Simulator) -> None:
    simulator.fault(method="GET", path="/actions$", count=0, fault={"status": 500})
    assert isinstance(fails(simulator, ONCE), errors.ServerError)
    assert not simulator.writes()


def test_rule_10_without_a_number_there_is_nothing_to_look_at(simulator: Simulator) -> None:
    error = fails(simulator, {**STOP, "path": "/compute/instances", "method": "PUT"})
    assert not [call for call in asked(simulator) if "actions" in call]
    assert not error.details["changed"]


# -- a write whose fate is open --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", EXECUTED.values(), ids=EXECUTED)
@pytest.mark.parametrize("conditions", [["unless"], ["reached"], ["unless", "reached"]])
@pytest.mark.parametrize("wait", [True, False])
def test_rule_10_its_effect_tells_that_it_was_executed(
    simulator: Simulator, fault: dict[str, Any], conditions: list[str], wait: bool
) -> None:
    spoil(simulator, fault)
    client = client_of(simulator)
    result = ensure(client, {**WAIT, **STOP, **dict.fromkeys(conditions, STOPPED), "wait": wait})
    assert result.changed
    assert result.values["response"] is None
    assert len(simulator.writes()) == 1
    assert f"{conditions[-1]} (GET {PATH}" in client.notices.warnings[-1]


@pytest.mark.parametrize("fault", UNSURE.values(), ids=UNSURE)
@pytest.mark.parametrize("condition", [None, "unless", "reached"])
def test_rule_10_nothing_tells_that_it_was_executed(
    simulator: Simulator, fault: dict[str, Any], condition: str | None
) -> None:
    spoil(simulator, fault)
    time = SimulatedTime(simulator)
    options = {**STOP, "wait_timeout": 60, **({condition: STOPPED} if condition else {})}
    error = fails(simulator, options, time=time)
    assert isinstance(error, errors.UnsureWriteError)
    assert "the call may have been executed" in str(error)
    assert error.details["changed"]
    assert len(simulator.writes()) == 1
    assert (time.now - 1000 >= 60) is bool(condition)
    if "status" in fault:
        assert error.details["values"]["status"] == fault["status"]


@pytest.mark.parametrize("condition", ["unless", "reached"])
def test_rule_10_what_would_tell_cannot_be_read(simulator: Simulator, condition: str) -> None:
    spoil(simulator, {"status": 500})
    hide = first(
        "PATCH",
        lambda: simulator.fault(
            method="GET", path=f"instances/{ID}$", count=0, fault={"status": 403}
        ),
    )
    error = fails(simulator, {**STOP, condition: STOPPED}, before=hide)
    assert isinstance(error, errors.UnsureWriteError)
    assert "may have been executed" in str(error)
    assert f"GET {PATH} answered 403" in str(error)
    assert error.details["changed"]


def test_rule_10_a_time_out(simulator: Simulator) -> None:
    spoil(simulator, {"delay_after": 3})
    result = run(simulator, ONCE, time=PatientTime(simulator), request_timeout=1)
    assert result.changed
    assert len(executed(simulator)) == 1


def test_rule_10_an_effect_that_comes_late(simulator: Simulator) -> None:
    simulator.settings(action_delay=200)
    spoil(simulator, {"cut": "after"})
    assert run(simulator, ONCE).changed
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize("options", [STOP, ONCE])
def test_rule_10_429_is_sent_again(simulator: Simulator, options: dict[str, Any]) -> None:
    spoil(simulator, {"status": 429, "headers": {"Retry-After": "3"}}, count=2)
    assert run(simulator, options).changed
    assert [e["status"] for e in simulator.writes()] == [429, 429, 202]


def test_rule_10_503_is_sent_again_where_unless_tells(simulator: Simulator) -> None:
    spoil(simulator, {"status": 503, "headers": {"Retry-After": "3"}}, count=2)
    assert run(simulator, ONCE).changed
    assert [e["status"] for e in simulator.writes()] == [503, 503, 202]
    between = asked(simulator)[3:-3]
    assert f"GET {PATH}" in between
    assert "GET /actions" in between


@pytest.mark.parametrize("retries", [0, 5])
@pytest.mark.parametrize(("lag", "delay"), [(0, 0.05), (10, 0.05), (0, 50), (20, 50)])
def test_rule_10_503_after_it_was_executed(
    simulator: Simulator, retries: int, lag: float, delay: float
) -> None:
    simulator.settings(effect_lag=lag, action_delay=delay)
    spoil(simulator, {"status": 503, "execute": True})
    result = run(simulator, ONCE, retries=retries)
    assert result.changed
    assert result.values["status"] == 503
    assert len(simulator.writes()) == 1


def test_rule_10_503_again_and_again(simulator: Simulator) -> None:
    spoil(simulator, {"status": 503}, count=0)
    error = fails(simulator, ONCE, retries=2)
    assert isinstance(error, errors.ServerError)
    assert error.details["values"]["status"] == 503
    assert len(simulator.writes()) == 3
    assert not error.details["changed"]


@pytest.mark.parametrize("retries", [0, 5])
def test_rule_10_503_after_which_it_goes_on(simulator: Simulator, retries: int) -> None:
    """It isn't said that nothing was sent."""
    simulator.settings(action_delay=1000)
    spoil(simulator, {"status": 503, "execute": True})
    error = fails(simulator, {**ONCE, "wait_timeout": 60}, retries=retries)
    assert isinstance(error, errors.UnsureWriteError)
    assert "was not sent again: Action 700001 (vm_stop)" in str(error)
    assert error.details["changed"]
    values = error.details["values"]
    assert (values["response"], values["status"]) == (None, 503)
    assert [a["process"] for a in values["itcare_actions"]] == ["vm_stop"]


@pytest.mark.parametrize("path", ["/actions$", f"instances/{ID}$"])
@pytest.mark.parametrize("status", [400, 500])
def test_rule_10_503_after_which_nothing_can_be_read(
    simulator: Simulator, path: str, status: int
) -> None:
    spoil(simulator, {"status": 503, "execute": True})
    fault = {"status": status}
    hide = first("PATCH", lambda: simulator.fault(method="GET", path=path, count=0, fault=fault))
    error = fails(simulator, ONCE, before=hide)
    assert isinstance(error, errors.UnsureWriteError)
    assert f"answered {status}" in str(error)
    assert error.details["changed"]
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize("more", [{}, {"reached": STOPPED}])
def test_rule_10_503_is_not_sent_again_where_nothing_tells(
    simulator: Simulator, more: dict[str, Any]
) -> None:
    spoil(simulator, {"status": 503})
    assert isinstance(
        fails(simulator, {**STOP, **more, "wait_timeout": 60}), errors.UnsureWriteError
    )
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_rule_10_a_refusal_is_an_error(simulator: Simulator, status: int) -> None:
    spoil(simulator, {"status": status})
    error = fails(simulator, ONCE)
    assert error.details["values"] == {"response": None, "status": status, "itcare_actions": []}
    assert not error.details["changed"]
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize("works", [True, False])
def test_rule_10_a_refusal_after_a_503(simulator: Simulator, works: bool) -> None:
    """The first of the two may have been executed, and be why the second one was refused."""
    answers = iter([503, 409])
    state = {"status": "ACTIVE"}

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        if path == "/token":
            return None
        if method == "GET":
            return 200, {}, json.dumps([] if "actions" in path else state).encode()
        status = next(answers)
        if status == 409 and works:
            state["status"] = "INACTIVE"
        return status, {}, b""

    with misbehaving(reply) as server:
        options = {**WAIT, **ONCE, "wait_timeout": 60}
        if works:
            assert ensure(server.client(), options).changed
        else:
            with pytest.raises(errors.UnsureWriteError):
                ensure(server.client(), options)


@pytest.mark.parametrize("more", [{}, {"unless": {"key": "x", "equals": 1}}])
def test_a_call_has_a_connection_of_its_own(more: dict[str, Any]) -> None:
    """One that is kept may have gone stale, which is the usual cause of lost answers."""
    done: list[str] = []

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        if "token" in path:
            return None
        done.extend([method] if method != "GET" else [])
        return 200, {}, b'{"x": 1}' if done else b"{}"

    with misbehaving(reply) as server:
        client = server.client()
        client.get("/x")
        assert ensure(client, {**WAIT, "method": "PUT", "path": "/x", "body": {}, **more}).changed
        ports = {(seen[0] == "PUT"): port for seen, port in zip(server.seen, server.connections)}
        client.close()
    assert ports[True] != ports[False]


# -- check mode that asks the server ---------------------------------------------------------------------------------


def test_rule_8_a_dry_run(simulator: Simulator) -> None:
    result = run(simulator, ONCE, read_only=True, dry_run=True)
    assert result.changed
    assert result.values == {"response": None, "status": None, "itcare_actions": []}
    assert [(e["dry_run"], e["executed"]) for e in simulator.writes()] == [(True, False)]
    simulator.control("PATCH", f"/control/instances/{ID}", {"status": "INACTIVE"})
    assert not run(simulator, ONCE, read_only=True, dry_run=True).changed
    assert len(simulator.writes()) == 1


def test_rule_8_a_dry_run_is_refused(simulator: Simulator) -> None:
    simulator.control("PATCH", f"/control/instances/{ID}", {"status": "INACTIVE"})
    error = fails(simulator, STOP, read_only=True, dry_run=True)
    assert isinstance(error, errors.InvalidRequestError)


def test_rule_8_a_dry_run_that_is_ignored(simulator: Simulator) -> None:
    simulator.settings(dry_run="ignore")
    error = fails(simulator, ONCE, read_only=True, dry_run=True)
    assert "may have been executed" in str(error)


def test_rule_8_no_dry_run_of_what_waits_for_others(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    others_do(simulator, ID, "resize", **RESIZE)
    assert run(simulator, ONCE, read_only=True, dry_run=True).changed
    assert len(simulator.writes()) == 1


def test_rule_8_a_dry_run_just_when_others_begin(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    begin = first("PATCH", lambda: others_do(simulator, ID, "resize", **RESIZE))
    assert run(simulator, ONCE, read_only=True, dry_run=True, before=begin).changed
    assert [e["status"] for e in simulator.writes()] == [202, 409]
