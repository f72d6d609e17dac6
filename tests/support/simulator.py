# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running simulator: the process and its control API in Python, and the fixtures `simulator` and `simulator_factory`."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import pytest
import requests

PACKAGE_PARENT = Path(__file__).resolve().parent.parent.parent / "roles" / "simulator" / "files"
READY = "ITCare simulator: "
START_TIMEOUT = 60  # a simulator that is not ready by then will not be; large fleets take 20 s
TOKEN_PATH = "/auth/realms/cloud/protocol/openid-connect/token"


class Simulator:
    """One simulator process."""

    def __init__(self, **options: Any) -> None:
        """Start it. ``action_delay=0`` becomes ``--action-delay 0``, lists repeat the option."""
        self._output: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "itcare_simulator", *_arguments({"port": 0, **options})],
            env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ready: queue.Queue[str] = queue.Queue()
        assert self._process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout, ready), daemon=True
        )
        self._reader.start()
        try:
            self.api_url = ready.get(timeout=START_TIMEOUT)
        except queue.Empty:
            self.api_url = ""
        if not self.api_url:
            self.stop()
            raise RuntimeError("the simulator did not start:\n" + "".join(self._output))
        self.root_url = self.api_url.removesuffix("/itcare")
        self.token_url = self.root_url + TOKEN_PATH
        self._session = requests.Session()
        self._session.trust_env = False  # a bundle named by the environment would win over verify
        # A certificate given to the simulator is the test's own: nobody has signed it.
        self._session.verify = options.get("certfile") or True

    def _read(self, stream: TextIO, ready: queue.Queue[str]) -> None:
        """Drain the output, so that the process never blocks on a full pipe."""
        for line in stream:
            self._output.append(line)
            if line.startswith(READY):
                ready.put(line.removeprefix(READY).strip())
        ready.put("")

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def control(self, method: str, path: str, json: Any = None) -> Any:
        """Call the control API, e.g. ``control("GET", "/control/state")``."""
        response = self._session.request(method, self.root_url + path, json=json, timeout=60)
        if not response.ok:
            raise AssertionError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

    def requests(self, since: int | None = None) -> list[dict[str, Any]]:
        """The request log, token requests included."""
        query = "" if since is None else f"?since={since}"
        log: list[dict[str, Any]] = self.control("GET", f"/control/requests{query}")["requests"]
        return log

    def writes(self) -> list[dict[str, Any]]:
        """The requests to the API that could have changed something."""
        return [
            entry
            for entry in self.requests()
            if entry["method"] not in ("GET", "HEAD", "OPTIONS")
            and not entry["path"].endswith("/token")
        ]

    def clear_requests(self) -> None:
        """Empty the request log."""
        self.control("DELETE", "/control/requests")

    def settings(self, **settings: Any) -> Any:
        """Change how the simulator behaves, and return all settings."""
        if settings:
            self.control("POST", "/control/settings", settings)
        return self.control("GET", "/control/settings")

    def fault(self, **fault: Any) -> Any:
        """Spoil the next answers that match: the body of POST /control/faults."""
        return self.control("POST", "/control/faults", fault)

    def fail_actions(self, **fields: Any) -> Any:
        """Let the next actions end in ERROR: the body of POST /control/actions."""
        return self.control("POST", "/control/actions", fields)

    def advance(self, seconds: float) -> None:
        """Move the simulator's clock on."""
        self.control("POST", "/control/clock", {"advance": seconds})

    def reset(self, **fleet: Any) -> None:
        """Back to the fleet it started with, or another one (``instances``, ``seed``)."""
        self.control("POST", "/control/reset", fleet)

    def add(self, **fields: Any) -> dict[str, Any]:
        """Add an instance with these raw (camelCase) fields, and return all of it."""
        instance: dict[str, Any] = self.control("POST", "/control/instances", fields)
        return instance

    def remove(self, identity: int) -> None:
        """An instance is gone from one moment to the next, without an action."""
        self.control("DELETE", f"/control/instances/{identity}")

    def options(self, **overrides: Any) -> dict[str, Any]:
        """Connection options of a plugin for the client that may do everything."""
        return {
            "api_url": self.api_url,
            "token_url": self.token_url,
            "client_id": "demo",
            "client_secret": "demo-secret",
            "access_token": None,
            "token_cache": False,  # tests count the requests for tokens, and move the clock
            "validate_certs": True,
            "ca_path": None,
            "request_timeout": 30,
            "retries": 5,
            **overrides,
        }


def _arguments(options: dict[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        for item in value if isinstance(value, list) else [value]:
            yield "--" + name.replace("_", "-")
            yield str(item)


@pytest.fixture
def simulator_factory() -> Iterator[Callable[..., Simulator]]:
    """Start simulators of one's own: ``simulator_factory(instances=1000, max_page_size=50)``."""
    started: list[Simulator] = []

    def start(**options: Any) -> Simulator:
        started.append(Simulator(**options))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    """The process behind the fixture ``simulator``: tests take that one."""
    running = Simulator(instances=40, seed=1, action_delay=0.05)
    yield running
    running.stop()


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Simulator:
    """A simulator in its first state: 40 instances, no faults, an empty request log."""
    shared_simulator.reset()
    return shared_simulator
