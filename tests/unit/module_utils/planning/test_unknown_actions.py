# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions as ITCare may show them, too: by other names, several at a time, without ids or dates, unfiltered, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from support.client import (
    WAIT,
    client_of,
    instance_of,
)
from support.misbehaving import Misbehaving, Reply, misbehaving
from support.rivals import others_do
from support.simulator import Simulator
from support.tasks import run

# -- a service with processes of its own ---------------------------------------------------------------------------------


INSTANCE = {"id": 7, "name": "WEB1", "status": "ACTIVE", "cpu": 2, "ram": 4}


class Api:
    """One instance; a write starts an action that ends after a few looks."""

    def __init__(self, process: str | None, answers: list[Any], looks: int = 3) -> None:
        self.process = process
        self.answers = (
            answers  # one per write: a status, or "lost": executed, and answered with 504
        )
        self.looks = looks
        self.instance: dict[str, Any] = dict(INSTANCE)
        self.actions: list[dict[str, Any]] = []
        self.written: list[Any] = []

    def __call__(self, method: str, path: str, headers: dict[str, str]) -> Reply | None:
        where = path.split("?")[0].removeprefix("/itcare")
        if where == "/token":
            return None
        if method != "GET":
            return self.write(method)
        self.go_on()
        if where == "/compute/instances":
            page = {"content": [self.instance], "totalElements": 1, "size": 200}
            return 200, {}, json.dumps(page).encode()
        found: Any = self.actions
        if where.startswith("/compute/instances/"):
            found = self.instance
        if where.startswith("/actions/"):
            found = next(a for a in self.actions if str(a.get("id")) == where.rsplit("/", 1)[1])
        return 200, {}, json.dumps(found).encode()

    def go_on(self) -> None:
        """Time goes by with every look at anything."""
        for action in self.actions:
            action["looks"] -= 1
            if action["looks"] <= 0 and action["status"] == "IN_PROGRESS":
                action["status"] = "SUCCESS"
                self.instance["status"] = "INACTIVE"

    def write(self, method: str) -> Reply:
        self.written.append(method)
        answer = self.answers.pop(0)
        if answer in ("lost", 202):
            action = {"id": f"a-{len(self.written)}", "status": "IN_PROGRESS", "looks": self.looks}
            if self.process is not None:
                action["process"] = self.process
            self.actions.append(action)
        return (504, {}, b"") if answer == "lost" else (answer, {}, b"")


def run_at(server: Misbehaving, state: str) -> Any:
    return ensure(server.client(), {**WAIT, "name": "WEB1", "state": state})


@pytest.mark.parametrize("process", ["machine.power_off", None, "", "vm_stop"])
@pytest.mark.parametrize("answer", ["lost", 202])
def test_an_action_by_another_name_is_not_begun_twice(process: str | None, answer: Any) -> None:
    api = Api(process, [answer], looks=6)
    with misbehaving(api) as server:
        result = run_at(server, "stopped")
    assert api.written == ["PATCH"]
    assert result.values["operations"] == ["stop"]
    assert result.values["instance"]["status"] == "INACTIVE"


def test_an_older_action_does_not_stand_for_a_lost_one() -> None:
    api = Api("vm_stop", [504, 202])
    api.actions.append({"id": "old", "status": "SUCCESS", "process": "vm_stop", "looks": 0})
    with misbehaving(api) as server:
        result = run_at(server, "stopped")
    assert len(api.written) == 2
    assert [a["id"] for a in result.values["itcare_actions"]] == ["a-2"]


def test_a_reset_by_another_name_stays_unsure() -> None:
    api = Api("machine.power_cycle", ["lost"])
    with misbehaving(api) as server, pytest.raises(errors.UnsureWriteError, match="Look at it"):
        run_at(server, "reset")
    assert len(api.written) == 1


def test_actions_without_ids_are_none() -> None:
    api = Api("vm_stop", [202])
    api.actions.append({"status": "IN_PROGRESS", "process": "vm_stop", "looks": 99})
    with misbehaving(api) as server:
        assert run_at(server, "stopped").values["operations"] == ["stop"]
    assert len(api.written) == 1


