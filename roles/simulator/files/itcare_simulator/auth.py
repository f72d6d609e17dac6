# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token endpoint."""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from .context import entry_of, simulator_of
from .tokens import TokenError

TOKEN_PATH = "/auth/realms/cloud/protocol/openid-connect/token"  # noqa: S105 (a path)

router = APIRouter()


@router.post(TOKEN_PATH, summary="Get an access token")
async def token(request: Request) -> JSONResponse:
    form: dict[str, str] = {}
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    entry = entry_of(request)
    entry["grant_type"] = form.get("grant_type")
    tokens = simulator_of(request).tokens
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    try:
        client = tokens.authenticate(request.headers.get("authorization", ""), form)
        entry["client_id"] = client.id
        answer = tokens.grant(client, form)
    except TokenError as error:
        return JSONResponse(error.body, error.status, headers)
    entry["executed"] = True
    return JSONResponse(answer, 200, headers)
