# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals, in the form in which the API words them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

STATUS_NAMES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    422: "UNPROCESSABLE_ENTITY",
    501: "NOT_IMPLEMENTED",
}


class Problem(Exception):
    """A request that is refused."""

    def __init__(self, status: int, message: str, *, field: str = "", code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.field = field
        self.code = code or STATUS_NAMES.get(status, "ERROR")

    def body(self) -> dict[str, str]:
        return {
            "status": STATUS_NAMES.get(self.status, str(self.status)),
            "errorCode": self.code,
            "errorDesc": self.field,
            "errorMessage": self.message,
        }


def invalid(field: str, why: str = "") -> Problem:
    """A value that is wrong in itself: 400."""
    message = f"Error on field '{field}'" + (f": {why}" if why else "")
    return Problem(400, message, field=field, code="INVALID_FIELD_VALUE")


def inconsistent(field: str, why: str) -> Problem:
    """A value that doesn't fit the others, or that doesn't exist: 422."""
    message = f"Error on field '{field}': {why}"
    return Problem(422, message, field=field, code="INCONSISTENT_DATA")


def unknown_here(what: str, known: str = "") -> Problem:
    """What the simulator can't serve as nothing public says how: 501. ITCare itself may know it."""
    message = f"The simulator serves only what is known of ITCare's API, and {what} isn't{known}"
    return Problem(501, message, code="NOT_SIMULATED")


def from_validation(errors: Sequence[Any]) -> Problem:
    """The first of the errors that pydantic found, as the API would word it."""
    first = errors[0]
    location = [str(part) for part in first.get("loc", ()) if part not in ("body", "query", "path")]
    return invalid(".".join(location) or "body", str(first.get("msg", "")))
