# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replicas that disagree, rivals between two requests, and services that answer otherwise: never the wrong server, never twice."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import (
    WAIT,
    SimulatedTime,
    act,
    between,
    calls,
    client_of,
    executed,
    instance_of,
    operations,
    shown,
)
from support.simulator import Simulator

NAME = "PEB4TEST01"
CREATE = {"name": NAME, "region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16}
BODY = {
    "name": NAME, "region": "EB4", "platform": "deb12", "resourceId": "2cpu4gb", "serviceId": 16
}  # fmt: skip
STOPPED = {"status": "INACTIVE"}
SNAPSHOT = {"snapshot": {"description": "theirs"}}


def run(simulator: Simulator, options: dict[str, Any], client: Client | None = None) -> Result:
    return ensure(client or client_of(simulator), {**WAIT, "name": NAME, **options})


def run_snapshot(
    simulator: Simulator, options: dict[str, Any], client: Client | None = None
) -> Result:
    return ensure_snapshot(client or client_of(simulator), {**WAIT, "names": [NAME], **options})


def write(simulator: Simulator, method: str, path: str, body: Any = None) -> None:
    """Somebody else's, which takes its time."""
    client_of(simulator, time=SimulatedTime()).write(method, f"/compute/instances{path}", body)


def seen_as(client: Client, change: Callable[[str, Any], Any]) -> Client:
    """The client, which is shown something else than the simulator says."""
    get = client.get

    def other(path: str, params: Any = None) -> Any:
        return change(path, get(path, params))

    setattr(client, "get", other)  # noqa: B010 (mypy minds an assignment)
    return client


def after_first(client: Client, method: str, happens: Callable[[], Any]) -> Client:
    """A client just after whose first such write something happens."""
    ours = client.write
    done: list[bool] = []

    def later(used: str, *args: Any, **kwargs: Any) -> Any:
        answer = ours(used, *args, **kwargs)
        if used == method and not done:
            done.append(True)
            happens()
        return answer

    setattr(client, "write", later)  # noqa: B010 (mypy minds an assignment)
    return client


def never_to_nobody(simulator: Simulator) -> None:
    assert not [entry["path"] for entry in simulator.writes() if "None" in entry["path"]]


# -- replicas that disagree --------------------------------------------------------------------------------------------


def test_a_restart_whose_start_is_refused_by_a_replica_that_lags(simulator: Simulator) -> None:
    """Both its refusal and what it shows are of the time before the stop."""
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]
    client = client_of(simulator)
    ours, stale = client.write, [0]

    def refused(method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        if body["operation"] == "start" and stale[0] < 4:
            stale[0] += 1
            raise errors.InvalidRequestError("PATCH", path, 400, said="status is ACTIVE")
        return ours(method, path, body, **kwargs)

    def lagging(path: str, data: Any) -> Any:
        if 0 < stale[0] < 4 and path.endswith(f"/{identity}"):
            data["status"] = "ACTIVE"
        return data

    setattr(client, "write", refused)  # noqa: B010 (mypy minds an assignment)
    result = run(simulator, {"state": "restarted"}, seen_as(client, lagging))
    assert result.values["operations"] == operations(simulator) == ["stop", "start"]
    assert shown(simulator, identity)["status"] == "ACTIVE"


@pytest.mark.parametrize("happens", ["start is lost", "others at work"])
def test_a_state_of_before_the_stop_is_no_start(simulator: Simulator, happens: str) -> None:
    """One of several replicas still shows the server running when it is looked at before the start."""
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]
    stale: list[bool] = []

    def stopped() -> None:
        if happens == "start is lost":
            simulator.fault(method="PATCH", fault={"cut": "before"})
        else:
            act(simulator, identity, "update_backup", state=True)

    def lagging(path: str, data: Any) -> Any:
        if path.endswith(f"/{identity}"):
            stale.append(True)
            if len(stale) == 2:  # the first look, after the stop, was at another replica
                data["status"] = "ACTIVE"
        return data

    client = seen_as(after_first(client_of(simulator), "PATCH", stopped), lagging)
    result = run(simulator, {"state": "restarted"}, client)
    assert [o for o in operations(simulator) if o != "update_backup"] == ["stop", "start"]
    assert result.values["operations"] == ["stop", "start"]
    assert shown(simulator, identity)["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("fields", "options", "done"),
    [
        ({}, {"state": "restarted"}, "stop"),
        (None, {**CREATE, "state": "stopped"}, "create"),
        ({}, {"state": "absent", "force": True}, "stop"),
    ],
)
def test_no_next_step_before_the_effect_of_the_last(
    simulator: Simulator, fields: dict[str, Any] | None, options: dict[str, Any], done: str
) -> None:
    simulator.settings(action_delay=1, effect_lag=100)
    if fields is not None:
        instance_of(simulator, **fields)
    with pytest.raises(errors.ActionTimeoutError, match="was not begun") as caught:
        run(simulator, options)
    assert caught.value.details["operations"] == [done]
    assert caught.value.details["changed"]
    assert len(simulator.writes()) == 1
    never_to_nobody(simulator)


