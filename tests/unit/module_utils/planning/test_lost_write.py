# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A write whose answer was lost: traced by what it did, not by what others did; what can't be undone happens once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.target import EFFECT
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import (
    NAME,
    WAIT,
    SimulatedTime,
    client_of,
    executed,
    instance_of,
    operations,
    shown,
)
from support.misbehaving import Misbehaving, Reply, misbehaving
from support.rivals import first, others_create, others_do
from support.simulator import Simulator
from support.tasks import CREATE, SNAPSHOT, run, run_snapshot


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)


# -- what others did just before doesn't stand for it --------------------------------------------------------------------


def party(simulator: Simulator, **options: Any) -> Result:
    return ensure_patch_party(client_of(simulator), {**WAIT, "concurrency": 2, **options})


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"status": 502}])
def test_an_exclusion_just_before_does_not_stand_for_a_lost_inclusion(
    simulator: Simulator, fault: dict[str, Any]
) -> None:
    simulator.settings(action_delay=0)
    ids = [instance_of(simulator, name=name)["id"] for name in ("A", "B")]
    party(simulator, names=["A", "B"], excluded=True, exclusion_reason="Release")
    simulator.fault(method="PATCH", fault=fault)
    result = party(simulator, names=["A", "B"], excluded=False, patch_group="2")
    assert result.changed
    parties = [shown(simulator, identity)["patchParty"] for identity in ids]
    assert [(p["excluded"], p["patchGroup"]) for p in parties] == [(False, "2")] * 2


def test_a_resize_just_before_does_not_stand_for_a_lost_one(simulator: Simulator) -> None:
    simulator.settings(action_delay=0)
    instance_of(simulator)
    run(simulator, {"sizing": "4cpu8gb"})
    simulator.fault(method="PATCH", fault={"cut": "before"})
    result = run(simulator, {"sizing": "8cpu16gb"})
    assert (result.values["instance"]["cpu"], result.values["instance"]["ram"]) == (8, 16)
    assert result.values["operations"] == ["resize"]


def test_a_snapshot_just_before_does_not_stand_for_a_lost_one(simulator: Simulator) -> None:
    """Many at once: only those in progress were listed before, so an ended one is told by its effect."""
    simulator.settings(action_delay=0)
    ids = [instance_of(simulator, name=name)["id"] for name in ("A", "B")]
    for state in ("present", "absent"):
        run_snapshot(simulator, {"names": ["A", "B"], "state": state})
    simulator.fault(method="POST", path="snapshots", fault={"cut": "before"})
    assert run_snapshot(simulator, {"names": ["A", "B"]}).changed
    assert all(shown(simulator, identity)["snapshot"] for identity in ids)


def test_what_was_in_the_way_does_not_stand_for_a_lost_write(simulator: Simulator) -> None:
    identity = instance_of(simulator)["id"]
    # theirs is sent, ours meets the conflict, and ours again is lost
    simulator.fault(method="PATCH", skip=2, fault={"cut": "before"})
    resize = first("PATCH", lambda: others_do(simulator, identity, "resize", sizing="8cpu32gb"))
    result = run(simulator, {"sizing": "4cpu8gb"}, before=resize)
    assert (result.values["instance"]["cpu"], result.values["instance"]["ram"]) == (4, 8)
    assert operations(simulator) == ["resize", "resize"]


def test_a_lost_stop_beside_a_restart_of_others(simulator: Simulator) -> None:
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]

    def others() -> None:
        others_do(simulator, identity, "stop")
        others_do(simulator, identity, "start")
        simulator.fault(method="PATCH", fault={"cut": "before"})

    result = run(simulator, {"state": "stopped"}, before=first("PATCH", others))
    assert operations(simulator) == ["stop", "start", "stop"]
    assert result.values["instance"]["status"] == "INACTIVE"
    assert result.values["operations"] == ["stop"]


def test_a_lost_create_beside_one_of_another_size(simulator: Simulator) -> None:
    simulator.settings(action_delay=5)

    def others() -> None:
        others_create(simulator, resourceId="8cpu16gb")
        simulator.fault(method="POST", path="/itcare", fault={"cut": "before"})

    result = run(simulator, CREATE, before=first("POST", others))
    assert (result.values["instance"]["cpu"], result.values["instance"]["ram"]) == (2, 4)
    assert operations(simulator) == ["POST instances", "resize"]


def test_an_inclusion_that_is_lost_while_an_exclusion_is_in_progress(simulator: Simulator) -> None:
    """Of the same process, and begun by somebody else just before."""
    simulator.settings(action_delay=5)
    excluded = {"excluded": True, "exclusionReason": "Release"}
    ids = [instance_of(simulator, name=name, patchParty=excluded)["id"] for name in "AB"]

    def others() -> None:
        for identity in ids:
            others_do(simulator, identity, "update_patch_party", patchParty=excluded)
        simulator.fault(method="PATCH", count=2, fault={"cut": "before"})

    client = client_of(simulator, before=first("PATCH", others))
    options = {**WAIT, "names": ["A", "B"], "excluded": False, "concurrency": 1}
    assert ensure_patch_party(client, options).changed
    assert [shown(simulator, i)["patchParty"]["excluded"] for i in ids] == [False, False]


