# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outermost layer: notes every request and its answer, and dates the answers."""

from __future__ import annotations

from email.utils import formatdate
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .clock import stamp
from .context import CLIENT, ENTRY, is_dry_run
from .fields import Fields
from .request_log import logged_body
from .simulator import Simulator


async def _read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return body
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the body that has been read to those who come next."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _query(scope: Scope) -> dict[str, str]:
    """Repeated parameters are joined by commas."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


class LogMiddleware:
    """Calls of the control API stay out of the log."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/control"):
            await self.app(scope, receive, send)
            return
        body = await _read_body(receive)
        entry = self._open(scope, body)
        await self.app(scope, _replay(body, receive), self._noting(entry, send))

    def _open(self, scope: Scope, body: bytes) -> Fields:
        """The entry of a request in the log, left in the scope with the client."""
        headers = Headers(scope=scope)
        client = self.simulator.tokens.client_of(headers.get("authorization", ""))
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        entry = self.simulator.log.open(
            time=stamp(self.simulator.clock.now()),
            method=scope["method"],
            path=scope["path"],
            query=_query(scope),
            page=None,
            client_id=client.id if client else None,
            dry_run=is_dry_run(headers),
            body=None if is_form else logged_body(body),
        )
        scope[CLIENT], scope[ENTRY] = client, entry
        return entry

    def _noting(self, entry: Fields, send: Send) -> Send:
        """Notes the status, and dates the answer by the simulator's clock."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
                date = formatdate(self.simulator.clock.now(), usegmt=True).encode()
                headers = [*message.get("headers", ()), (b"date", date)]
                message = {**message, "headers": headers}
            await send(message)

        return noting
