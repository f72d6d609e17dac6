# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of the simulator on simulated time (`client_of`), an instance to work on (`instance_of`), and what was done to it."""

from __future__ import annotations

import contextlib
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Answer, Client, Query
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from support.simulator import Simulator

NAME = "PEB4TEST01"
WAIT = {"wait": True, "wait_timeout": 1800, "wait_interval": 5}


class SimulatedTime:
    """A clock for the client: whoever sleeps moves it on, and the simulator's with it. Nobody really waits."""

    def __init__(self, simulator: Simulator | None = None) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self._simulator = simulator
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def wall_clock(self) -> float:
        return 1_800_000_000 + self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds
            if self._simulator is not None:
                self._simulator.advance(seconds)


class TickingTime(SimulatedTime):
    """Each look at the clock takes a second, so that what never ends does so without anybody waiting."""

    def clock(self) -> float:
        with self._lock:
            self.now += 1
            return self.now


class PatientTime(SimulatedTime):
    """For requests that the server is still at when the client has given up: a sleep is long enough for them to end."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._server = simulator

    def sleep(self, seconds: float) -> None:
        while any(entry["status"] is None for entry in self._server.requests()):
            pass
        super().sleep(seconds)


# Is told of a request: its method, its path, and its body or parameters.
Hook = Callable[[str, str, Any], object]
# What a client is shown instead of what was answered to the GET of a path.
View = Callable[[str, Any], Any]


class WatchedClient(Client):
    """A client between whose requests something happens (see support/rivals.py), and which may be shown something else."""

    def __init__(
        self, *args: Any, before: Hook | None, after: Hook | None, shows: View | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._before = before
        self._after = after
        self._shows = shows

    def get(self, path: str, params: Query | None = None) -> Any:
        with self._watched("GET", path, params):
            data = super().get(path, params)
        return self._shows(path, data) if self._shows else data

    def read(self, path: str, query: str = "") -> Answer:
        with self._watched("GET", path, dict(parse_qsl(query[1:]))):
            return super().read(path, query)

    def write(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        with self._watched(method, path, body):
            return super().write(method, path, body, **options)

    @contextlib.contextmanager
    def _watched(self, method: str, path: str, sent: Any) -> Iterator[None]:
        if self._before:
            self._before(method, path, sent)
        yield
        if self._after:  # not after an error
            self._after(method, path, sent)


def client_of(
    simulator: Simulator,
    *,
    read_only: bool = False,
    dry_run: bool = False,
    time: SimulatedTime | None = None,
    before: Hook | None = None,
    after: Hook | None = None,
    shows: View | None = None,
    **options: Any,
) -> Client:
    """A client of the simulator, on simulated time."""
    time = time or SimulatedTime(simulator)
    return WatchedClient(
        ConnectionOptions.from_mapping(simulator.options(**options)),
        read_only=read_only,
        dry_run=dry_run,
        sleep=time.sleep,
        clock=time.clock,
        wall_clock=time.wall_clock,
        before=before,
        after=after,
        shows=shows,
    )


def instance_of(simulator: Simulator, **fields: Any) -> dict[str, Any]:
    """A running instance that isn't in production, has no snapshot, and whose switches are known."""
    return simulator.add(
        **{
            "name": NAME,
            "status": "ACTIVE",
            "environment": "DEVELOPMENT",
            "imageCode": "deb12",
            "cpu": 2,
            "ram": 4,
            "monitoringEnabled": False,
            "monitoringAlerting": False,
            "backupStatus": False,
            "replicationStatus": False,
            "snapshot": None,
            "patchParty": {"excluded": False, "exclusionReason": None, "patchGroup": None},
            **fields,
        }
    )


def shown(simulator: Simulator, identity: int) -> dict[str, Any]:
    """An instance as it is now, camelCase; nothing when it is gone."""
    try:
        found: dict[str, Any] = simulator.control("GET", f"/control/instances/{identity}")
    except AssertionError:
        return {}
    return found


def executed(simulator: Simulator) -> list[dict[str, Any]]:
    """The writes that the simulator carried out."""
    return [entry for entry in simulator.writes() if entry["executed"]]


def operations(simulator: Simulator) -> list[str]:
    """What the simulator did, in short."""
    return [
        (e["body"] or {}).get("operation") or f"{e['method']} {e['path'].rsplit('/', 1)[1]}"
        for e in executed(simulator)
    ]


def calls(simulator: Simulator) -> list[str]:
    """The request log in short: `GET /actions`."""
    return [
        f"{entry['method']} {entry['path'].removeprefix('/itcare')}"
        for entry in simulator.requests()
    ]


def everything_said(error: BaseException) -> str:
    """All that an error could show to somebody."""
    details = getattr(error, "details", {})
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return "\n".join([str(error), repr(error), repr(details), trace])