def test_anothers_failure_is_not_ours(simulator: Simulator) -> None:
    simulator.settings(action_delay=0)
    identity = instance_of(simulator)["id"]

    def others() -> None:
        simulator.fail_actions(fail=1)
        others_do(simulator, identity, "update_backup", state=True)
        simulator.fault(method="PATCH", fault={"cut": "after"})

    result = run(simulator, {"sizing": "4cpu8gb"}, before=first("PATCH", others))
    assert result.values["operations"] == ["resize"]
    assert "vm_update_backup" not in [a["process"] for a in result.values["itcare_actions"]]


# -- once ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("timeout", "looks_for"), [(1800, 120), (60, 60)])
def test_how_long_a_lost_create_is_looked_for(
    simulator: Simulator, timeout: int, looks_for: int
) -> None:
    simulator.fault(method="POST", path="/itcare", fault={"cut": "before"})
    time = SimulatedTime(simulator)
    with pytest.raises(errors.UnsureWriteError, match="Look at it"):
        run(simulator, {**CREATE, "wait_timeout": timeout}, time=time)
    assert sum(time.slept) == pytest.approx(looks_for)
    assert len(simulator.writes()) == 1
    # a new run resolves it
    assert run(simulator, CREATE).changed
    assert operations(simulator) == ["POST instances"]


@pytest.mark.parametrize("cut", ["after", "body"])
@pytest.mark.parametrize("delay", [100, 0])
def test_a_reset_whose_answer_is_lost_is_found(simulator: Simulator, cut: str, delay: int) -> None:
    simulator.settings(action_delay=delay)
    instance_of(simulator)
    assert run(simulator, {"state": "reset"}).changed  # an older one must not stand for it
    simulator.fault(method="PATCH", fault={"cut": cut})
    result = run(simulator, {"state": "reset"})
    assert result.values["itcare_actions"][0]["id"] == executed(simulator)[1]["action_id"]
    assert operations(simulator) == ["reset", "reset"]


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"status": 500}, {"status": 504}])
def test_a_reset_that_may_not_have_been_is_not_repeated(
    simulator: Simulator, fault: dict[str, Any]
) -> None:
    instance_of(simulator)
    assert run(simulator, {"state": "reset"}).changed  # an older one must not stand for it
    simulator.fault(method="PATCH", fault=fault)
    with pytest.raises(errors.UnsureWriteError, match="isn't known whether 'reset'") as caught:
        run(simulator, {"state": "reset"})
    assert "Look at it before running this task again: the time at which" in str(caught.value)
    assert operations(simulator) == ["reset"]
    assert len(simulator.writes()) == 2


EMPTY = {"status": 202, "body": ""}


def test_a_reset_of_which_no_action_is_shown(simulator: Simulator) -> None:
    """Where actions are shown that means something, after a while."""
    instance_of(simulator)
    time = SimulatedTime(simulator)
    simulator.fault(method="PATCH", fault=EMPTY)
    with pytest.raises(errors.UnsureWriteError, match="names no action, and none is shown"):
        run(simulator, {"state": "reset"}, time=time)
    assert sum(time.slept) >= EFFECT


@pytest.mark.parametrize("hidden", [True, False])
def test_a_reset_that_nothing_can_be_known_of(simulator: Simulator, hidden: bool) -> None:
    """Where no actions are shown, and where nobody waits, an empty answer is all that there is; it isn't waited for more."""
    instance_of(simulator)
    time = SimulatedTime(simulator)
    if hidden:
        simulator.fault(path="/actions$", count=0, fault={"status": 403})
    simulator.fault(method="PATCH", fault=EMPTY)
    result = run(simulator, {"state": "reset", "wait": hidden}, time=time)
    assert result.values["operations"] == ["reset"]
    assert bool(result.warnings) is hidden
    assert not time.slept


@pytest.mark.parametrize("later", [{"status": 429}, {"status": 403}])
def test_what_a_503_hid_is_found_whatever_is_answered_later(
    simulator: Simulator, later: dict[str, Any]
) -> None:
    """The look before it is sent again comes too early."""
    instance_of(simulator)
    hidden: list[bool] = []

    def late(path: str, data: Any) -> Any:
        asked = [entry for entry in simulator.writes() if entry["method"] == "PATCH"]
        if path != "/actions" or len(asked) != 1:
            return data
        hidden.append(True)
        return []

    simulator.settings(action_delay=100)
    simulator.fault(method="PATCH", fault={"status": 503, "execute": True})
    simulator.fault(method="PATCH", fault=later)
    result = run(simulator, {"state": "stopped"}, shows=late)
    assert hidden
    assert result.values["operations"] == ["stop"]
    assert operations(simulator) == ["stop"]
    assert len(simulator.writes()) == 2