class Fleet:
    """Two instances of patch group 1. No answer has a date."""

    def __init__(self) -> None:
        self.groups = {7: "1", 8: "1"}
        self.actions: list[dict[str, Any]] = []
        self.lost = 1

    def __call__(self, method: str, path: str, headers: dict[str, str]) -> Reply | None:
        where, _mark, query = path.removeprefix("/itcare").partition("?")
        if where == "/token":
            return None
        if method == "PATCH":
            identity = int(where.rsplit("/", 1)[1])
            action: dict[str, Any] = {
                "id": len(self.actions),
                "resourceName": f"W{identity}",
                "looks": 30,
            }
            self.actions.append({**action, "status": "IN_PROGRESS", "process": "party"})
            self.lost -= 1
            return (504 if self.lost == 0 else 202), {}, b""
        for action in self.actions:
            action["looks"] -= 1
            if action["looks"] <= 0:
                action["status"] = "SUCCESS"
                self.groups[int(action["resourceName"][1:])] = "2"
        shown = {
            i: {"id": i, "name": f"W{i}", "patchParty": {"excluded": False, "patchGroup": group}}
            for i, group in self.groups.items()
        }
        found: Any = {"content": list(shown.values()), "totalElements": 2, "size": 200}
        if where.startswith("/compute/instances/"):
            found = shown[int(where.rsplit("/", 1)[1])]
        elif where == "/actions":
            found = [a for a in self.actions if "=" not in query or a["resourceName"][1:] in query]
        elif where.startswith("/actions/"):
            found = self.actions[int(where.rsplit("/", 1)[1])]
        return 200, {}, json.dumps(found).encode()


def test_a_lost_answer_among_many() -> None:
    api = Fleet()
    with misbehaving(api) as server:
        options = {**WAIT, "ids": [7, 8], "patch_group": "2", "concurrency": 1}
        result = ensure_patch_party(server.client(), options)
    assert [row["error"] for row in result.values["instances"]] == [None, None]
    assert api.groups == {7: "2", 8: "2"}
    assert len(api.actions) == 2


# -- a service that shows them otherwise ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wait", [False, True])
def test_a_service_that_ignores_whose_actions_are_asked_for(
    simulator: Simulator, wait: bool
) -> None:
    simulator.settings(action_delay=100)
    one, other = (instance_of(simulator, name=name)["id"] for name in "AB")
    others_do(simulator, other, "stop")

    def unfiltered(path: str, data: Any) -> Any:
        return client_of(simulator).get(path) if path == "/actions" else data

    options = {"name": None, "id": one, "state": "stopped", "wait": wait}
    result = run(simulator, options, shows=unfiltered)
    assert result.values["operations"] == ["stop"]
    assert [a["resource_name"] for a in result.values["itcare_actions"]] == ["A"]


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
        run(simulator, {"state": state}, shows=renamed)


@pytest.mark.parametrize("status", [401, 403, 404, 501])
@pytest.mark.parametrize("options", [{"state": "started"}, {"state": "stopped"}])
def test_a_look_that_is_refused(simulator: Simulator, status: int, options: dict[str, Any]) -> None:
    simulator.settings(action_delay=0)
    instance_of(simulator)
    simulator.fault(path="/actions$", count=0, fault={"status": status})
    result = run(simulator, options)
    assert result.values["operations"] == ([] if options["state"] == "started" else ["stop"])
    (warning,) = result.warnings
    assert f"answered {status}" in warning


def test_an_error_after_a_look_that_is_refused_tells_it_too(simulator: Simulator) -> None:
    instance_of(simulator)
    simulator.fault(path="/actions$", count=0, fault={"status": 403})
    simulator.settings(writes="forbid")
    with pytest.raises(errors.ForbiddenError) as caught:
        run(simulator, {"state": "stopped"})
    (warning,) = caught.value.details["warnings"]
    assert "isn't waited for" in warning


def test_a_wrong_account_is_no_refused_look(simulator: Simulator) -> None:
    instance_of(simulator)
    with pytest.raises(errors.AuthenticationError):
        run(simulator, {"state": "started"}, client_secret="wrong")
    assert len(simulator.requests()) == 1  # of the token; nothing was asked for after it
