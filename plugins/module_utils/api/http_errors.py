# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. What an HTTP answer means that isn't the one that was wanted."""

from __future__ import annotations

import html
import re
import typing as t

from .bodies import BodyError
from .case import snake
from .errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    InconsistentDataError,
    InvalidRequestError,
    NotFoundError,
    RateLimitError,
    ServerError,
    printable,
)
from .parsing import parse
from .requests_library import requests

Scrub = t.Callable[[str], str]  # takes secrets out of a text

_SEARCHED = 10_000  # characters of an answer
_WORDS = 300  # characters of a server's own words that are worth repeating
# docs/api.md#errors
_BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: InconsistentDataError,
    429: RateLimitError,
}


def api_error(method: str, path: str, response: requests.Response, scrub: Scrub = str) -> ApiError:
    """The typed error for an answer. `path` is relative to `api_url`.

    `scrub` removes secrets; it is applied to what has been decoded, and before anything is shortened.
    """
    status = response.status_code
    said, fields = _what_it_said(response, scrub)
    hint = _redirects(response, "api_url", scrub) if 300 <= status < 400 else ""
    hint = hint or _option_meant(method, path, status, fields) or _hint(method, path, status)
    return _kind(status)(method, path, status, said=said, hint=hint, **fields)


def token_error(token_url: str, response: requests.Response, scrub: Scrub) -> ApiError:
    """The typed error for an answer of the token endpoint. Whatever it was wanted for hasn't been sent."""
    status = response.status_code
    said, fields = _what_it_said(response, scrub)
    kind = _kind(status)
    if 300 <= status < 400:
        hint = _redirects(response, "token_url", scrub)
    elif status in (400, 401, 403):
        kind = AuthenticationError
        hint = (
            "Check client_id, client_secret (ITCARE_CLIENT_ID, ITCARE_CLIENT_SECRET) and token_url."
        )
    elif status < 500 and status != 429:
        hint = "Check token_url (ITCARE_TOKEN_URL)."
    else:
        hint = _hint("POST", token_url, status)
    error = kind("POST", token_url, status, said=said, hint=hint, **fields)
    error.arrived = False
    return error


def _kind(status: int) -> type[ApiError]:
    return _BY_STATUS.get(status, ServerError if status >= 500 else ApiError)


def _what_it_said(response: requests.Response, scrub: Scrub) -> tuple[str, dict[str, str | None]]:
    """The server's own words in one line, and the API's error fields (docs/api.md#errors) when it sent them."""

    def text(value: object) -> str | None:
        return None if value is None else _shorten(scrub(str(value)), _WORDS)

    body = response.text.strip()
    if body[:1] == "{":
        try:
            data = parse(response.content)
        except BodyError:
            data = None
        if isinstance(data, dict):
            fields = {
                "error_code": text(data.get("errorCode") or data.get("error")),
                "error_desc": text(data.get("errorDesc")),
                "error_message": text(
                    data.get("errorMessage") or data.get("error_description") or data.get("message")
                ),
            }
            words = fields["error_message"] or fields["error_desc"] or ""
            if fields["error_code"]:
                words = f"{words} [{fields['error_code']}]".strip()
            return words, fields
    # What is searched is short, as some searches take the square of its length.
    body = scrub(body)[:_SEARCHED]
    if "html" in response.headers.get("Content-Type", "") or body[:1] == "<":
        page = _shorten(scrub(_html_text(body)), 120)
        return f'a web page instead of JSON, "{page}", probably from a proxy', {}
    return _shorten(scrub(body), _WORDS), {}


def _shorten(text: str, limit: int) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _html_text(page: str) -> str:
    title = re.search(r"<title[^>]*>(.*?)</title>", page, re.I | re.S)
    if title:
        return html.unescape(title.group(1))
    without_code = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.I | re.S)
    return html.unescape(re.sub(r"<[^>]+>", " ", without_code))


def _redirects(response: requests.Response, option: str, scrub: Scrub) -> str:
    # What follows the path may hold anything, and nobody needs it.
    location = scrub(response.headers.get("Location", "")).split("?")[0]
    where = _shorten(location, 120) or "another address"
    return f"It redirects to {where}, and credentials are never sent along: set {option} to the final address."


# Fields of the create body whose option isn't just the same in snake case.
_OPTIONS = {
    "resourceId": "sizing",
    "monitoringEnabled": "monitoring.enabled",
    "monitoringAlerting": "monitoring.alerting",
    "onCallSupervision": "monitoring.on_call",
    "noMonitoringProdReason": "monitoring.reason",
    "backupEnabled": "backup.enabled",
    "backupOffSiteEnabled": "backup.off_site",
    "serverBackupPolicyId": "backup.server_policy_id",
    "dbBackupPolicyId": "backup.db_policy_id",
    "noBackupProdReason": "backup.reason",
    "replicationEnabled": "replication.enabled",
    "noReplicationProdReason": "replication.reason",
}


def _option_meant(method: str, path: str, status: int, fields: t.Mapping[str, str | None]) -> str:
    """Which option holds the value that was refused, where the answer names its field."""
    field = fields.get("error_desc") or ""
    creates = method == "POST" and path.endswith("/compute/instances")
    if not creates or status not in (400, 422) or not re.fullmatch(r"[A-Za-z]\w*", field):
        return ""
    return f"That is the option {_OPTIONS.get(field) or snake(field)}."


# What helps with a status, wherever it comes from.
_HINTS = {
    401: "Check client_id and client_secret (ITCARE_CLIENT_ID, ITCARE_CLIENT_SECRET), or access_token "
    "(ITCARE_ACCESS_TOKEN), and that they belong to token_url.",
    404: "It doesn't exist, or the API account may not see it; when nothing is ever found, check api_url.",
    406: "The service doesn't answer in the API's media type: check api_url, and proxies on the way.",
    409: "Another action may be in progress on the resource, or the name is taken.",
    415: "The service doesn't take the API's media type: check api_url, and proxies on the way.",
    422: "A value doesn't exist, or isn't possible with the others: region, platform, network and service must go together.",
    429: "The service asks for fewer requests: run again later, or with fewer workers or less concurrency.",
}


def _hint(method: str, path: str, status: int) -> str:
    if status == 403:
        return f"The API account lacks a right: {_right_needed(method, path)}."
    if status == 405:
        return f"This address doesn't take {method}; the API's old base address answers so: check api_url."
    if status == 409 and path.endswith("/snapshots"):
        return "There may be a snapshot already, or another action is in progress on the instance."
    if status >= 500:
        return "The service or a proxy before it failed: run again later."
    return _HINTS.get(status, "")


def _right_needed(method: str, path: str) -> str:
    """The profile that a call needs (docs/api.md#profiles)."""
    if method == "GET":
        return "reading needs an API account that may see this resource"
    recovers = method == "PATCH" and path.endswith("/snapshots")
    creates = method == "POST" and path.endswith("/instances")
    deletes = method == "DELETE" and "/snapshots" not in path
    profile = "POW" if recovers or creates or deletes else "OPE"
    return f"this call needs an API account with the profile {profile} on the resource's service"