def test_a_look_after_503_that_fails_is_made_again(simulator: Simulator) -> None:
    """Before anything is sent again."""
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": 503, "execute": True})
    simulator.fault(path="/actions$", skip=1, fault={"status": 409})
    assert run(simulator, {"state": "stopped"}).values["operations"] == ["stop"]
    assert len(simulator.writes()) == 1


@pytest.mark.parametrize("force", [False, True])
def test_a_recovery_that_is_answered_503_again_and_again(simulator: Simulator, force: bool) -> None:
    simulator.settings(action_delay=0)
    instance_of(simulator, **SNAPSHOT)
    simulator.fault(method="PATCH", count=3, fault={"status": 503, "execute": True})
    run_snapshot(simulator, {"state": "recovered", "force": force})
    assert len(executed(simulator)) == 1


@pytest.mark.parametrize("status", [408, 520, 524])
def test_what_other_proxies_answer_after_delivery(simulator: Simulator, status: int) -> None:
    simulator.settings(action_delay=100)
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": status, "execute": True})
    result = run(simulator, {"state": "reset"})
    assert result.values["operations"] == ["reset"]
    assert len(simulator.writes()) == 1


class Machine:
    """An API of one instance, on kept connections; every write is accepted and done at once, and no action is shown."""

    def __init__(self) -> None:
        self.instance: dict[str, Any] | None = None

    def __call__(self, method: str, path: str, headers: dict[str, str]) -> Reply | None:
        where = path.split("?")[0].removeprefix("/itcare")
        if where == "/token":
            return None
        if where == "/actions":
            return 403, {}, b""
        found: Any = []
        if method == "POST":
            self.instance = {"id": 7, "name": NAME, "status": "ACTIVE"}
        if method != "GET":
            return 202, {}, b""
        if where == "/compute/instances":
            content = [self.instance] if self.instance else []
            found = {"content": content, "totalElements": len(content), "size": 200}
        elif where.startswith("/compute/instances/"):
            found = self.instance
        return 200, {}, json.dumps(found).encode()


def connections_of_writes(server: Misbehaving) -> list[bool]:
    """For each write, whether its connection was used for anything else."""
    pairs = list(zip(server.seen, server.connections))
    return [
        any(port == other for request, other in pairs if request is not seen)
        for seen, port in pairs
        if seen[0] != "GET" and "token" not in seen[1]
    ]


def test_what_happens_once_has_a_connection_of_its_own() -> None:
    with misbehaving(Machine()) as server:
        client = server.client()
        for options in (CREATE, {"name": NAME, "state": "reset"}):
            ensure(client, {**WAIT, **options})
        assert connections_of_writes(server) == [False, False]
        assert len(set(server.connections)) == 3
        client.close()


# -- whether it counts as a change ---------------------------------------------------------------------------------------


def test_a_write_found_by_a_look_is_a_change(simulator: Simulator) -> None:
    """Executed though it was answered 503, and sent again: refused as done."""
    simulator.settings(action_delay=0)
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": 503, "execute": True})
    result = run(simulator, {"state": "stopped"})
    assert operations(simulator) == ["stop"]
    assert (result.changed, result.values["operations"]) == (True, ["stop"])


def test_a_lost_answer_then_503(simulator: Simulator) -> None:
    """A 503 says nothing about the sending before it."""
    simulator.settings(action_delay=0)
    instance_of(simulator)
    simulator.fault(method="PATCH", fault={"status": 503, "execute": True})
    simulator.fault(method="PATCH", count=0, fault={"status": 503})
    result = run(simulator, {"state": "stopped"}, retries=1)
    assert result.values["operations"] == operations(simulator) == ["stop"]


@pytest.mark.parametrize(
    ("state", "step", "done"),
    [
        ("stopped", 0, ["stop"]),
        ("restarted", 0, ["stop", "start"]),
        ("restarted", 1, ["stop", "start"]),
    ],
)
def test_a_step_that_is_refused_as_done_where_no_actions_are_shown(
    simulator: Simulator, state: str, step: int, done: list[str]
) -> None:
    """Executed though it was answered 503: what the instance shows is all that tells."""
    simulator.settings(action_delay=0)
    instance_of(simulator)
    simulator.fault(path="/actions$", count=0, fault={"status": 403})
    simulator.fault(method="PATCH", skip=step, fault={"status": 503, "execute": True})
    result = run(simulator, {"state": state})
    assert result.values["operations"] == operations(simulator) == done
    assert result.changed


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


def test_a_token_that_cannot_be_had_leaves_no_doubt(simulator: Simulator) -> None:
    """The token ends between reading and writing, and there is no other."""
    time = SimulatedTime(simulator)
    instance_of(simulator)

    def token_ends() -> None:
        time.sleep(8000)
        simulator.fault(path="/token$", count=0, fault={"status": 500})

    options = {"state": "reset", "wait_timeout": 90000}
    with pytest.raises(errors.ServerError, match="POST .*/token answered 500"):
        run(simulator, options, time=time, before=first("PATCH", token_ends))
    assert not simulator.writes() or all("/token" in e["path"] for e in simulator.writes())
