# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The innermost layer: who gets into the API, by which path, and whether to write."""

from __future__ import annotations

import json

from starlette.types import ASGIApp, Receive, Scope, Send

from .context import CLIENT
from .problems import Problem
from .simulator import Simulator

_PREFIX = "/itcare/"
_OLD_PREFIX = "/itcare/api/"
_HEALTH = "/itcare/health"


class AccessMiddleware:
    """Lets requests to the API pass or refuses them, after what is due by now has happened."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_PREFIX):
            self.simulator.store.settle()
            if scope["path"].startswith(_OLD_PREFIX):
                path = _PREFIX + scope["path"][len(_OLD_PREFIX) :]
                path = _HEALTH if path == "/itcare/status" else path
                scope = {**scope, "path": path, "raw_path": path.encode()}
            if scope["path"] != _HEALTH and scope[CLIENT] is None:
                await _refuse(send, Problem(401, ""), b"")
                return
            if self.simulator.settings.writes == "forbid" and scope["method"] != "GET":
                self.simulator.forbidden_writes += 1
                problem = Problem(403, "Writes are forbidden here", code="ACCESS_DENIED")
                await _refuse(send, problem, json.dumps(problem.body()).encode())
                return
        await self.app(scope, receive, send)


async def _refuse(send: Send, problem: Problem, body: bytes) -> None:
    headers = [(b"content-length", str(len(body)).encode())]
    if problem.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="cloud", error="invalid_token"'))
    if body:
        headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
