# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. What can go wrong, in the API's own terms.

The text of every error is a sentence that its reader can act on; `details` holds the same facts for programs.
Nothing here may carry a secret: the client removes them from what a server said before it builds an error.
"""

from __future__ import annotations

import typing as t


def printable(text: str) -> str:
    """`text` without what a terminal obeys or can't show: texts of a server or user go into messages."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else "\ufffd" for one in text)


class ItcareError(Exception):
    """Base of everything this collection raises on purpose."""

    passing = False  # asking again may help

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(printable(message))
        self.details: dict[str, t.Any] = {k: v for k, v in details.items() if v is not None}


class InputError(ItcareError):
    """What was asked for can't be right; nothing was changed."""


class WriteRefusedError(ItcareError):
    """A write was about to be sent in check mode: a bug in this collection, stopped before it could do harm."""


class DryRunIgnoredError(ItcareError):
    """The server didn't confirm a dry run, so the call may have been executed."""


class ConnectionFailedError(ItcareError):
    """No usable answer. `arrived` is False when the request surely wasn't executed."""

    after_503 = False  # an earlier sending was answered 503, and may have been executed

    def __init__(
        self, message: str, *, arrived: bool, passing: bool = True, **details: object
    ) -> None:
        super().__init__(message, **details)
        self.arrived = arrived
        self.passing = passing


class UnreadableAnswerError(ItcareError):
    """An answer hasn't the form that it must have."""


class IncompleteListError(ItcareError):
    """A list stayed shorter or longer than the server says it is."""

    passing = True


class FilterIgnoredError(ItcareError):
    """A list holds what a filter should have kept out."""


class UnsureWriteError(ItcareError):
    """Nothing tells whether a write was executed."""


class ActionFailedError(ItcareError):
    """An asynchronous action ended in ERROR."""


class ActionTimeoutError(ItcareError):
    """An asynchronous action is still in progress at the end of the wait."""


class ApiError(ItcareError):
    """The server answered with an error status."""

    title = "unexpected answer"
    after_503 = False  # an earlier sending was answered 503, and may have been executed

    def __init__(
        self,
        method: str,
        path: str,
        status: int,
        *,
        said: str = "",
        hint: str = "",
        error_code: str | None = None,
        error_desc: str | None = None,
        error_message: str | None = None,
    ) -> None:
        text = f"{method} {path} answered {status} ({self.title})"
        if said:
            text += f": {said.rstrip('.')}"
        text += f". {hint}" if hint else "."
        super().__init__(
            text,
            method=method,
            path=path,
            status=status,
            error_code=error_code,
            error_desc=error_desc,
            error_message=error_message,
        )
        self.status = status
        # A write may have been executed although these were answered.
        self.arrived = (
            status == 408 or (status >= 500 and status not in (501, 503)) or 200 <= status < 300
        )
        self.passing = status == 429 or status >= 500 or status < 300


class InvalidRequestError(ApiError):
    title = "bad request"


class AuthenticationError(ApiError):
    title = "not authenticated"


class ForbiddenError(ApiError):
    title = "not allowed"


class NotFoundError(ApiError):
    title = "not found"


class ConflictError(ApiError):
    title = "conflict"


class InconsistentDataError(ApiError):
    title = "inconsistent data"


class RateLimitError(ApiError):
    title = "too many requests"


class ServerError(ApiError):
    title = "server error"