def test_a_snapshot_is_deleted_once_though_it_is_still_shown(simulator: Simulator) -> None:
    simulator.settings(action_delay=1, effect_lag=100_000)
    instance_of(simulator, **SNAPSHOT)
    result = run_snapshot(simulator, {"state": "absent"})
    assert len(simulator.writes()) == 1
    assert any("doesn't show the effect" in text for text in result.warnings)


@pytest.mark.parametrize(
    ("fields", "theirs", "options", "ours"),
    [
        ({}, "stop", {"state": "started"}, ["start"]),
        (STOPPED, "DELETE", CREATE, ["create"]),
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_an_action_that_has_just_ended_and_does_not_show_yet(
    simulator: Simulator,
    fields: dict[str, Any],
    theirs: str,
    options: dict[str, Any],
    ours: list[str],
    read_only: bool,
) -> None:
    simulator.settings(action_delay=1, effect_lag=8)
    identity = instance_of(simulator, **fields)["id"]
    if theirs == "DELETE":
        write(simulator, "DELETE", f"/{identity}")
    else:
        act(simulator, identity, theirs)
    simulator.advance(2)
    result = run(simulator, options, client_of(simulator, read_only=read_only))
    assert result.values["operations"] == ours
    if not read_only:
        simulator.advance(60)
        assert result.values["instance"]["status"] == "ACTIVE"
        assert not run(simulator, options).changed


# -- the right server ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wait", [False, True])
def test_a_service_that_ignores_whose_actions_are_asked_for(
    simulator: Simulator, wait: bool
) -> None:
    simulator.settings(action_delay=100)
    one, other = (instance_of(simulator, name=name)["id"] for name in "AB")
    act(simulator, other, "stop")
    client = client_of(simulator)
    get = client.get

    def unfiltered(path: str, params: Any = None) -> Any:
        return get(path, None if path == "/actions" else params)

    setattr(client, "get", unfiltered)  # noqa: B010 (mypy minds an assignment)
    result = ensure(client, {**WAIT, "id": one, "state": "stopped", "wait": wait})
    assert result.values["operations"] == ["stop"]
    assert [a["resource_name"] for a in result.values["itcare_actions"]] == ["A"]


def test_a_twin_that_is_not_selected(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    twin, theirs = (instance_of(simulator, name="TWIN")["id"] for _number in range(2))
    other = instance_of(simulator, name="OTHER")["id"]
    write(simulator, "POST", f"/{theirs}/snapshots")
    run_snapshot(simulator, {"names": None, "ids": [twin, other], "wait": False})
    simulator.advance(200)
    assert shown(simulator, twin)["snapshot"]
    assert shown(simulator, other)["snapshot"]


def test_twins_one_of_whose_snapshots_is_going(simulator: Simulator) -> None:
    simulator.settings(action_delay=30)
    other = instance_of(simulator, name="OTHER")["id"]
    twins = [instance_of(simulator, name="TWIN", **SNAPSHOT)["id"] for _number in range(2)]
    gone = shown(simulator, twins[0])["snapshot"]["id"]
    write(simulator, "DELETE", f"/{twins[0]}/snapshots/{gone}")
    simulator.settings(action_delay=60)
    run_snapshot(simulator, {"names": None, "ids": [other, *twins]})
    assert all(shown(simulator, identity)["snapshot"] for identity in (other, *twins))


def test_a_name_that_another_server_gets_meanwhile(simulator: Simulator) -> None:
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]
    new: list[int] = []

    def recreate() -> None:
        simulator.advance(5)
        simulator.control("DELETE", f"/control/instances/{identity}")
        new.append(instance_of(simulator)["id"])

    client = after_first(client_of(simulator), "PATCH", recreate)
    run(simulator, {"state": "absent", "force": True}, client)
    assert shown(simulator, new[0])["status"] == "ACTIVE"
    assert {entry["path"].split("/")[4] for entry in simulator.writes()} == {str(identity)}


@pytest.mark.parametrize("moment", ["before", "after the stop"])
def test_a_restart_of_one_that_is_deleted(simulator: Simulator, moment: str) -> None:
    simulator.settings(action_delay=20)
    identity = instance_of(simulator, **(STOPPED if moment == "before" else {}))["id"]
    client = client_of(simulator)
    if moment == "before":
        write(simulator, "DELETE", f"/{identity}")
    else:

        def vanish() -> None:
            simulator.advance(30)
            simulator.control("DELETE", f"/control/instances/{identity}")

        after_first(client, "PATCH", vanish)
    with pytest.raises(errors.InputError, match="There is no instance"):
        run(simulator, {"state": "restarted"}, client)
    never_to_nobody(simulator)


def test_one_that_vanishes_after_our_stop_is_absent(simulator: Simulator) -> None:
    simulator.settings(action_delay=1)
    identity = instance_of(simulator)["id"]

    def vanish() -> None:
        simulator.advance(5)
        simulator.control("DELETE", f"/control/instances/{identity}")

    time = SimulatedTime(simulator)
    client = after_first(client_of(simulator, time=time), "PATCH", vanish)
    result = run(simulator, {"state": "absent", "force": True}, client)
    assert result.values["instance"] is None
    assert sum(time.slept) < 5
    never_to_nobody(simulator)


def test_a_snapshot_that_others_recover_while_the_first_ones_are(simulator: Simulator) -> None:
    """Minutes go by before its turn comes; once more would throw away what was done since."""
    simulator.settings(action_delay=300)
    _first, second = (instance_of(simulator, name=name, **SNAPSHOT)["id"] for name in "AB")

    def recovered() -> None:
        simulator.settings(action_delay=0)
        write(simulator, "PATCH", f"/{second}/snapshots")

    client = after_first(client_of(simulator), "PATCH", recovered)
    result = ensure_snapshot(client, {**WAIT, "names": ["A", "B"], "state": "recovered"})
    assert [row["changed"] for row in result.values["snapshots"]] == [True, False]
    assert len(executed(simulator)) == 2


def test_a_group_that_others_give_just_after_the_list_was_read(simulator: Simulator) -> None:
    """Before the look at actions, where it has ended already."""
    simulator.settings(action_delay=0)
    excluded = {"excluded": True, "exclusionReason": "Release"}
    identity = instance_of(simulator, patchParty=excluded)["id"]
    client = client_of(simulator)
    get = client.get

    def regrouped(path: str, params: Any = None) -> Any:
        if path == "/actions":
            party = {"excluded": False, "patchGroup": 3}
            act(simulator, identity, "update_patch_party", patchParty=party)
        return get(path, params)

    setattr(client, "get", regrouped)  # noqa: B010 (mypy minds an assignment)
    result = ensure_patch_party(client, {**WAIT, "names": [NAME], "excluded": False})
    assert not result.changed
    assert shown(simulator, identity)["patchParty"]["patchGroup"] == "3"


def test_a_group_that_others_give_while_the_first_ones_are_changed(simulator: Simulator) -> None:
    """Without a group that is asked for the present one is sent along: that of its turn, not of the list."""
    simulator.settings(action_delay=300)
    excluded = {"excluded": True, "exclusionReason": "Release", "patchGroup": "1"}
    _first, second = (instance_of(simulator, name=n, patchParty=excluded)["id"] for n in "AB")

    def regrouped() -> None:
        simulator.settings(action_delay=0)
        act(
            simulator, second, "update_patch_party", patchParty={"excluded": False, "patchGroup": 3}
        )

    client = after_first(client_of(simulator), "PATCH", regrouped)
    options = {**WAIT, "names": ["A", "B"], "excluded": False, "concurrency": 1}
    result = ensure_patch_party(client, options)
    assert [row["changed"] for row in result.values["instances"]] == [True, False]
    assert shown(simulator, second)["patchParty"]["patchGroup"] == "3"


# -- a change is ours and done, or it isn't said so ------------------------------------------------------------------------


def test_a_lost_stop_beside_a_restart_of_others(simulator: Simulator) -> None:
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]

    def others() -> None:
        act(simulator, identity, "stop")
        act(simulator, identity, "start")
        simulator.fault(method="PATCH", fault={"cut": "before"})

    result = run(simulator, {"state": "stopped"}, between(simulator, "PATCH", others))
    assert operations(simulator) == ["stop", "start", "stop"]
    assert result.values["instance"]["status"] == "INACTIVE"
    assert result.values["operations"] == ["stop"]


def test_a_lost_create_beside_one_of_another_size(simulator: Simulator) -> None:
    simulator.settings(action_delay=5)

    def others() -> None:
        write(simulator, "POST", "", {**BODY, "resourceId": "8cpu16gb"})
        simulator.fault(method="POST", path="/itcare", fault={"cut": "before"})

    result = run(simulator, CREATE, between(simulator, "POST", others))
    assert (result.values["instance"]["cpu"], result.values["instance"]["ram"]) == (2, 4)
    assert operations(simulator) == ["POST instances", "resize"]


def test_an_inclusion_that_is_lost_while_an_exclusion_is_in_progress(simulator: Simulator) -> None:
    """Of the same process, and begun by somebody else just before."""
    simulator.settings(action_delay=5)
    excluded = {"excluded": True, "exclusionReason": "Release"}
    ids = [instance_of(simulator, name=name, patchParty=excluded)["id"] for name in "AB"]

    def others() -> None:
        for identity in ids:
            act(simulator, identity, "update_patch_party", patchParty=excluded)
        simulator.fault(method="PATCH", count=2, fault={"cut": "before"})

    client = between(simulator, "PATCH", others)
    options = {**WAIT, "names": ["A", "B"], "excluded": False, "concurrency": 1}
    assert ensure_patch_party(client, options).changed
    assert [shown(simulator, i)["patchParty"]["excluded"] for i in ids] == [False, False]


def test_anothers_failure_is_not_ours(simulator: Simulator) -> None:
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]

    def others() -> None:
        simulator.fail_actions(fail=1)
        act(simulator, identity, "update_backup", state=True)
        simulator.fault(method="PATCH", fault={"cut": "after"})

    result = run(simulator, {"sizing": "4cpu8gb"}, between(simulator, "PATCH", others))
    assert result.values["operations"] == ["resize"]
    assert "vm_update_backup" not in [a["process"] for a in result.values["itcare_actions"]]


