# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Others who work on the same instances: what they begin, at which moment between two of our requests, or all at once."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import ItcareError
from support.client import NAME, WAIT, Hook, SimulatedTime, client_of, instance_of, shown
from support.simulator import Simulator

LONGEST_TASK = 120  # seconds; tasks that take longer hang


def others_do(simulator: Simulator, identity: int, what: str, **values: Any) -> None:
    """Others begin an operation ("stop", with its options), or send a request ("POST /{id}/snapshots", with its body)."""
    method, _blank, path = what.partition(" ")
    if path:
        snapshot = shown(simulator, identity).get("snapshot") or {}
        path = path.format(id=identity, snapshot=snapshot.get("id"))
        _write(simulator, method, path, values or None)
    else:
        options = {"options": values} if values else {}
        _write(simulator, "PATCH", f"/{identity}", {"operation": what, **options})


def others_create(simulator: Simulator, **fields: Any) -> None:
    """Others begin to create the instance that our task is to create, maybe with other fields."""
    body = {
        "name": NAME,
        "region": "EB4",
        "platform": "deb12",
        "resourceId": "2cpu4gb",
        "serviceId": 16,
        **fields,
    }
    _write(simulator, "POST", "", body)


def others_stop(simulator: Simulator, count: int) -> list[int]:
    """Others begin to stop so many new instances, T00 and so on: the ids of the actions, and an empty request log."""
    instances = [instance_of(simulator, name=f"T{number:02}") for number in range(count)]
    ids = [
        _write(simulator, "PATCH", f"/{i['id']}", {"operation": "stop"})["id"] for i in instances
    ]
    simulator.clear_requests()
    return ids


def _write(simulator: Simulator, method: str, path: str, body: Any) -> Any:
    client = client_of(simulator, time=SimulatedTime())
    return client.write(method, f"/compute/instances{path}", body).data


def first(what: str, happens: Callable[[], object]) -> Hook:
    """For `before` or `after` of a client: something happens at its first request of this method, path or operation."""
    done: list[bool] = []

    def hook(method: str, path: str, sent: Any) -> None:
        if not done and what in (method, path, (sent or {}).get("operation")):
            done.append(True)
            happens()

    return hook


class SharedTime(SimulatedTime):
    """The time of several tasks: it goes on when all of them sleep, to the moment at which the first one wakes.

    So however slowly a thread runs, none is late, and nothing ends before all have seen it begin.
    """

    def __init__(self, simulator: Simulator, tasks: int) -> None:
        super().__init__(simulator)
        self._awake = tasks
        self._wakings: list[float] = []
        self._goes_on = threading.Condition()

    def sleep(self, seconds: float) -> None:
        with self._goes_on:
            waking = self.now + seconds
            heapq.heappush(self._wakings, waking)
            self._rest()
            assert self._goes_on.wait_for(lambda: self.now >= waking, LONGEST_TASK)

    def leave(self) -> None:
        """A task is over."""
        with self._goes_on:
            self._rest()

    def _rest(self) -> None:
        self._awake -= 1
        if self._awake or not self._wakings:
            return
        super().sleep(max(0.0, self._wakings[0] - self.now))
        while self._wakings and self._wakings[0] <= self.now:
            heapq.heappop(self._wakings)
            self._awake += 1
        self._goes_on.notify_all()


def run_at_once(
    simulator: Simulator, count: int, work: Callable[[Client, dict[str, Any]], Any], options: Any
) -> list[Any]:
    """So many tasks with the same options, none of which knows of the others: the result of each, or its error."""
    time = SharedTime(simulator, count)

    def task(_number: int) -> Any:
        try:
            return work(client_of(simulator, time=time), {**WAIT, **options})
        except ItcareError as error:
            return error
        finally:
            time.leave()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(task, range(count)))
