# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP server whose every answer the test makes up, for what the simulator can't say: `with misbehaving(reply)`; and nobody at all: `with nobody()`."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from support.client import SimulatedTime

# Status, headers and body; or all that goes over the wire, which may have no end.
Reply = tuple[int, dict[str, str], bytes] | Iterable[bytes]


TOKEN = json.dumps({"access_token": "granted-token", "expires_in": 1200}).encode()


class Misbehaving:
    """The server. Requests it has `seen`; `connections` tells the client's port of each, `bodies` what it sent."""

    def __init__(self, reply: Callable[[str, str, dict[str, str]], Reply | None]) -> None:
        """`reply` gets method, path and headers; None grants a token."""
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.connections: list[int] = []
        self.bodies: list[bytes] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # keeps connections

            def _answer(self) -> None:
                outer.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.seen.append((self.command, self.path, headers))
                outer.connections.append(self.client_address[1])
                answer = reply(self.command, self.path, headers)
                if answer is None:
                    answer = (200, {"Content-Type": "application/json"}, TOKEN)
                if isinstance(answer, tuple):
                    self._proper(*answer)
                else:
                    self._raw(answer)

            def _raw(self, pieces: Iterable[bytes]) -> None:
                self.close_connection = True
                with contextlib.suppress(ConnectionError):  # the client has had enough
                    for piece in pieces:
                        self.wfile.write(piece)

            def _proper(self, status: int, fields: dict[str, str], body: bytes) -> None:
                self.send_response_only(status)
                for name, value in {**fields, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(ConnectionError):
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = (
                _answer  # http.server's names
            )

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

    def client(
        self,
        time: SimulatedTime | None = None,
        slots: contextlib.AbstractContextManager[Any] | None = None,
        **options: Any,
    ) -> Client:
        """A client that takes this server for ITCare."""
        given = {
            "api_url": f"{self.url}/itcare",
            "token_url": f"{self.url}/token",
            "client_id": "demo",
            "client_secret": "demo-secret",
            "token_cache": False,
            **options,
        }
        time = time or SimulatedTime()
        return Client(
            ConnectionOptions.from_mapping(given),
            sleep=time.sleep,
            clock=time.clock,
            wall_clock=time.wall_clock,
            slots=slots,
        )


@contextlib.contextmanager
def misbehaving(
    reply: Callable[[str, str, dict[str, str]], Reply | None],
) -> Iterator[Misbehaving]:
    server = Misbehaving(reply)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """An address that refuses connections, and that nobody else gets meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/itcare"