def test_ours_is_executing_though_it_was_answered_503(simulator: Simulator) -> None:
    simulator.settings(action_delay=1000)
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": 503, "execute": True})
    with pytest.raises(errors.ActionTimeoutError) as caught:
        run(simulator, {"state": "stopped", "wait_timeout": 60})
    assert caught.value.details["changed"]


def test_nothing_but_503_is_no_change(simulator: Simulator) -> None:
    instance_of(simulator)
    simulator.fault(method="PATCH", count=0, fault={"status": 503})
    with pytest.raises(errors.ServerError) as caught:
        run(simulator, {"state": "stopped"})
    assert not caught.value.details["changed"]


@pytest.mark.parametrize("status", [408, 520, 524])
def test_what_other_proxies_answer_after_delivery(simulator: Simulator, status: int) -> None:
    simulator.settings(action_delay=100)
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": status, "execute": True})
    result = run(simulator, {"state": "reset"})
    assert result.values["operations"] == ["reset"]
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize("force", [False, True])
def test_a_recovery_that_is_answered_503_again_and_again(simulator: Simulator, force: bool) -> None:
    simulator.settings(action_delay=0)
    instance_of(simulator, **SNAPSHOT)
    simulator.fault(method="PATCH", count=3, fault={"status": 503, "execute": True})
    run_snapshot(simulator, {"state": "recovered", "force": force})
    assert len(executed(simulator)) == 1


