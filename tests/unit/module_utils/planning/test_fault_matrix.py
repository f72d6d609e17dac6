# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of request, met by every fault: each cell of the table in tests/support/fault_matrix.py."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import ItcareError
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import NAME, WAIT, PatientTime, SimulatedTime, client_of, executed, instance_of
from support.fault_matrix import (
    ELSEWHERE,
    FAULTS,
    IMPATIENCE,
    KINDS,
    LIKE_OPERATION,
    NOBODY,
    OUTCOMES,
    TELLING,
    Fault,
    Kind,
    rows,
)
from support.misbehaving import Misbehaving, misbehaving, nobody
from support.rivals import others_do
from support.simulator import Simulator

TABLE = rows()
CELLS = {f"{kind}-{fault}": (kind, fault) for fault, row in TABLE.items() for kind in row}
# Where a look finds what was executed, an action that is over is told by its end only.
FOUND = {name: cell for name, cell in CELLS.items() if TABLE[cell[1]][cell[0]] == "found"}
OTHER = {f"{write}-{fault}": (write, fault) for write in LIKE_OPERATION for fault in TELLING}
PATIENCE = 30


class Servers:
    """Another server, which notes what it is sent, and an address at which nobody listens."""

    def __init__(self, other: Misbehaving, away: str) -> None:
        self.other = other
        self._addresses = {NOBODY: away, ELSEWHERE: f"{other.url}/itcare/x"}

    def address(self, name: str) -> str:
        return self._addresses.get(name, name)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with misbehaving(lambda *_: (200, {}, b"[]")) as other, nobody() as away:
        yield Servers(other, away)


class Time(SimulatedTime):
    """With the first pause the client is as patient as ever, and no more seconds go by at each look at the clock."""

    def __init__(self, simulator: Simulator, fault: Fault) -> None:
        super().__init__(simulator)
        self.tick = 0
        self.calm_down: Callable[[], None] = lambda: None
        self._rest = PatientTime(simulator) if fault.impatient else SimulatedTime()

    def clock(self) -> float:
        self.now += self.tick
        return self.now

    def sleep(self, seconds: float) -> None:
        self.calm_down()
        self._rest.sleep(0)  # until the server is done
        super().sleep(seconds)


class Task:
    """A task whose requests of one kind meet a fault."""

    def __init__(self, simulator: Simulator, servers: Servers, kind: Kind, fault: Fault) -> None:
        self.simulator, self.servers, self.kind, self.fault = simulator, servers, kind, fault
        self.time = Time(simulator, fault)
        self.time.calm_down = self._calm_down
        self.away = servers.address(fault.away)
        simulator.settings(**{"action_delay": 10, **kind.settings})
        if kind.fields is not None:
            self._prepare(instance_of(simulator, **kind.fields)["id"])
        self._order()
        options: dict[str, Any] = {}
        if self.away and self.kind.is_token:
            options["token_url"] = f"{self.away}/token"
        self.client = client_of(
            simulator, time=self.time, before=self._before, retries=1, **options
        )

    def _prepare(self, identity: int) -> None:
        if self.kind.history:
            others_do(self.simulator, identity, "update_backup", state=True)
            self.simulator.advance(1000)
            self.simulator.clear_requests()

    def _order(self) -> None:
        if self.fault.does is None:
            return
        does = {
            name: self.servers.address(value) if name == "location" else value
            for name, value in self.fault.does.items()
        }
        kind, count = self.kind, 0 if self.fault.lasts else 1
        self.simulator.fault(
            method=kind.method, path=kind.path, query=kind.query, count=count, fault=does
        )

    def _before(self, method: str, path: str, sent: Any) -> None:
        """What no server can do, just before the request; that for the token comes before the first one."""
        asked = {name: str((sent or {}).get(name)) for name in self.kind.query}
        hits = method == self.kind.method and re.search(self.kind.path, path)
        if self.kind.is_token or (hits and asked == self.kind.query):
            if self.away and not self.kind.is_token:
                self.client._base = self.away
            self.time.tick = self.fault.tick
            self._wait(IMPATIENCE if self.fault.impatient else PATIENCE)
        else:
            self._calm_down()

    def _calm_down(self) -> None:
        self.time.tick = 0
        self._wait(PATIENCE)

    def _wait(self, seconds: float) -> None:
        self.client.options = dataclasses.replace(self.client.options, request_timeout=seconds)

    def run(self) -> Result | ItcareError:
        options = {**WAIT, "wait_timeout": self.fault.wait_timeout, **self.kind.options}
        try:
            return self.kind.work(self.client, options)
        except ItcareError as error:
            return error
        finally:
            self.client.close()

    def run_again(self) -> Result:
        """In another run, when the fault is gone."""
        self.simulator.control("DELETE", "/control/faults")
        client = client_of(self.simulator)
        return self.kind.work(client, {**WAIT, **self.kind.options})

    def sent(self) -> int:
        """How often the request went out that is hit."""
        return sum(
            entry["method"] == self.kind.method
            and re.search(self.kind.path, entry["path"]) is not None
            and self.kind.query.items() <= entry["query"].items()
            for entry in self.simulator.requests()
        )

    def check_success(self, result: Result) -> None:
        """What is wished is there, and all of it; a task that changed nothing itself doesn't say so."""
        params = {} if self.kind.writes == 0 else {"names": [NAME]}
        page = client_of(self.simulator).get("/compute/instances", {"size": 200, **params})
        if self.kind.writes == 0:
            values = result.values
            assert len(values.get("instances") or values["response"]) == page["totalElements"]
        elif self.kind.desired is None:
            assert page["content"] == []
        else:
            assert shows(page["content"][0], self.kind.desired)


