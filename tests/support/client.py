# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of module_utils share: a client on the simulator's own time, and a server that misbehaves."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from support.simulator import Simulator

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

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds
            if self._simulator is not None:
                self._simulator.advance(seconds)


class PatientTime(SimulatedTime):
    """For requests that the server is still at when the client has given up: a sleep is long enough for them to end."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator)
        self._server = simulator

    def sleep(self, seconds: float) -> None:
        while any(entry["status"] is None for entry in self._server.requests()):
            pass
        super().sleep(seconds)


def client_of(
    simulator: Simulator,
    *,
    read_only: bool = False,
    dry_run: bool = False,
    time: SimulatedTime | None = None,
    **options: Any,
) -> Client:
    """A client of the simulator, on simulated time."""
    time = time or SimulatedTime(simulator)
    return Client(
        ConnectionOptions.from_mapping(simulator.options(**options)),
        read_only=read_only,
        dry_run=dry_run,
        sleep=time.sleep,
        clock=time.clock,
    )


def instance_of(simulator: Simulator, **fields: Any) -> dict[str, Any]:
    """A running instance that isn't in production, has no snapshot, and whose switches are known."""
    return simulator.add(
        **{
            "name": "PEB4TEST01",
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


def act(simulator: Simulator, identity: int, operation: str, **options: Any) -> None:
    """Somebody else does something, which takes its time."""
    client_of(simulator, time=SimulatedTime()).write(
        "PATCH",
        f"/compute/instances/{identity}",
        {"operation": operation, **({"options": options} if options else {})},
    )


def between(simulator: Simulator, method: str, happens: Callable[[], Any]) -> Client:
    """A client just before whose first such write something happens."""
    client = client_of(simulator)
    write = client.write
    done: list[bool] = []

    def later(used: str, *args: Any, **kwargs: Any) -> Any:
        if not done and used == method:
            done.append(True)
            happens()
        return write(used, *args, **kwargs)

    setattr(client, "write", later)  # noqa: B010 (mypy minds an assignment)
    return client


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


Reply = tuple[int, dict[str, str], bytes]


class Misbehaving:
    """An HTTP server whose every answer the test makes up, for what the simulator can't say."""

    def __init__(self, reply: Callable[[str, str, dict[str, str]], Reply | None]) -> None:
        """`reply` gets method, path and headers; None grants a token."""
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.connections: list[int] = []  # the client's port of each request
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # keeps connections

            def _answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.seen.append((self.command, self.path, headers))
                outer.connections.append(self.client_address[1])
                status, fields, body = reply(self.command, self.path, headers) or (
                    200,
                    {"Content-Type": "application/json"},
                    json.dumps({"access_token": "granted-token", "expires_in": 1200}).encode(),
                )
                self.send_response_only(status)
                for name, value in {**fields, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 (http.server's names)

            def log_message(self, *args: Any) -> None:
                """Tests have no use for an access log."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def client(self, **options: Any) -> Client:
        """A client that takes this server for ITCare."""
        given = {
            "api_url": f"{self.url}/itcare",
            "token_url": f"{self.url}/token",
            "client_id": "demo",
            "client_secret": "demo-secret",
            **options,
        }
        time = SimulatedTime()
        return Client(ConnectionOptions.from_mapping(given), sleep=time.sleep, clock=time.clock)


@contextlib.contextmanager
def misbehaving(
    reply: Callable[[str, str, dict[str, str]], Reply | None],
) -> Iterator[Misbehaving]:
    server = Misbehaving(reply)
    try:
        yield server
    finally:
        server.close()