# -- an answer without an action ---------------------------------------------------------------------------------------------


def test_an_empty_answer_without_a_wait(simulator: Simulator) -> None:
    simulator.settings(action_delay=30, accepted_body="empty")
    instance_of(simulator)
    result = run(simulator, {"state": "stopped", "wait": False})
    assert [a["process"] for a in result.values["itcare_actions"]] == ["vm_stop"]


def test_an_empty_answer_after_one_like_it(simulator: Simulator) -> None:
    """The service lists the oldest first; the action that ended just before isn't ours."""
    simulator.settings(action_delay=0)
    ids = [instance_of(simulator, name=name)["id"] for name in "AB"]
    options = {**WAIT, "names": ["A", "B"], "concurrency": 1}
    excluded = {"excluded": True, "exclusion_reason": "R"}
    ensure_patch_party(client_of(simulator), {**options, **excluded})
    simulator.settings(action_delay=50, accepted_body="empty")
    simulator.fail_actions(fail=2)

    def oldest_first(path: str, data: Any) -> Any:
        return list(reversed(data)) if path == "/actions" else data

    with pytest.raises(errors.ItcareError, match="2 of 2 instances failed"):
        ensure_patch_party(
            seen_as(client_of(simulator), oldest_first), {**options, "excluded": False}
        )
    assert [shown(simulator, identity)["patchParty"]["excluded"] for identity in ids] == [
        True,
        True,
    ]


