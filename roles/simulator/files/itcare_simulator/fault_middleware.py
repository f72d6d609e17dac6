# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The middle layer: latency, faults to order, and connections that are cut."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .context import ENTRY
from .faults import Fault
from .simulator import Simulator

_PROXY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1>proxy</body></html>"


async def _closed(receive: Receive) -> None:
    """Return once the server knows that the connection is gone, so that it sends no error page."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _faulty(fault: Fault, status: int) -> tuple[Message, bytes]:
    """The answer that a fault gives in place of the API's."""
    body = (_PROXY_PAGE.format(status) if fault.html else fault.body).encode()
    headers = {
        "content-type": "text/html" if fault.html else "application/json",
        **{name.lower(): value for name, value in fault.headers.items()},
        "content-length": str(len(body)),
    }
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": raw}, body


class FaultMiddleware:
    """Hits only what is in the log: the control API never fails."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        entry = scope.get(ENTRY)
        if entry is None:
            await self.app(scope, receive, send)
            return
        if self.simulator.settings.latency:
            await asyncio.sleep(self.simulator.settings.latency)
        fault = self.simulator.faults.take(entry["method"], entry["path"], entry["query"])
        if fault is None:
            await self.app(scope, receive, send)
        else:
            entry["fault"] = True
            await self._fail(fault, scope, receive, send)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(fault.delay)
        self.simulator.drift(remove=fault.remove, insert=fault.insert)
        start: Message = {"type": "http.response.start"}
        body = b""
        if fault.execute or (fault.cut != "before" and fault.status is None):
            start, body = await self._execute(scope, receive)
        else:
            await receive()  # the request, so that what comes next tells of the connection
        await asyncio.sleep(fault.delay_after)
        if fault.status is not None:
            start, body = _faulty(fault, fault.status)
        if fault.cut not in ("before", "after"):
            part = body[: len(body) // 2] if fault.cut == "body" else body
            more = fault.cut == "body"
            await send(start)
            await send({"type": "http.response.body", "body": part, "more_body": more})
        if fault.cut is not None:
            self.simulator.connections.cut(scope, reset=fault.reset)
            await _closed(receive)

    async def _execute(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """The API's answer, kept back."""
        start: Message = {}
        body = b""

        async def keep(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            else:
                body += message.get("body", b"")

        await self.app(scope, receive, keep)
        return start, body
