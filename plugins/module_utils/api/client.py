# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. HTTP with ITCare: verbs, retries by method, dry run. Pages are in pages.py, tokens in tokens.py.

One client keeps one set of connections alive and may be used from several threads.
"""

from __future__ import annotations

import contextlib
import datetime
import math
import threading
import time
import typing as t
from urllib.parse import quote, urlencode, urlsplit

from .as_written import AsWritten, plain_text
from .bodies import ENCODING, BodyError, read_body
from .connection_options import ConnectionOptions
from .errors import (
    ApiError,
    ConnectionFailedError,
    DryRunIgnoredError,
    InputError,
    WriteRefusedError,
)
from .http_errors import api_error
from .masking import Mask
from .network_errors import network_error, no_certificates, unreadable
from .notices import Notices
from .parsing import is_cut, parse
from .pauses import FIRST_BACKOFF, asked_pause, backoff
from .proxies import proxy_secrets
from .requests_library import requests, urllib3
from .sessions import Adapter, Session, limited
from .times import http_date
from .token_cache import TokenCache
from .tokens import Bearer, TokenSource
from .user_agent import user_agent

MEDIA_TYPE = "application/vnd.cegedim-it.v1+json"  # docs/api.md#headers
DRY_RUN_HEADER = "ITCare-DryRun"
RETRIED_READ = frozenset({429, 500, 502, 503, 504})
RETRIED_WRITE = frozenset({429, 503})  # refused before anything was done
RETRIED_ONCE = frozenset({429})  # a proxy answers 503 after delivery, too
WHOLE = 10.0  # times request_timeout: the most that one request may take, however slowly its answer comes
OPEN = frozenset({"/health", "/api/status"})  # need no token: docs/api.md#hosts
CONNECTIONS = 32  # as many threads as may share one client

Query = t.Mapping[str, object]


class Answer(t.NamedTuple):
    """What was answered: parsed body (None when empty) and status."""

    status: int
    data: t.Any


class Client:
    """Calls ITCare. `read_only` refuses every write (check mode); `dry_run` sends writes for validation only."""

    def __init__(
        self,
        options: ConnectionOptions,
        *,
        read_only: bool = False,
        dry_run: bool = False,
        sleep: t.Callable[[float], None] = time.sleep,
        clock: t.Callable[[], float] = time.monotonic,
        wall_clock: t.Callable[[], float] = time.time,
        slots: t.ContextManager[t.Any] | None = None,
        runs_in: str = "",
        mask: t.Callable[[str], object] | None = None,
    ) -> None:
        """`runs_in`: see user_agent.py. `mask` is told each secret that comes up, for whoever masks what is shown.
        `slots`: a semaphore that several clients share, so that all of them together send so many requests at a time.
        """
        self.options = options
        self.read_only = read_only
        self.dry_run = dry_run
        self.sleep = sleep
        self.clock = clock
        # Tells actions that began before a write from those after it.
        self.server_time: datetime.datetime | None = None
        self.ends_at = math.inf  # on `clock`: no pause goes beyond it
        self.notices = Notices()
        self._base = options.api_url.rstrip("/")
        cache = None
        if options.token_cache:
            cache = TokenCache(options, self.notices, self._sleep, now=wall_clock)
        self._tokens = TokenSource(options, self._post_token_form, clock, cache, mask)
        asked = [options.api_url] if options.access_token else [options.api_url, options.token_url]
        self.hide(proxy_secrets(asked))
        self._dry_run_lock = threading.Lock()
        self._dry_run_ignored = False
        self._gate_lock = threading.Lock()
        self._closed_until = 0.0
        self._slots = slots or contextlib.nullcontext()
        self._user_agent = user_agent(runs_in)
        self._session = self._new_session()

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def _new_session(self) -> requests.Session:
        session = Session()
        adapter = Adapter(pool_connections=4, pool_maxsize=CONNECTIONS)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.headers.update(
            {
                "Accept": f"{MEDIA_TYPE}, application/json;q=0.9, */*;q=0.8",
                "Accept-Encoding": ENCODING,
                "User-Agent": self._user_agent,
            }
        )
        return session

    def hide(self, secrets: t.Iterable[str]) -> None:
        """Takes more than the credentials out of what a server says."""
        self._tokens.hidden += secrets

    def masked(self, value: t.Any) -> t.Any:
        """Data without any secret, for a failure: what an action says of its own is part of a good answer."""
        return Mask([*self._tokens.secrets, *self._tokens.hidden]).value(value)

    def get(self, path: str, params: Query | None = None) -> t.Any:
        """Parsed JSON of `path` (relative to api_url); None when the body is empty. Retried on passing failures."""
        query = query_string(params)
        return self._with_retries("GET", path, RETRIED_READ, {}, None, query=query)[1]

    def read(self, path: str, query: str = "") -> Answer:
        """What the GET of an address is answered: sent as it is written, and an answer in text/plain is that text."""
        response, data = self._with_retries(
            "GET", path, RETRIED_READ, {}, None, query=query, as_written=True
        )
        return Answer(response.status_code, data)

    def write(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        media_type: str = "application/json",
        once: bool = False,
        fresh: bool = False,
        query: str | None = None,
        done: t.Callable[[], bool] | None = None,
    ) -> Answer:
        """Sends a write; again only when it surely wasn't executed, or (503, unless `once`) nearly surely.

        Raises ConnectionFailedError or ApiError with `arrived` true when it may have been executed, and with `after_503`
        true when an earlier sending of it may have been. `done` is asked before it is sent again after a 503, and keeps it
        from being sent when it has been executed. What is sent `once` goes over a connection of its own (`fresh`), as one
        that has gone stale is the usual cause of lost answers. With a `query`, maybe an empty one, the address is sent as
        it is written, as in `read`.
        """
        if self.read_only and not self.dry_run:
            raise WriteRefusedError(f"{method} {path} was not sent: check mode changes nothing.")
        headers = {} if body is None else {"Content-Type": media_type}
        address: dict[str, t.Any] = {"query": query or "", "as_written": query is not None}
        if self.dry_run:
            return self._dry_run(method, path, headers, body, **address)
        retried = RETRIED_ONCE if once else RETRIED_WRITE
        response, data = self._with_retries(
            method, path, retried, headers, body, fresh=once or fresh, done=done, **address
        )
        return Answer(response.status_code, data)

    def _dry_run(
        self, method: str, path: str, headers: dict[str, str], body: object, **address: t.Any
    ) -> Answer:
        """Sends a write for validation. One at a time, so that the first that is ignored is the last."""
        with self._dry_run_lock:
            if self._dry_run_ignored:
                raise DryRunIgnoredError(
                    f"{method} {path} was not sent, as the server ignored a dry run before."
                )
            headers = {**headers, DRY_RUN_HEADER: "true"}
            try:
                response, data = self._with_retries(
                    method, path, RETRIED_WRITE, headers, body, **address
                )
            except (ApiError, ConnectionFailedError) as error:
                if not error.arrived:
                    raise
                answer = str(error)
            else:
                if response.headers.get(DRY_RUN_HEADER, "").lower() == "true":
                    return Answer(response.status_code, data)
                answer = f"{method} {path} was answered with {response.status_code}."
            self._dry_run_ignored = True
            raise DryRunIgnoredError(
                f"A dry run was not confirmed by the server: {answer} The call may have been executed. Look at the resource, "
                "and don't use server_dry_run for this operation."
            )

    # -- one request, with its retries ------------------------------------------------------------------------------

    def _with_retries(
        self,
        method: str,
        path: str,
        retried: frozenset[int],
        headers: dict[str, str],
        body: object,
        *,
        query: str = "",
        fresh: bool = False,
        as_written: bool = False,
        done: t.Callable[[], bool] | None = None,
    ) -> tuple[requests.Response, object]:
        url = self._base + path + query
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        renewed = after_503 = False
        attempt = 0
        while True:
            asked = None
            token = "" if path in OPEN else self._tokens.current()
            auth = AsWritten(url, token) if as_written else Bearer(token)
            try:
                response = self._send(method, url, auth, fresh=fresh, headers=headers, **sent)
                unknown = response.status_code == 401 and token
                if unknown and self._tokens.renew(token, again=renewed):
                    renewed = True
                    continue
                text = plain_text(response) if as_written else None
                return response, self._parse(method, path, response) if text is None else text
            except ConnectionFailedError as error:  # of the network, or a cut body
                failure: ApiError | ConnectionFailedError = error
                again = (method == "GET" and error.passing) or not error.arrived
            except ApiError as error:
                failure, again = error, response.status_code in retried
                asked = asked_pause(response)
                if response.status_code == 429:
                    self._close_gate(FIRST_BACKOFF if asked is None else asked)
            failure.after_503 = after_503
            after_503 = after_503 or getattr(failure, "status", None) == 503
            if not again or not self._pause(attempt, asked):
                raise failure
            if done is not None and after_503 and done():
                raise failure
            attempt += 1

    def _send(
        self,
        method: str,
        url: str,
        auth: requests.auth.AuthBase,
        *,
        fresh: bool = False,
        **kwargs: t.Any,
    ) -> requests.Response:
        """One HTTP exchange, body and all; failures of the network become ConnectionFailedError."""
        self._wait_for_gate(method, url)
        with self._slots:  # the wait for one takes nothing of a request's time
            return self._exchange(method, url, auth, fresh=fresh, **kwargs)

    def _exchange(
        self, method: str, url: str, auth: requests.auth.AuthBase, *, fresh: bool, **kwargs: t.Any
    ) -> requests.Response:
        timeout = self.options.request_timeout
        whole = WHOLE * timeout
        # A write is given its time: without its answer nobody knows what became of it.
        if method == "GET" or url == self.options.token_url:
            left = max(1.0, self.ends_at - self.clock())
            timeout, whole = min(timeout, left), min(whole, left)
        end = self.clock() + whole
        session = self._new_session() if fresh else self._session
        try:
            with limited(self.clock, end):
                response = session.request(
                    method,
                    url,
                    auth=auth,
                    timeout=timeout,
                    verify=self.options.verify,
                    allow_redirects=False,
                    stream=True,
                    **kwargs,
                )
                read_body(response)
        except BodyError as error:
            raise unreadable(method, urlsplit(url).path, error) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            over = whole if self.clock() >= end else None
            raise network_error(
                self.options, self._tokens.scrub, method, url, error, over
            ) from None
        except OSError as error:  # certificates that can't be read
            raise InputError(no_certificates(self.options.ca_path, str(error))) from None
        except ValueError as error:  # of an address, which some releases of urllib3 let through
            option = "token_url" if url == self.options.token_url else "api_url"
            raise InputError(
                self._tokens.scrub(f"{option} isn't an address that can be asked: {error}.")
            ) from None
        finally:
            if fresh:
                session.close()
        self.server_time = http_date(response.headers.get("Date")) or self.server_time
        return response

    def _parse(self, method: str, path: str, response: requests.Response) -> object:
        if not 200 <= response.status_code < 300:
            raise api_error(method, path, response, self._tokens.scrub)
        try:
            return parse(response.content)
        except BodyError as error:
            content_type = response.headers.get("Content-Type", "")
            if "html" in content_type or response.content.lstrip()[:1] == b"<":
                raise api_error(method, path, response, self._tokens.scrub) from None
            raise unreadable(method, path, error) from None

    def _post_token_form(
        self, form: dict[str, str], auth: requests.auth.AuthBase
    ) -> requests.Response:
        """The token request. It changes nothing on the server, so it is repeated like a GET."""
        attempt = 0
        while True:
            try:
                response = self._send(
                    "POST",
                    self.options.token_url,
                    auth,
                    data=form,
                    headers={"Accept": "application/json"},
                )
                if response.status_code not in RETRIED_READ and not is_cut(response):
                    return response
                if not self._pause(attempt, asked_pause(response)):
                    return response
            except ConnectionFailedError as error:
                if not error.passing or not self._pause(attempt, None):
                    raise
            attempt += 1

    def _pause(self, attempt: int, asked: float | None) -> bool:
        """Sleeps before another attempt, as long as the server has asked for. False when there is none left, or no time."""
        if attempt >= self.options.retries:
            return False
        return self._sleep(backoff(attempt) if asked is None else asked)

    def _sleep(self, seconds: float) -> bool:
        """Sleeps, but not beyond the end of the task's time. False when that came first."""
        left = self.ends_at - self.clock()
        if min(seconds, left) > 0:
            self.sleep(min(seconds, left))
        return seconds <= left

    # -- a shared gate: when one request is told to slow down, all of them do ----------------------------------------

    def _close_gate(self, seconds: float) -> None:
        with self._gate_lock:
            self._closed_until = max(self._closed_until, self.clock() + seconds)

    def _wait_for_gate(self, method: str, url: str) -> None:
        with self._gate_lock:
            left = self._closed_until - self.clock()
        if left > 0 and not self._sleep(left):
            path = urlsplit(url).path
            raise ConnectionFailedError(
                f"{method} {path} was not sent: the service asked to wait longer than the task's time.",
                arrived=False,
                method=method,
                path=path,
            )


def query_string(params: Query | None) -> str:
    """`?a=1&b=x,y`. Lists are joined by commas, booleans are lower case, None is left out."""
    pairs = []
    for key, value in (params or {}).items():
        if value is None:
            continue
        if isinstance(value, bool):
            value = "true" if value else "false"
        elif isinstance(value, (list, tuple)):
            value = ",".join(str(item) for item in value)
        pairs.append((key, value))
    return "?" + urlencode(pairs, quote_via=quote, safe=",:!") if pairs else ""