@pytest.mark.parametrize("state", ["stopped", "reset"])
def test_an_empty_answer_and_an_action_by_another_name(simulator: Simulator, state: str) -> None:
    simulator.settings(action_delay=30, accepted_body="empty")
    instance_of(simulator)
    simulator.fail_actions(fail=1)

    def renamed(path: str, data: Any) -> Any:
        if path.startswith("/actions"):
            for action in data if isinstance(data, list) else [data]:
                action["process"] = f"machine.{action['process']}"
        return data

    with pytest.raises(errors.ActionFailedError):
        run(simulator, {"state": state}, seen_as(client_of(simulator), renamed))


def test_one_that_vanishes_after_an_empty_answer(simulator: Simulator) -> None:
    """That isn't a matter of time."""
    simulator.settings(action_delay=50, accepted_body="empty")
    identity = instance_of(simulator, status="INACTIVE")["id"]
    client = after_first(
        client_of(simulator),
        "PATCH",
        lambda: simulator.control("DELETE", f"/control/instances/{identity}"),
    )
    with pytest.raises(errors.ItcareError, match="TEST01 is gone: it was there before 'start'"):
        run(simulator, {"state": "started"}, client)


# -- time ----------------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_again_when_the_time_is_over(simulator: Simulator) -> None:
    instance_of(simulator)
    time = SimulatedTime(simulator)
    simulator.fault(method="PATCH", count=0, fault={"cut": "before"})
    client = client_of(simulator, time=time)

    def time_goes_by() -> None:
        time.now += 60

    ours = client.write

    def slow(*args: Any, **kwargs: Any) -> Any:
        time_goes_by()
        return ours(*args, **kwargs)

    setattr(client, "write", slow)  # noqa: B010 (mypy minds an assignment)
    with pytest.raises(errors.UnsureWriteError):
        run(simulator, {"state": "stopped", "wait_timeout": 30}, client)
    assert len(simulator.writes()) == 1


def test_a_create_is_not_sent_again_when_there_was_no_time_to_look_for_it(
    simulator: Simulator,
) -> None:
    simulator.fault(method="POST", path="/itcare", count=0, fault={"status": 503})
    with pytest.raises(errors.UnsureWriteError):
        run(simulator, {**CREATE, "wait_timeout": 5})
    assert len(simulator.writes()) == 1


def test_others_that_never_come_to_an_end(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)
    identity = instance_of(simulator)["id"]
    act(simulator, identity, "update_backup", state=True)
    known = itertools.count(900_001)

    def ever_more(path: str, data: Any) -> Any:
        if path != "/actions" or next(known) < 900_002:
            return data
        return [{"id": next(known), "status": "SUCCESS", "process": "vm_stop"}]

    with pytest.raises(errors.ActionTimeoutError, match="again and again"):
        run(simulator, {"state": "stopped"}, seen_as(client_of(simulator), ever_more))


