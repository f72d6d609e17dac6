# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The middle layer: latency, faults to order, and connections that are cut."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .context import ENTRY
from .faults import Fault
from .simulator import Simulator

_PROXY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1>proxy</body></html>"


async def _closed(receive: Receive) -> None:
    """Return once the server knows that the connection is gone, so that it sends no error page."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _once_more(request: Message, receive: Receive) -> Receive:
    """Gives a request that was read to the application."""
    waiting = [request]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


async def _delay(fault: Fault, seconds: float, receive: Receive) -> None:
    if not fault.until_gone:
        await asyncio.sleep(seconds)
    elif seconds:
        gone = asyncio.ensure_future(_closed(receive))
        await asyncio.wait({gone}, timeout=seconds)
        gone.cancel()


async def _drip(body: bytes, seconds: float, receive: Receive, send: Send) -> bytes:
    """Send byte by byte, until the client goes away; what is left to be sent then: nothing."""
    gone = asyncio.ensure_future(_closed(receive))
    for byte in body:
        await asyncio.wait({gone}, timeout=seconds)
        if gone.done():
            break
        part = bytes([byte])
        await send({"type": "http.response.body", "body": part, "more_body": True})
    gone.cancel()
    return b""


def _faulty(fault: Fault, status: int, now: float) -> tuple[Message, bytes]:
    """The answer that a fault gives in place of the API's."""
    body = (_PROXY_PAGE.format(status) if fault.html else fault.body).encode()
    headers = {"content-type": "text/html" if fault.html else "application/json"}
    if fault.location is not None:
        headers["location"] = fault.location
    if fault.retry_after is not None:
        until = formatdate(now + fault.retry_after, usegmt=True)
        headers["retry-after"] = until if fault.as_date else str(fault.retry_after)
    headers |= {name.lower(): value for name, value in fault.headers.items()}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": raw}, body


def _spoilt(fault: Fault, start: Message, body: bytes) -> tuple[Message, bytes]:
    """An answer with the headers that its body has now."""
    if fault.cut == "json":
        body = body[: len(body) // 2]
    new = {b"content-length": str(len(body)).encode()}
    if fault.content_type is not None:
        new[b"content-type"] = fault.content_type.encode("latin-1")
    kept = [(name, value) for name, value in start.get("headers", ()) if name not in new]
    return {**start, "headers": [*kept, *new.items()]}, body


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
        request = await receive()  # what comes next tells of the connection
        await _delay(fault, fault.delay, receive)
        self.simulator.drift(remove=fault.remove, insert=fault.insert)
        start: Message = {"type": "http.response.start"}
        body = b""
        if fault.execute or (fault.cut != "before" and fault.status is None):
            start, body = await self._execute(scope, _once_more(request, receive))
        await _delay(fault, fault.delay_after, receive)
        if fault.status is not None:
            start, body = _faulty(fault, fault.status, self.simulator.clock.now())
        if fault.cut not in ("before", "after"):
            start, body = _spoilt(fault, start, body)
            await send(start)
            if fault.cut == "body":
                body = body[: len(body) // 2]
            if fault.drip is not None:
                body = await _drip(body, fault.drip, receive, send)
            more = fault.cut == "body"
            await send({"type": "http.response.body", "body": body, "more_body": more})
        if fault.cut in ("before", "after", "body"):
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
