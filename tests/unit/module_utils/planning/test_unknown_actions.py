# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API that the simulator isn't: its processes have other names, and it takes several actions at a time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import ensure
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from support.client import WAIT, Misbehaving, Reply, misbehaving

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


def run(server: Misbehaving, state: str) -> Any:
    return ensure(server.client(), {**WAIT, "name": "WEB1", "state": state})


@pytest.mark.parametrize("process", ["machine.power_off", None, "", "vm_stop"])
@pytest.mark.parametrize("answer", ["lost", 202])
def test_an_action_by_another_name_is_not_begun_twice(process: str | None, answer: Any) -> None:
    api = Api(process, [answer], looks=6)
    with misbehaving(api) as server:
        result = run(server, "stopped")
    assert api.written == ["PATCH"]
    assert result.values["operations"] == ["stop"]
    assert result.values["instance"]["status"] == "INACTIVE"


def test_an_older_action_does_not_stand_for_a_lost_one() -> None:
    api = Api("vm_stop", [504, 202])
    api.actions.append({"id": "old", "status": "SUCCESS", "process": "vm_stop", "looks": 0})
    with misbehaving(api) as server:
        result = run(server, "stopped")
    assert len(api.written) == 2
    assert [a["id"] for a in result.values["itcare_actions"]] == ["a-2"]


def test_a_reset_by_another_name_stays_unsure() -> None:
    api = Api("machine.power_cycle", ["lost"])
    with misbehaving(api) as server, pytest.raises(errors.UnsureWriteError, match="Look at it"):
        run(server, "reset")
    assert len(api.written) == 1


def test_actions_without_ids_are_none() -> None:
    api = Api("vm_stop", [202])
    api.actions.append({"status": "IN_PROGRESS", "process": "vm_stop", "looks": 99})
    with misbehaving(api) as server:
        assert run(server, "stopped").values["operations"] == ["stop"]
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
