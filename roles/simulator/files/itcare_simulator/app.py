# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator put together, as an ASGI application."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from . import api, auth, control
from .auth import DEFAULT_CLIENTS, Client, Tokens
from .catalogue import Fields
from .clock import Clock
from .faults import Faults
from .gate import Gate
from .listing import Listing
from .problems import Problem, from_validation
from .settings import Settings
from .state import Store
from .wire import Connections, RequestLog, Wire


class Simulator:
    """All that the server knows, and how it was started."""

    clock: Clock
    settings: Settings
    store: Store
    listing: Listing
    tokens: Tokens
    log: RequestLog
    faults: Faults
    forbidden_writes: int

    def __init__(
        self,
        *,
        instances: int = 40,
        seed: int = 1,
        start: float | None = None,
        settings: Settings | None = None,
        clients: tuple[Client, ...] = DEFAULT_CLIENTS,
        started_with: Fields | None = None,
    ) -> None:
        self.started_with = started_with or {}
        self.clients = clients
        self.connections = Connections()
        self._instances = instances
        self._seed = seed
        self._start = start
        self._settings = settings or Settings()
        self.reset()

    def reset(self, *, instances: int | None = None, seed: int | None = None) -> None:
        """Be as if started anew, with another fleet if so wished."""
        self.clock = Clock(self._start)
        self.settings = self._settings.model_copy()
        self.store = Store(
            self.clock,
            self.settings,
            instances=self._instances if instances is None else instances,
            seed=self._seed if seed is None else seed,
        )
        self.listing = Listing(self.store)
        self.tokens = Tokens(self.clock, self.settings, self.clients)
        self.log = RequestLog()
        self.faults = Faults()
        self.forbidden_writes = 0

    def drift(self, *, remove: int, insert: int) -> None:
        """Let instances vanish or appear at the front of the list, as between two pages."""
        for instance in self.store.ordered()[:remove]:
            self.store.remove(instance)
        for _each in range(insert):
            self.store.generate({"id": min(self.store.instances, default=10001) - 1})


def make_app(simulator: Simulator) -> Wire:
    """The application that serves a simulator."""
    app = FastAPI(
        title="ITCare simulator",
        description="A simulator of the public parts of the ITCare API of cegedim.cloud.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    app.state.simulator = simulator
    app.include_router(auth.router)
    app.include_router(api.health_router)
    app.include_router(api.router)
    app.include_router(control.router)

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Any) -> Response:
        return api.refusal(request, problem)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: Any) -> Response:
        return api.refusal(request, from_validation(error.errors()))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: Any) -> Response:
        return api.refusal(request, Problem(error.status_code, str(error.detail)))

    return Wire(Gate(app, simulator), simulator)