def test_older_actions_cost_no_wait(simulator: Simulator) -> None:
    """What this task's predecessor did to the same snapshots a second ago."""
    simulator.settings(action_delay=0)
    for name in "AB":
        instance_of(simulator, name=name)
    run_snapshot(simulator, {"names": ["A", "B"]})
    time = SimulatedTime(simulator)
    run_snapshot(simulator, {"names": ["A", "B"], "replace": True}, client_of(simulator, time=time))
    assert sum(time.slept) < 5


# -- check mode -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "theirs", "options"),
    [
        (STOPPED, "start", {"state": "restarted"}),
        ({}, "reset", {"state": "reset"}),
        ({}, "POST /{id}/snapshots", {"replace": True}),
        (SNAPSHOT, "PATCH /{id}/snapshots", {"state": "recovered", "force": True}),
        (SNAPSHOT, "DELETE /{id}/snapshots/{snapshot}", {"replace": True}),
    ],
    ids=["restart", "reset", "create snapshot", "recover", "replace"],
)
def test_what_would_be_adopted_is_not_predicted(
    simulator: Simulator, fields: dict[str, Any], theirs: str, options: dict[str, Any]
) -> None:
    simulator.settings(action_delay=20)
    identity = instance_of(simulator, **fields)["id"]
    method, _blank, path = theirs.partition(" ")
    if path:
        there = shown(simulator, identity)["snapshot"] or {}
        write(simulator, method, path.format(id=identity, snapshot=there.get("id")))
    else:
        act(simulator, identity, theirs)
    work = run_snapshot if path else run
    predicted = work(simulator, options, client_of(simulator, read_only=True))
    real = work(simulator, options)
    assert predicted.values["operations"] == real.values["operations"]
    assert predicted.changed == real.changed


def test_two_in_progress_are_foreseen_in_their_order(simulator: Simulator) -> None:
    instance_of(simulator, **SNAPSHOT)

    def queued(path: str, data: Any) -> Any:
        if path != "/actions":
            return data
        return [
            {"id": number, "status": "IN_PROGRESS", "process": process, "resourceName": NAME}
            for number, process in ((2, "vm_create_snapshot"), (1, "vm_delete_snapshot"))
        ]

    client = seen_as(client_of(simulator, read_only=True), queued)
    assert not run_snapshot(simulator, {}, client).changed


def test_a_dry_run_of_what_is_still_being_created(simulator: Simulator) -> None:
    simulator.settings(action_delay=30)
    write(simulator, "POST", "", BODY)
    client = client_of(simulator, read_only=True, dry_run=True)
    assert run(simulator, {"state": "stopped"}, client).values["operations"] == ["stop"]
    never_to_nobody(simulator)


# -- odd answers --------------------------------------------------------------------------------------------------------------


def test_size_of_one_that_is_being_created(simulator: Simulator) -> None:
    simulator.settings(action_delay=30)
    write(simulator, "POST", "", BODY)
    assert run(simulator, {"sizing": "4cpu8gb"}).values["operations"] == ["resize"]


def test_anothers_action_that_may_not_be_polled(simulator: Simulator) -> None:
    simulator.settings(action_delay=5)
    identity = instance_of(simulator)["id"]
    act(simulator, identity, "stop")
    simulator.fault(path=r"/actions/\d+$", count=0, fault={"status": 403})
    result = run(simulator, {"state": "started"})
    assert not result.changed
    (warning,) = result.warnings
    assert "isn't waited for" in warning


def test_a_web_page_at_a_poll(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)
    instance_of(simulator)
    simulator.fault(path=r"/actions/\d+$", count=2, fault={"status": 200, "html": True})
    assert run(simulator, {"state": "stopped"}).values["operations"] == ["stop"]


def test_a_row_that_fails_before_its_plan_shows_its_snapshot(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    identity = instance_of(simulator, **SNAPSHOT)["id"]
    write(simulator, "PATCH", f"/{identity}/snapshots")
    with pytest.raises(errors.ItcareError) as caught:
        run_snapshot(simulator, {"state": "absent", "wait_timeout": 30})
    (row,) = caught.value.details["snapshots"]
    assert row["snapshot"]["description"] == "theirs"
    assert json.dumps(row)
    assert "GET /actions" in calls(simulator)
