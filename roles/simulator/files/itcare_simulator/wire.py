# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds every call: the request log, faults, latency, and connections that are cut."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .clock import stamp
from .faults import Fault
from .request_log import logged_body
from .simulator import Simulator

_PROXY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1>proxy</body></html>"


async def _read_body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return body
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _closed(receive: Receive) -> None:
    """Return once the server knows that the connection is gone, so that it sends no error page."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Wire:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/control"):
            await self.app(scope, receive, send)
            return
        body = await _read_body(receive)
        method, path = scope["method"], scope["path"]
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        query: dict[str, str] = {}
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"), True):
            query[name] = f"{query[name]},{value}" if name in query else value
        client = self.simulator.tokens.client_of(headers.get("authorization", ""))
        is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        entry = self.simulator.log.open(
            time=stamp(self.simulator.clock.now()),
            method=method,
            path=path,
            query=query,
            page=None,
            client_id=client.id if client else None,
            dry_run=headers.get("itcare-dryrun", "").strip().lower() == "true",
            body=None if is_form else logged_body(body),
        )
        scope["simulator_entry"] = entry
        scope["simulator_client"] = client

        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
                date = formatdate(self.simulator.clock.now(), usegmt=True).encode()
                headers = [*message.get("headers", ()), (b"date", date)]
                message = {**message, "headers": headers}
            await send(message)

        if self.simulator.settings.latency:
            await asyncio.sleep(self.simulator.settings.latency)
        fault = self.simulator.faults.take(method, path, query)
        if fault is None:
            await self.app(scope, replay, noting)
        else:
            entry["fault"] = True
            await self._fail(fault, scope, replay, noting)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(fault.delay)
        self.simulator.drift(remove=fault.remove, insert=fault.insert)
        start: Message = {"type": "http.response.start"}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        executes = fault.execute or (fault.cut != "before" and fault.status is None)
        if executes:
            await self.app(scope, receive, keep)
        else:
            await receive()  # the request, so that what comes next tells of the connection
        await asyncio.sleep(fault.delay_after)
        if fault.status is not None:
            text = _PROXY_PAGE.format(fault.status) if fault.html else fault.body
            kind = "text/html" if fault.html else "application/json"
            body = text.encode()
            pairs = {
                "content-type": kind,
                **{name.lower(): value for name, value in fault.headers.items()},
                "content-length": str(len(body)),
            }
            raw = [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()]
            start = {"type": "http.response.start", "status": fault.status, "headers": raw}
        if fault.cut in ("before", "after"):
            self.simulator.connections.cut(scope, reset=fault.reset)
            await _closed(receive)
            return
        await send(start)
        if fault.cut == "body":
            half = body[: len(body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            self.simulator.connections.cut(scope, reset=fault.reset)
            await _closed(receive)
            return
        await send({"type": "http.response.body", "body": body})