def shows(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return all(shows((found or {}).get(key), value) for key, value in wanted.items())
    return bool(found == wanted)


def check(task: Task, word: str) -> None:
    """Runs a task, and again when the fault is gone: what the table says, and nothing twice."""
    kind, fault, expected = task.kind, task.fault, OUTCOMES[word]
    came = task.run()
    sent = task.sent()
    if isinstance(came, Result):
        assert not expected.fails, came
        task.check_success(came)
        assert came.changed == (kind.writes > 0)
        assert bool(re.search("can't be seen", str(came.warnings))) == (word == "unseen")
    else:
        check_error(task, word, came)
    done = kind.writes if isinstance(came, Result) else kind.writes_before
    assert len(executed(task.simulator)) == done
    if expected.sent is not None:
        more = kind.clean - 1 if isinstance(came, Result) else 0
        assert sent == expected.sent + more
    if fault.pause:
        assert any(fault.pause - 1 <= pause <= fault.pause for pause in task.time.slept)
    task.check_success(task.run_again())
    anew = kind.writes if kind.repeats and isinstance(came, Result) else 0
    assert len(executed(task.simulator)) == kind.writes + anew
    assert not task.servers.other.seen  # no redirect was followed


def check_error(task: Task, word: str, error: ItcareError) -> None:
    """It is of the right class, says what happened to which request, and whether anything may have been changed."""
    kind, fault, expected = task.kind, task.fault, OUTCOMES[word]
    wanted = fault.error if expected.from_fault else expected.error
    assert wanted is not None, error
    assert isinstance(error, kind.wrapped or wanted), repr(error)
    text = str(error)
    assert re.search(expected.says, text), text
    assert re.search(fault.says, text) or word == "unread", text
    named = rf"({kind.method} |token endpoint )\S*{kind.path.rstrip('$')}\b"
    assert re.search(named, text) or not expected.named, text
    changed = error.details.get("changed", False)
    assert changed == (word in ("unsure", "late", "unmet") or kind.writes_before > 0)


@pytest.mark.parametrize(("kind", "fault"), CELLS.values(), ids=CELLS)
def test_cell(simulator: Simulator, servers: Servers, kind: str, fault: str) -> None:
    check(Task(simulator, servers, KINDS[kind], FAULTS[fault]), TABLE[fault][kind])


@pytest.mark.parametrize(("kind", "fault"), FOUND.values(), ids=FOUND)
def test_cell_of_what_is_over_at_once(
    simulator: Simulator, servers: Servers, kind: str, fault: str
) -> None:
    at_once = dataclasses.replace(KINDS[kind], settings={"action_delay": 0})
    check(Task(simulator, servers, at_once, FAULTS[fault]), "found")


@pytest.mark.parametrize(("write", "fault"), OTHER.values(), ids=OTHER)
def test_another_write_is_like_an_operation(
    simulator: Simulator, servers: Servers, write: str, fault: str
) -> None:
    task = Task(simulator, servers, LIKE_OPERATION[write], FAULTS[fault])
    check(task, TABLE[fault]["operation"])


def test_the_table_is_whole() -> None:
    assert list(TABLE) == list(FAULTS)
    assert [list(row) for row in TABLE.values()] == [list(KINDS)] * len(FAULTS)
    assert {word for row in TABLE.values() for word in row.values()} == set(OUTCOMES)
