# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token endpoint, and what tokens and profiles allow."""

from __future__ import annotations

from typing import Any

import pytest
import requests

CREDENTIALS = {"grant_type": "client_credentials"}


def test_answer_of_the_contract(api: Any) -> None:
    answer = api.token(CREDENTIALS)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {
        "access_token",
        "expires_in",
        "refresh_expires_in",
        "refresh_token",
        "token_type",
    }
    assert (body["expires_in"], body["refresh_expires_in"]) == (1200, 7200)
    assert body["token_type"] == "bearer"
    assert api.token({**CREDENTIALS, "scope": "openid"}).json()["scope"] == "openid"


def test_credentials_in_the_form(api: Any) -> None:
    form = {**CREDENTIALS, "client_id": "demo", "client_secret": "demo-secret"}
    assert api.token(form, auth=None).status_code == 200


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        (CREDENTIALS, ("nobody", "x"), 401, "invalid_client"),
        (CREDENTIALS, ("demo", "wrong"), 401, "unauthorized_client"),
        (CREDENTIALS, None, 401, "invalid_client"),
        ({}, ("demo", "demo-secret"), 400, "invalid_request"),
        ({"grant_type": "password"}, ("demo", "demo-secret"), 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, ("demo", "demo-secret"), 400, "invalid_request"),
        (
            {"grant_type": "refresh_token", "refresh_token": "x"},
            ("demo", "demo-secret"),
            400,
            "invalid_grant",
        ),
    ],
)
def test_refusals(api: Any, form: Any, auth: Any, status: int, error: str) -> None:
    answer = api.token(form, auth=auth)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error"] == error


def test_json_is_no_form(api: Any) -> None:
    answer = requests.post(
        api.simulator.token_url, json=CREDENTIALS, auth=("demo", "demo-secret"), timeout=30
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_refresh(api: Any, login: Any) -> None:
    refresh = {
        "grant_type": "refresh_token",
        "refresh_token": api.token(CREDENTIALS).json()["refresh_token"],
    }
    api.simulator.advance(1300)
    assert api.call("GET", "/compute/instances").status_code == 401
    renewed = api.token(refresh)
    assert renewed.status_code == 200
    api.session.headers["Authorization"] = "Bearer " + renewed.json()["access_token"]
    assert api.call("GET", "/compute/instances").status_code == 200
    other = login("ope").token(refresh)
    assert (other.status_code, other.json()["error"]) == (400, "invalid_grant")
    api.simulator.advance(6000)
    expired = api.token(refresh)
    assert expired.json() == {
        "error": "invalid_grant",
        "error_description": "Token is not active",
    }


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer unknown", "Basic ZGVtbzpkZW1v"])
def test_no_valid_token(api: Any, header: str) -> None:
    api.session.headers["Authorization"] = header
    answer = api.call("GET", "/compute/instances")
    assert answer.status_code == 401
    assert answer.content == b""
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_token_comes_before_everything_else(api: Any) -> None:
    api.session.headers["Authorization"] = "Bearer unknown"
    for method, path in (
        ("POST", "/compute/instances"),
        ("GET", "/nowhere"),
        ("PATCH", "/actions"),
    ):
        assert api.call(method, path, data="{broken").status_code == 401


def test_lifetime_can_be_set_and_tokens_revoked(api: Any) -> None:
    api.simulator.settings(token_lifetime=5)
    assert api.token(CREDENTIALS).json()["expires_in"] == 5
    assert api.call("GET", "/actions").status_code == 200  # from before
    api.simulator.control("DELETE", "/control/tokens")
    assert api.call("GET", "/actions").status_code == 401


def test_health_needs_no_token(api: Any) -> None:
    for path in ("/health", "/api/status", "/api/health"):
        answer = requests.get(api.simulator.api_url + path, timeout=30)
        assert (answer.status_code, answer.json()) == (200, {"status": "UP"})


WRITES = [
    ("POST", "/compute/instances", "pow"),
    ("DELETE", "/compute/instances/{id}", "pow"),
    ("PATCH", "/compute/instances/{id}/snapshots", "pow"),
    ("PATCH", "/compute/instances/{id}", "ope"),
    ("POST", "/compute/instances/{id}/snapshots", "ope"),
    ("DELETE", "/compute/instances/{id}/snapshots/x", "ope"),
]


@pytest.mark.parametrize(("method", "path", "needed"), WRITES)
def test_rights(api: Any, login: Any, refused: Any, method: str, path: str, needed: str) -> None:
    """Who lacks the right gets 403 even for a body that is wrong; who has it gets further."""
    path = path.format(id=api.list()[0]["id"])
    allowed = {"reader": (), "ope": ("ope",), "demo": ("ope", "pow")}
    for client, profiles in allowed.items():
        answer = login(client).call(method, path, json=[])
        if needed in profiles:
            assert answer.status_code in (202, 400, 404), client
        else:
            assert needed.upper() in refused(answer, 403)
