# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors are sentences that their reader can act on."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import requests
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.http_errors import api_error
from hypothesis import given
from hypothesis import strategies as st

INSTANCE = "/compute/instances/1"
SNAPSHOTS = f"{INSTANCE}/snapshots"


def answered(method: str, path: str, status: int, kind: str, content: str) -> errors.ApiError:
    response = requests.Response()
    response.status_code = status
    response.headers["Content-Type"] = kind
    response.raw = io.BytesIO(content.encode())
    response.encoding = "utf-8"
    return api_error(method, path, response)


def body(**fields: Any) -> str:
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("status", "kind", "arrived"),
    [
        (200, errors.ApiError, True),
        (302, errors.ApiError, False),
        (400, errors.InvalidRequestError, False),
        (401, errors.AuthenticationError, False),
        (403, errors.ForbiddenError, False),
        (404, errors.NotFoundError, False),
        (405, errors.ApiError, False),
        (409, errors.ConflictError, False),
        (422, errors.InconsistentDataError, False),
        (429, errors.RateLimitError, False),
        (500, errors.ServerError, True),
        (501, errors.ServerError, False),
        (502, errors.ServerError, True),
        (503, errors.ServerError, False),
        (504, errors.ServerError, True),
    ],
)
def test_type_by_status(status: int, kind: type[errors.ApiError], arrived: bool) -> None:
    error = answered("PATCH", INSTANCE, status, "", "")
    assert error.__class__ is kind
    assert error.status == status
    assert error.arrived is arrived  # of a write: may it have been executed?
    assert str(error).startswith(f"PATCH {INSTANCE} answered {status} ({kind.title}). ") or (
        str(error) == f"PATCH {INSTANCE} answered {status} ({kind.title})."
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ""),
        (
            body(
                status="BAD_REQUEST",
                errorCode="INVALID_FIELD_VALUE",
                errorDesc="name",
                errorMessage="Error on field 'name'",
            ),
            ": Error on field 'name' [INVALID_FIELD_VALUE].",
        ),
        (body(errorDesc="name"), ": name."),
        (body(errorCode="X"), ": [X]."),
        (body(error="invalid_client", error_description="No."), ": No. [invalid_client]."),
        (body(message="Ends with a stop."), ": Ends with a stop."),
        (body(errorMessage=["a", 1]), ": ['a', 1]."),
        (body(errorMessage=None, errorCode=None), "(bad request)."),
        ("[1, 2]", ": [1, 2]."),
        ('"text"', ': "text".'),
        ("{not json", ": {not json."),
        ("two\n  lines", ": two lines."),
        ("<html><title>Oh &amp; no</title><body>x", 'a web page instead of JSON, "Oh & no"'),
    ],
)
def test_what_the_server_said(content: str, said: str) -> None:
    text = str(answered("GET", "/x", 400, "application/json", content))
    assert said in text
    assert "\n" not in text
    assert ".." not in text


def test_fields_for_programs() -> None:
    content = body(errorCode="CODE", errorDesc="name", errorMessage="words")
    assert answered("POST", "/x", 422, "", content).details == {
        "method": "POST",
        "path": "/x",
        "status": 422,
        "error_code": "CODE",
        "error_desc": "name",
        "error_message": "words",
    }
    assert answered("POST", "/x", 422, "", "").details == {
        "method": "POST",
        "path": "/x",
        "status": 422,
    }


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("POST", "/compute/instances", "POW"),
        ("DELETE", INSTANCE, "POW"),
        ("PATCH", SNAPSHOTS, "POW"),
        ("PATCH", INSTANCE, "OPE"),
        ("POST", SNAPSHOTS, "OPE"),
        ("DELETE", f"{SNAPSHOTS}/1-snap-2", "OPE"),
        ("GET", INSTANCE, "may see"),
    ],
)
def test_403_says_which_right_is_missing(method: str, path: str, right: str) -> None:
    assert right in str(answered(method, path, 403, "", ""))


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (302, "set api_url"),
        (401, "ITCARE_CLIENT_ID, ITCARE_CLIENT_SECRET"),
        (401, "ITCARE_ACCESS_TOKEN"),
        (404, "check api_url"),
        (405, "doesn't take GET; the API's old base address answers so: check api_url"),
        (406, "doesn't answer in the API's media type: check api_url"),
        (415, "doesn't take the API's media type: check api_url"),
        (409, "name is taken"),
        (422, "must go together"),
        (429, "fewer requests"),
        (503, "run again later"),
    ],
)
def test_hints(status: int, hint: str) -> None:
    assert hint in str(answered("GET", "/x", status, "", ""))


def test_a_conflict_over_a_snapshot_is_none_over_a_name() -> None:
    found = str(answered("POST", "/compute/instances/1/snapshots", 409, "", ""))
    assert "There may be a snapshot already" in found
    assert "name" not in found


@given(
    st.sampled_from([200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503]),
    st.sampled_from(["application/json", "text/html", "text/plain", ""]),
    st.one_of(
        st.text(),
        st.binary().map(lambda data: data.decode("latin-1")),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(json.dumps),
        st.text().map(lambda words: json.dumps({"errorMessage": words, "errorCode": words})),
        st.text().map(lambda words: f"<html>{words}" * 50),
    ),
)
def test_any_answer_becomes_one_short_line(status: int, kind: str, content: str) -> None:
    text = str(answered("GET", "/x", status, kind, content))
    assert text.startswith(f"GET /x answered {status} ")
    assert len(text.splitlines()) == 1
    assert len(text) < 1000
