# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Access tokens: got, renewed in time, and kept out of everything that is shown (docs/api.md#authentication)."""

from __future__ import annotations

import base64
import threading
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import quote_plus

from .bodies import BodyError
from .checks import LONGEST, ONE_WORD
from .connection_options import ConnectionOptions
from .errors import AuthenticationError, ConnectionFailedError
from .http_errors import token_error
from .masking import Mask, scrubbed
from .parsing import parse
from .requests_library import REQUESTS_IMPORT_ERROR, requests
from .token_cache import TokenCache

UNTOLD_LIFETIME = 60.0  # seconds, when the answer doesn't tell
RENEW_BEFORE_END = 30.0  # seconds; a token must outlive the request that carries it
KNOWN = 20  # tokens that messages are searched for


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
    asked_at: float = 0
    lifetime: float = 0
    is_borrowed: bool = False  # another process has asked for it


class TokenSource:
    """Hands out the access token, and shares it through the cache, if there is one; safe to use from several threads.

    `send` posts a form to the token endpoint with the client's retries and answers a requests.Response.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        send: t.Callable[[dict[str, str], requests.auth.AuthBase], requests.Response],
        clock: t.Callable[[], float] = time.monotonic,
        cache: TokenCache | None = None,
        mask: t.Callable[[str], object] | None = None,
    ) -> None:
        self._options = options
        self._mask = mask
        self._send = send
        self._clock = clock
        self._cache = cache
        self._lock = threading.Lock()
        self._token: _Token | None = None
        self._pairs = _pairs(options)
        self._known: tuple[
            _Token, ...
        ] = ()  # the last ones: what was rejected may still be in an answer
        self._distrusts_cache = False
        self.hidden: list[str] = []  # secrets that aren't ours
        self._register(options.client_secret, options.access_token, *self._basics)

    def current(self) -> str:
        """A token that isn't about to end. Raises AuthenticationError or ConnectionFailedError."""
        if self._options.access_token:
            return self._options.access_token
        with self._lock:
            if self._token is None or self._clock() >= self._token.ends:
                self._token = self._shared(self._cache) if self._cache else self._obtain()
            return self._token.access

    def renew(self, rejected: str, *, again: bool = False) -> bool:
        """After a 401: drop the rejected token, for other processes too. False when there is no other to be had.

        `again`: it is the second for one request. Only one that another process had asked for doesn't count.
        """
        if self._options.access_token:
            return False
        with self._lock:
            if self._token is not None and self._token.access == rejected:
                self._token = None
            if self._cache:
                self._cache.discard(rejected)
            if again:
                self._distrusts_cache = True
            borrowed = [token.access for token in self._known if token.is_borrowed]
            return not again or rejected in borrowed

    @property
    def secrets(self) -> list[str]:
        """Credentials and tokens, as far as they are known by now."""
        options = self._options
        secrets = [options.client_secret, options.access_token, *self._basics]
        for token in self._known:
            secrets += [token.access, token.refresh]
        return [secret for secret in secrets if secret]

    def scrub(self, text: str) -> str:
        """`text` without any secret, for what a server said."""
        return Mask(self.hidden).text(scrubbed(text, self.secrets))

    def _shared(self, cache: TokenCache) -> _Token:
        """Of many processes that need a token at once, one asks for it."""
        borrowed = self._borrowed(cache)
        if borrowed:
            return borrowed
        with cache.locked() as is_locked:
            token = self._borrowed(cache) or self._obtain()
            if is_locked and not token.is_borrowed:
                cache.store(token.access, token.lifetime, age=self._clock() - token.asked_at)
            return token

    def _borrowed(self, cache: TokenCache) -> _Token | None:
        """What another process has got, when it is good for a request."""
        found = None if self._distrusts_cache else cache.read()
        # One that was here before was rejected, or has ended: the clock of the file may have been set back.
        if found is None or found.access in [token.access for token in self._known]:
            return None
        now = self._clock()
        ends = now + found.left - _margin(found.lifetime)
        if now >= ends:
            return None
        return self._remembered(_Token(found.access, ends, is_borrowed=True))

    @property
    def _basics(self) -> list[str]:
        """What the header of a token request may show of id and secret."""
        return [base64.b64encode(b":".join(pair)).decode() for pair in self._pairs]

    def _register(self, *secrets: str | None) -> None:
        if self._mask is not None:
            for secret in filter(None, secrets):
                self._mask(secret)

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
        try:
            answer = self._ask(form)
        except ConnectionFailedError as error:
            error.arrived = False  # whatever the token was wanted for
            raise
        if answer.status_code != 200:
            raise token_error(options.token_url, answer, self.scrub)
        try:
            data = parse(answer.content)
            access = data["access_token"]
            if not isinstance(access, str) or not ONE_WORD.fullmatch(access):
                raise ValueError("no token")
            lifetime = _lifetime(data.get("expires_in")) or UNTOLD_LIFETIME
            refresh_lifetime = _lifetime(data.get("refresh_expires_in"))
        except (BodyError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
            raise ConnectionFailedError(
                f"The token endpoint {options.token_url} answered without an access token: check token_url (ITCARE_TOKEN_URL).",
                arrived=False,
            ) from None
        refresh = data.get("refresh_token")
        return self._remembered(
            _Token(
                access=access,
                ends=asked_at + lifetime - _margin(lifetime),
                refresh=refresh if isinstance(refresh, str) else None,
                refresh_ends=asked_at + refresh_lifetime - _margin(refresh_lifetime),
                asked_at=asked_at,
                lifetime=lifetime,
            )
        )

    def _ask(self, form: dict[str, str]) -> requests.Response:
        """With id and secret in the form that the endpoint takes, which is found out once."""
        pair, *others = self._pairs
        answer = self._send(form, requests.auth.HTTPBasicAuth(*pair))
        if answer.status_code == 401 and others:
            answer = self._send(form, requests.auth.HTTPBasicAuth(*others[0]))
            if answer.status_code == 200:
                self._pairs.reverse()
        return answer

    def _remembered(self, token: _Token) -> _Token:
        self._known = (*self._known[1 - KNOWN :], token)
        self._register(token.access, token.refresh)
        return token


def _pairs(options: ConnectionOptions) -> list[tuple[bytes, bytes]]:
    """Id and secret as they are, and encoded as RFC 6749 says, where that is different (docs/api.md#authentication)."""
    if not options.client_id or not options.client_secret:
        return []
    plain = [
        text.encode("utf-8", "surrogatepass") for text in (options.client_id, options.client_secret)
    ]
    encoded = [quote_plus(part).encode() for part in plain]
    pairs = [(plain[0], plain[1]), (encoded[0], encoded[1])]
    return pairs[:1] if plain == encoded else pairs


def _lifetime(told: t.Any) -> float:
    """Seconds; 0 when none are told."""
    seconds = float(told or 0)
    return min(seconds, float(LONGEST)) if seconds > 0 else 0.0


def _margin(lifetime: float) -> float:
    """A token that lives shorter than twice the margin is used until half its life."""
    return min(RENEW_BEFORE_END, lifetime / 2)
