# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of the API and their access tokens, as a Keycloak server hands them out."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from .clock import Clock
from .settings import Settings

PROFILES = ("reader", "ope", "pow")  # each may do what those before it may


@dataclass(frozen=True)
class Client:
    id: str
    secret: str
    profile: str

    @classmethod
    def parse(cls, text: str) -> Client:
        """From ``id:secret:profile``; the secret may hold colons."""
        identity, _separator, rest = text.partition(":")
        secret, _separator, profile = rest.rpartition(":")
        if not identity or not secret or profile not in PROFILES:
            raise ValueError(f"expected id:secret:profile with a profile of {', '.join(PROFILES)}")
        return cls(identity, secret, profile)

    def may(self, profile: str) -> bool:
        return PROFILES.index(self.profile) >= PROFILES.index(profile)


DEFAULT_CLIENTS = (
    Client("demo", "demo-secret", "pow"),
    Client("ope", "ope-secret", "ope"),
    Client("reader", "reader-secret", "reader"),
)


class TokenError(Exception):
    """A token request that is refused, in Keycloak's words."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass(frozen=True)
class _Grant:
    client: Client
    expires: float


class Tokens:
    """The tokens in use. They expire by the simulator's clock."""

    def __init__(self, clock: Clock, settings: Settings, clients: tuple[Client, ...]) -> None:
        self._clock = clock
        self._settings = settings
        self._clients = {client.id: client for client in clients}
        self._access: dict[str, _Grant] = {}
        self._refresh: dict[str, _Grant] = {}

    def client_of(self, authorization: str) -> Client | None:
        """Whose valid access token stands in this header."""
        scheme, _separator, token = authorization.partition(" ")
        grant = self._access.get(token.strip()) if scheme.lower() == "bearer" else None
        if grant is None or grant.expires <= self._clock.now():
            return None
        return grant.client

    def revoke_all(self) -> None:
        self._access.clear()
        self._refresh.clear()

    def authenticate(self, authorization: str, form: dict[str, str]) -> Client:
        """The client of a token request, from the Basic header or else from the form."""
        identity, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _separator, encoded = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                pair = base64.b64decode(encoded.strip(), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                pair = ""
            identity, _separator, secret = pair.partition(":")
        refusal = "Invalid client or Invalid client credentials"
        # RFC 6749 has both parts form-encoded in the header, yet many clients send them as they are
        client = self._clients.get(identity) or self._clients.get(unquote_plus(identity))
        if client is None:
            raise TokenError(401, "invalid_client", refusal)
        if client.secret not in (secret, unquote_plus(secret)):
            raise TokenError(401, "unauthorized_client", refusal)
        return client

    def grant(self, client: Client, form: dict[str, str]) -> dict[str, Any]:
        """The answer to an authenticated token request."""
        kind = form.get("grant_type")
        if not kind:
            raise TokenError(400, "invalid_request", "Missing form parameter: grant_type")
        if kind == "refresh_token":
            self._check_refresh(client, form.get("refresh_token"))
        elif kind != "client_credentials":
            raise TokenError(400, "unsupported_grant_type", "Unsupported grant_type")
        now = self._clock.now()
        lifetime, refresh_lifetime = self._settings.token_lifetime, self._settings.refresh_lifetime
        access, refresh = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
        self._access[access] = _Grant(client, now + lifetime)
        self._refresh[refresh] = _Grant(client, now + refresh_lifetime)
        answer: dict[str, Any] = {
            "access_token": access,
            "expires_in": int(lifetime),
            "refresh_expires_in": int(refresh_lifetime),
            "refresh_token": refresh,
            "token_type": "bearer",
        }
        return {**answer, "scope": form["scope"]} if form.get("scope") else answer

    def _check_refresh(self, client: Client, token: str | None) -> None:
        if not token:
            raise TokenError(400, "invalid_request", "No refresh token")
        grant = self._refresh.get(token)
        if grant is None:
            raise TokenError(400, "invalid_grant", "Invalid refresh token")
        if grant.client != client:
            message = "Invalid refresh token. Token client and authorized client don't match"
            raise TokenError(400, "invalid_grant", message)
        if grant.expires <= self._clock.now():
            raise TokenError(400, "invalid_grant", "Token is not active")
