# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`wait_timeout` bounds a task as a whole: polls, pauses of the client, what others do, and what is sent again."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from support.client import (
    WAIT,
    SimulatedTime,
    calls,
    client_of,
    executed,
    instance_of,
)
from support.rivals import others_do
from support.simulator import Simulator
from support.tasks import CREATE, run

POLL = r"/actions/\d+$"


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=10)


@pytest.mark.parametrize("path", [POLL, "/compute/instances$", "/actions$"])
@pytest.mark.parametrize("status", [429, 503])
def test_pauses_of_the_client_count(simulator: Simulator, path: str, status: int) -> None:
    instance_of(simulator)
    fault = {"status": status, "headers": {"Retry-After": "120"}}
    simulator.fault(path=path, method="GET", count=0, fault=fault)
    time = SimulatedTime(simulator)
    with pytest.raises(errors.ItcareError):
        run(simulator, {"state": "stopped", "wait_timeout": 60}, time=time)
    assert sum(time.slept) <= 60
    assert len(calls(simulator)) < 12


def test_pauses_at_the_gate_count(simulator: Simulator) -> None:
    names = [instance_of(simulator, name=f"T{number}")["name"] for number in range(6)]
    fault = {"status": 429, "headers": {"Retry-After": "100"}}
    simulator.fault(method="PATCH", count=0, fault=fault)
    time = SimulatedTime(simulator)
    options = {**WAIT, "names": names, "patch_group": "2", "concurrency": 1, "wait_timeout": 60}
    with pytest.raises(errors.ItcareError):
        ensure_patch_party(client_of(simulator, time=time, retries=0), options)
    assert time.now - 1000 <= 60
    assert not executed(simulator)


def test_nothing_is_sent_again_when_the_time_is_over(simulator: Simulator) -> None:
    instance_of(simulator)
    time = SimulatedTime(simulator)
    simulator.fault(method="PATCH", count=0, fault={"cut": "before"})

    def slow(method: str, _path: str, _sent: Any) -> None:
        time.now += 60 if method == "PATCH" else 0

    with pytest.raises(errors.UnsureWriteError):
        run(simulator, {"state": "stopped", "wait_timeout": 30}, time=time, before=slow)
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
    others_do(simulator, identity, "update_backup", state=True)
    known = itertools.count(900_001)

    def ever_more(path: str, data: Any) -> Any:
        if path != "/actions" or next(known) < 900_002:
            return data
        return [{"id": next(known), "status": "SUCCESS", "process": "vm_stop"}]

    with pytest.raises(errors.ActionTimeoutError, match="again and again"):
        run(simulator, {"state": "stopped"}, shows=ever_more)
