# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Access tokens: got, renewed in time, and kept out of everything that is shown (docs/api.md#authentication)."""

from __future__ import annotations

import base64
import html
import json
import threading
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import quote

from .checks import ONE_WORD
from .connection_options import ConnectionOptions
from .errors import AuthenticationError, ConnectionFailedError
from .http_errors import token_error
from .requests_library import REQUESTS_IMPORT_ERROR, requests

UNTOLD_LIFETIME = 60.0  # seconds, when the answer doesn't tell
RENEW_BEFORE_END = 30.0  # seconds; a token must outlive the request that carries it


class Bearer(requests.auth.AuthBase if REQUESTS_IMPORT_ERROR is None else object):  # type: ignore[misc]
    """The token as an `auth` object: requests then leaves a user's .netrc alone."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@dataclass(repr=False)
class _Token:
    access: str
    ends: float
    refresh: str | None = None
    refresh_ends: float = 0


class TokenSource:
    """Hands out the access token, in memory; safe to use from several threads.

    `send` posts a form to the token endpoint with the client's retries and answers a requests.Response.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        send: t.Callable[[dict[str, str], requests.auth.AuthBase], requests.Response],
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._send = send
        self._clock = clock
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self.hidden: list[str] = []  # secrets that aren't ours

    def current(self) -> str:
        """A token that isn't about to end. Raises AuthenticationError or ConnectionFailedError."""
        if self._options.access_token:
            return self._options.access_token
        with self._lock:
            if self._token is None or self._clock() >= self._token.ends:
                self._token = self._obtain()
            return self._token.access

    def renew(self, rejected: str) -> bool:
        """After a 401: drop the rejected token. False when there is no other to be had."""
        if self._options.access_token:
            return False
        with self._lock:
            if self._token is not None and self._token.access == rejected:
                self._token = None
        return True

    def scrub(self, text: str) -> str:
        """`text` without any secret, for what a server said."""
        token = self._token
        secrets = [self._options.client_secret, self._options.access_token, *self.hidden]
        if self._options.client_id and self._options.client_secret:
            pair = f"{self._options.client_id}:{self._options.client_secret}"
            secrets.append(base64.b64encode(pair.encode()).decode())
        if token is not None:
            secrets += [token.access, token.refresh]
        for secret in filter(None, secrets):
            # as it is, and as JSON, an address or a web page would show it
            for form in (
                secret,
                json.dumps(secret)[1:-1],
                json.dumps(secret, ensure_ascii=False)[1:-1],
                quote(secret, safe=""),
                html.escape(secret),
            ):
                text = text.replace(form, "********")
        return text

    def _obtain(self) -> _Token:
        now = self._clock()
        old = self._token
        if old is not None and old.refresh and now < old.refresh_ends:
            try:
                return self._request({"grant_type": "refresh_token", "refresh_token": old.refresh})
            except AuthenticationError:
                pass  # the session behind the refresh token may be gone: the client's own credentials still count
        return self._request({"grant_type": "client_credentials"})

    def _request(self, form: dict[str, str]) -> _Token:
        options = self._options
        asked_at = self._clock()
        auth = requests.auth.HTTPBasicAuth(
            str(options.client_id).encode(), str(options.client_secret).encode()
        )
        try:
            answer = self._send(form, auth)
        except ConnectionFailedError as error:
            error.arrived = False  # whatever the token was wanted for
            raise
        if answer.status_code != 200:
            raise token_error(options.token_url, answer, self.scrub)
        try:
            data = answer.json()
            access = data["access_token"]
            if not isinstance(access, str) or not ONE_WORD.fullmatch(access):
                raise ValueError("no token")
            lifetime = float(data.get("expires_in") or UNTOLD_LIFETIME)
            refresh_lifetime = float(data.get("refresh_expires_in") or 0)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConnectionFailedError(
                f"The token endpoint {options.token_url} answered without an access token: check token_url (ITCARE_TOKEN_URL).",
                arrived=False,
            ) from None
        # A token that lives shorter than the margin is used until half its life.
        margin = min(RENEW_BEFORE_END, lifetime / 2)
        refresh_margin = min(RENEW_BEFORE_END, refresh_lifetime / 2)
        return _Token(
            access=access,
            ends=asked_at + lifetime - margin,
            refresh=data.get("refresh_token"),
            refresh_ends=asked_at + refresh_lifetime - refresh_margin,
        )
