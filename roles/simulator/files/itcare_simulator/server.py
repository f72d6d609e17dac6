# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web server: announces itself, stops cleanly, and lets connections be cut."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.utils import get_remote_addr

from .app import make_app
from .connections import Connections
from .simulator import Simulator


def _protocol(connections: Connections) -> type[asyncio.Protocol]:
    """uvicorn's protocol class, which also keeps note of the open connections."""

    class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        def connection_made(self, transport: Any) -> None:
            self._simulator_peer = get_remote_addr(transport)
            if self._simulator_peer is not None:  # not gone again already
                connections.transports[self._simulator_peer] = transport
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            if self._simulator_peer is not None:
                connections.transports.pop(self._simulator_peer, None)
            super().connection_lost(exc)

    return Protocol


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal, without dying of it afterwards as uvicorn does."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def serve(
    simulator: Simulator,
    listener: socket.socket,
    announce: Callable[[], None],
    *,
    certfile: str | None = None,
    keyfile: str | None = None,
) -> None:
    """Serve until told to stop."""
    config = uvicorn.Config(
        make_app(simulator),
        http=_protocol(simulator.connections),
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,  # a middleware sends one by the simulator's clock
        proxy_headers=False,  # the address of a client tells the connections apart
        timeout_keep_alive=60,
        timeout_graceful_shutdown=2,
        ssl_certfile=certfile,
        ssl_keyfile=keyfile,
    )
    gc.collect()
    gc.freeze()  # the fleet is here to stay: don't look through it again and again
    _Server(config, announce).run(sockets=[listener])
