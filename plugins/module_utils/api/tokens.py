# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where ITCare is and who asks: connection options and access tokens (contract, section 1)."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
import time
import typing as t
from dataclasses import dataclass, fields
from urllib.parse import quote, urlsplit

from .errors import AuthenticationError, ConnectionFailedError, InputError, token_error
from .requests_library import REQUESTS_IMPORT_ERROR, requests

DEFAULT_API_URL = "https://api.cegedim.cloud/itcare"
DEFAULT_TOKEN_URL = "https://accounts.cegedim.cloud/auth/realms/cloud/protocol/openid-connect/token"
_TOKEN = re.compile(r"[\x21-\x7e]+")  # what a header can carry
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
UNTOLD_LIFETIME = 60.0  # seconds, when the answer doesn't tell
RENEW_BEFORE_END = 30.0  # seconds; a token must outlive the request that carries it
LONGEST = 31_536_000  # seconds that may be given: a year; the system's clocks end somewhere
NO_CREDENTIALS = (
    "No credentials: set client_id and client_secret (environment variables ITCARE_CLIENT_ID and "
    "ITCARE_CLIENT_SECRET), or access_token (ITCARE_ACCESS_TOKEN)."
)


@dataclass(frozen=True)
class ConnectionOptions:
    """The connection options of every module and of the inventory, checked."""

    api_url: str = DEFAULT_API_URL
    token_url: str = DEFAULT_TOKEN_URL
    client_id: str | None = None
    client_secret: str | None = None
    access_token: str | None = None
    validate_certs: bool = True
    ca_path: str | None = None
    request_timeout: float = 30
    retries: int = 5

    @classmethod
    def from_mapping(cls, options: t.Mapping[str, t.Any]) -> ConnectionOptions:
        """Takes what it knows from a plugin's options. Raises InputError, naming the option, before any request."""
        given = {f.name: options[f.name] for f in fields(cls) if options.get(f.name) is not None}
        return cls(**given)

    def __post_init__(self) -> None:
        for option in ("api_url", "token_url"):
            value = getattr(self, option)
            if not _is_address(value):
                raise InputError(
                    f"{option} must be an address such as {DEFAULT_API_URL}, without blanks or line ends, not "
                    f"{_without_user(value)!r}."
                )
            if "@" in urlsplit(value).netloc:
                raise InputError(
                    f"{option} must not hold a user or password: use client_id and client_secret."
                )
        if not 0 < self.request_timeout <= LONGEST:
            raise InputError(
                f"request_timeout must be more than 0 seconds and at most {LONGEST}, not {self.request_timeout}."
            )
        if self.retries < 0:
            raise InputError(f"retries must be 0 or more, not {self.retries}.")
        if self.access_token and not _TOKEN.fullmatch(self.access_token):
            raise InputError(
                "access_token must be one word: look for blanks, line ends or quotes in it."
            )
        if self.client_id and (
            self.client_id != self.client_id.strip() or _CONTROL.search(self.client_id)
        ):
            raise InputError(
                f"client_id must have no blank or line end around it, not {self.client_id!r}."
            )
        if self.client_secret and _CONTROL.search(self.client_secret):
            raise InputError(
                "client_secret must be one line: look for a line end or another control character in it."
            )
        if not self.access_token:
            if not self.client_id and not self.client_secret:
                raise InputError(NO_CREDENTIALS)
            for option in ("client_id", "client_secret"):
                if not getattr(self, option):
                    raise InputError(
                        f"{option} is missing (environment variable ITCARE_{option.upper()}). {NO_CREDENTIALS}"
                    )

    @property
    def verify(self) -> bool | str:
        """What requests calls `verify`."""
        return (self.ca_path or True) if self.validate_certs else False

    @property
    def identity(self) -> list[str]:
        """Which account asks: the same for every token of it that tells."""
        if not self.access_token:  # two who issue tokens may each know a client of that name
            return [self.token_url.rstrip("/"), self.client_id or ""]
        claims = _claims(self.access_token)
        told = [claims.get("iss"), claims.get("azp") or claims.get("client_id"), claims.get("sub")]
        who = [claim for claim in told if claim and isinstance(claim, str)]
        return who if len(who) == len(told) else [self.access_token]

    @property
    def warning(self) -> str | None:
        """What a user must be told before anything is sent."""
        unchecked = {
            urlsplit(url).netloc
            for url in (self.api_url, self.token_url)
            if not self.validate_certs and urlsplit(url).scheme == "https"
        }
        if not unchecked:
            return None
        return (
            f"The certificates of {', '.join(sorted(unchecked))} aren't checked, as validate_certs is false: the credentials go "
            "to whoever answers. Set ca_path instead where a private authority is used."
        )

    def __repr__(self) -> str:
        return f"ConnectionOptions(api_url={self.api_url!r}, client_id={self.client_id!r})"


def _claims(token: str) -> dict[str, t.Any]:
    """What a JWT says of itself, nothing when it is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _is_address(text: str) -> bool:
    if re.search(r"\s", text) or _CONTROL.search(text):  # urlsplit overlooks some of them
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that don't close, a port that is no number
        return False


def _without_user(url: str) -> str:
    return url.rsplit("@", 1)[-1]


class Bearer(requests.auth.AuthBase if REQUESTS_IMPORT_ERROR is None else object):  # type: ignore[misc]
    """The token as an `auth` object: requests then leaves a user's .netrc alone."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: t.Any) -> t.Any:
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
        send: t.Callable[[dict[str, str], Bearer | t.Any], t.Any],
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
            raise token_error(
                options.token_url,
                answer.status_code,
                answer.headers.get("Content-Type", ""),
                answer.text,
                answer.headers.get("Location", ""),
                self.scrub,
            )
        try:
            data = answer.json()
            access = data["access_token"]
            if not isinstance(access, str) or not _TOKEN.fullmatch(access):
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
