# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The web application: the calls of a simulator, with what surrounds each."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from . import api, auth, control, rest
from .access_middleware import AccessMiddleware
from .fault_middleware import FaultMiddleware
from .log_middleware import LogMiddleware
from .problems import Problem, from_validation, unknown_here
from .simulator import Simulator


def make_app(simulator: Simulator) -> ASGIApp:
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
    app.include_router(rest.router)
    app.include_router(control.router)

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Any) -> Response:
        return api.refusal(request, problem)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: Any) -> Response:
        return api.refusal(request, from_validation(error.errors()))

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: Any) -> Response:
        path = request.url.path.removeprefix(api.router.prefix)
        if error.status_code == 404 and path != request.url.path:
            return api.refusal(request, unknown_here(f"{request.method} {path}"))
        return api.refusal(request, Problem(error.status_code, str(error.detail)))

    guarded = AccessMiddleware(app, simulator)
    failing = FaultMiddleware(guarded, simulator)
    return LogMiddleware(failing, simulator)
