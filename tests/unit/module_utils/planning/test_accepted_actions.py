# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An accepted action is never forgotten: found where the answer names none, polled though polls fail, told in errors."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.ensure import (
    ensure as wait_for_actions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from support.client import (
    WAIT,
    SimulatedTime,
    calls,
    client_of,
    everything_said,
    executed,
    instance_of,
    shown,
)
from support.simulator import Simulator
from support.tasks import run

POLL = r"/actions/\d+$"


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)


# -- polls ---------------------------------------------------------------------------------------------------------------


def test_polls_come_slower_and_slower(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    instance_of(simulator)
    time = SimulatedTime(simulator)
    run(simulator, {"state": "stopped", "wait_interval": 5}, time=time)
    assert time.slept[0] < 1
    assert time.slept == sorted(time.slept)
    assert time.slept[-1] == 5
    polls = [call for call in calls(simulator) if call.startswith("GET /actions/")]
    assert len(polls) == len(time.slept) < 30


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"status": 500}, {"status": 429}, {"cut": "before"}, {"status": 502}],
    ids=str,
)
def test_polls_that_fail_for_a_while(simulator: Simulator, fault: dict[str, Any]) -> None:
    instance_of(simulator)
    simulator.fault(path=POLL, count=20, fault=fault)
    result = run(simulator, {"state": "stopped"}, retries=2)
    assert result.values["operations"] == ["stop"]
    assert [a["status"] for a in result.values["itcare_actions"]] == ["SUCCESS"]


@pytest.mark.parametrize("status", [503, 401, 403])
def test_polls_that_fail_for_ever(simulator: Simulator, status: int) -> None:
    instance_of(simulator)
    simulator.fault(path=POLL, count=0, fault={"status": status})
    with pytest.raises(errors.ItcareError) as caught:
        run(simulator, {"state": "stopped", "wait_timeout": 60})
    (action,) = caught.value.details["itcare_actions"]
    assert action["id"] == executed(simulator)[0]["action_id"]
    assert caught.value.details["changed"]
    assert isinstance(caught.value, errors.ActionTimeoutError) == (status == 503)


def test_polls_that_fail_among_many(simulator: Simulator) -> None:
    names = [instance_of(simulator, name=name)["name"] for name in ("A", "B")]
    simulator.fault(path=POLL, count=0, fault={"status": 403})
    options = {**WAIT, "names": names, "patch_group": "2", "concurrency": 2}
    with pytest.raises(errors.ItcareError) as caught:
        ensure_patch_party(client_of(simulator), options)
    assert caught.value.details["changed"]
    rows = caught.value.details["instances"]
    assert all(row["changed"] and row["action"] and row["error"] for row in rows)


def test_a_web_page_at_a_poll(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)
    instance_of(simulator)
    simulator.fault(path=r"/actions/\d+$", count=2, fault={"status": 200, "html": True})
    assert run(simulator, {"state": "stopped"}).values["operations"] == ["stop"]


def test_an_error_tells_what_was_done_before(simulator: Simulator) -> None:
    instance_of(simulator)
    simulator.fail_actions(fail=1, process="vm_resize", message="No room")
    with pytest.raises(errors.ActionFailedError, match="vm_resize.*No room") as caught:
        run(simulator, {"state": "stopped", "sizing": "4cpu8gb"})
    assert caught.value.details["operations"] == ["stop"]
    assert [a["status"] for a in caught.value.details["itcare_actions"]] == ["SUCCESS", "ERROR"]
    assert "demo-secret" not in everything_said(caught.value)


# -- an action that isn't shown yet, or no more --------------------------------------------------------------------------


def test_an_action_that_isnt_visible_yet(simulator: Simulator) -> None:
    instance_of(simulator)
    simulator.fault(path=POLL, count=5, fault={"status": 404})
    result = run(simulator, {"state": "reset"})
    assert result.values["operations"] == ["reset"]
    assert not result.warnings


def test_the_action_of_an_empty_answer_that_isnt_visible_yet(simulator: Simulator) -> None:
    simulator.settings(accepted_body="empty")
    instance_of(simulator)
    looks = itertools.count()

    def late(path: str, data: Any) -> Any:
        return [] if path == "/actions" and next(looks) < 5 else data

    result = run(simulator, {"state": "reset"}, shows=late)
    assert [a["id"] for a in result.values["itcare_actions"]] == [
        executed(simulator)[0]["action_id"]
    ]


def test_an_action_whose_record_is_gone(simulator: Simulator) -> None:
    instance_of(simulator)
    simulator.fault(path=POLL, count=0, fault={"status": 404})
    result = run(simulator, {"state": "stopped"})
    assert result.values["operations"] == ["stop"]
    (warning,) = result.warnings
    assert "its record is gone" in warning


@pytest.mark.parametrize("options", [{"state": "reset"}, {"state": "stopped"}])
def test_a_gone_record_and_no_effect(simulator: Simulator, options: dict[str, Any]) -> None:
    simulator.settings(action_delay=100_000)
    instance_of(simulator)
    simulator.fault(path=POLL, count=0, fault={"status": 404})
    with pytest.raises(errors.UnsureWriteError, match="its record is gone") as caught:
        run(simulator, options)
    assert f"ction {executed(simulator)[0]['action_id']} " in str(caught.value)
    assert caught.value.details["changed"]


def test_a_gone_record_of_an_answer_without_an_action(simulator: Simulator) -> None:
    """It was found in the list, and then its record went."""
    simulator.settings(action_delay=100_000, accepted_body="empty")
    instance_of(simulator)
    simulator.fault(path=POLL, count=0, fault={"status": 404})
    with pytest.raises(errors.UnsureWriteError) as caught:
        run(simulator, {"state": "stopped", "wait_timeout": 300})
    assert f"ction {executed(simulator)[0]['action_id']} " in str(caught.value)


def test_waiting_for_a_record_that_is_gone(simulator: Simulator) -> None:
    instance_of(simulator)
    action = run(simulator, {"state": "stopped", "wait": False}).values["itcare_actions"][0]
    simulator.fault(path=POLL, skip=1, count=0, fault={"status": 404})
    with pytest.raises(errors.ActionFailedError, match="record of 1 of 1 actions is gone"):
        wait_for_actions(client_of(simulator), {**WAIT, "action_ids": [action["id"]]})


# -- an answer without an action -----------------------------------------------------------------------------------------


def test_the_resource_in_an_answer_is_no_action(simulator: Simulator) -> None:
    """Its id could even be that of somebody's action."""
    instance = instance_of(simulator)
    body = json.dumps({**shown(simulator, instance["id"]), "status": "ACTIVE"})
    simulator.fault(method="PATCH", fault={"status": 200, "body": body, "execute": True})
    result = run(simulator, {"state": "stopped"})
    assert result.values["operations"] == ["stop"]
    assert result.values["instance"]["status"] == "INACTIVE"
    assert [a["process"] for a in result.values["itcare_actions"]] == ["vm_stop"]


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
        ensure_patch_party(client_of(simulator, shows=oldest_first), {**options, "excluded": False})
    assert [shown(simulator, identity)["patchParty"]["excluded"] for identity in ids] == [
        True,
        True,
    ]
