# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Others who work on the same instances: what they begin, at which moment between two of our requests, or all at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import ItcareError
from support.client import NAME, WAIT, Hook, SimulatedTime, client_of, shown
from support.simulator import Simulator


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


def _write(simulator: Simulator, method: str, path: str, body: Any) -> None:
    client_of(simulator, time=SimulatedTime()).write(method, f"/compute/instances{path}", body)


def first(what: str, happens: Callable[[], object]) -> Hook:
    """For `before` or `after` of a client: something happens at its first request of this method, path or operation."""
    done: list[bool] = []

    def hook(method: str, path: str, sent: Any) -> None:
        if not done and what in (method, path, (sent or {}).get("operation")):
            done.append(True)
            happens()

    return hook


class Rivals:
    """Tasks on the real clock, all begun at once: none knows of the others."""

    def __init__(self, simulator: Simulator, count: int) -> None:
        self._options = simulator.options()
        self._count = count
        self._start = threading.Barrier(count)

    def run(self, work: Any, options: dict[str, Any]) -> list[Any]:
        """What came of each: a result, or an error."""

        def one(_number: int) -> Any:
            client = Client(ConnectionOptions.from_mapping(self._options))
            self._start.wait(30)
            try:
                return work(client, {**WAIT, "wait_timeout": 60, **options})
            except ItcareError as error:
                return error
            finally:
                client.close()

        with ThreadPoolExecutor(max_workers=self._count) as pool:
            return list(pool.map(one, range(self._count)))
