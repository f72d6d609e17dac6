# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A call as a task asks for it, checked before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.desired import (
    DesiredCall,
)

PATH = "/compute/instances/7"


def desired(**options: Any) -> DesiredCall:
    return DesiredCall.from_options({"path": PATH, **options})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": None}, "path begins with /"),
        ({"path": "/x/"}, "path '/x/' ends with /: is the variable empty"),
        ({"method": "HEAD"}, "method is GET, POST, PUT, PATCH or DELETE, not 'HEAD'"),
        ({"method": "get"}, "method is"),
        ({"method": ""}, "method is"),
        ({"body": {}}, "body goes with POST"),
        ({"body": ""}, "body goes with POST"),
        ({"method": "POST", "paginate": True}, "paginate goes with method: GET only, not with POST"),
        ({"paginate": True, "query": {"page": 2}}, "query.page goes without paginate"),
        ({"query": {"a": {"b": 1}}}, "query.a takes"),
        ({"method": "POST", "media_type": "json"}, "media_type is one such as"),
        ({"method": "POST", "media_type": ""}, "media_type is one such as"),
        ({"method": "POST", "media_type": "a/b\r\nX: y"}, "media_type is one such as"),
        ({"method": "POST", "media_type": "a/b c"}, "media_type is one such as"),
        ({"method": "POST", "media_type": "a/b;"}, "media_type is one such as"),
        ({"method": "POST", "media_type": "a/b/c"}, "media_type is one such as"),
        ({"method": "POST", "media_type": "a/b;\r\n c=d"}, "media_type is one such as"),
        ({"method": "POST", "media_type": 'a/b;c="\u2192"'}, "media_type is one such as"),
        ({"method": "POST", "media_type": 'a/b;c="\x7f"'}, "media_type is one such as"),
        ({"method": "POST", "body": [float("nan")]}, "body can't be written as JSON"),
        ({"method": "POST", "body": float("-inf")}, "body can't be written as JSON"),
        ({"method": "POST", "body": {"a": {1, 2}}}, "body can't be written as JSON"),
        ({"method": "POST", "body": "\udce9"}, "body holds a character that is none"),
        ({"unless": {"keys": "a"}}, "unless takes"),
        ({"reached": {"path": "x"}}, "reached.path begins with /"),
        ({"sensitive": ["a..b"]}, "sensitive is a dotted path"),
        ({"change_reference": "x" * 11}, "change_reference has at most 10 characters"),
        ({"method": "PUT", "body": [1], "change_reference": "C1"}, "change_reference has no place in body"),
        ({"method": "PUT", "body": "x", "change_reference": "C1"}, "change_reference has no place in body"),
        ({"method": "PUT", "body": {"operation": "x", "options": []}, "change_reference": "C1"},
         "change_reference has no place in body.options"),
        ({"method": "PUT", "body": {"changeReference": "C2"}, "change_reference": "C1"},
         "change_reference is 'C1', but body.changeReference is 'C2'"),
        ({"method": "PUT", "body": {"operation": "x", "options": {"changeReference": 5}}, "change_reference": "C1"},
         "change_reference is 'C1', but body.options.changeReference is 5"),
        ({"method": "PUT", "body": {"operation": "x", "changeReference": "C2"}, "change_reference": "C1"},
         "change_reference is 'C1', but body.changeReference is 'C2'"),
    ],
)  # fmt: skip
def test_rule_2_what_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        desired(**options)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (None, {"changeReference": "C1"}),
        ({}, {"changeReference": "C1"}),
        ({"a": None}, {"a": None, "changeReference": "C1"}),
        ({"operation": None}, {"operation": None, "changeReference": "C1"}),
        ({"changeReference": None}, {"changeReference": "C1"}),
        ({"changeReference": "C1"}, {"changeReference": "C1"}),
        ({"operation": "stop"}, {"operation": "stop", "options": {"changeReference": "C1"}}),
        ({"operation": "stop", "options": None}, {"operation": "stop", "options": {"changeReference": "C1"}}),
        ({"operation": "x", "options": {"a": 1}}, {"operation": "x", "options": {"a": 1, "changeReference": "C1"}}),
    ],
)  # fmt: skip
def test_rule_11_where_a_change_reference_goes(body: Any, sent: Any) -> None:
    assert desired(method="PATCH", body=body, change_reference="C1").body == sent
    assert desired(method="PATCH", body=body, change_reference="").body == body


def test_rule_11_a_number_is_the_reference_it_reads_as() -> None:
    given = {"changeReference": 12}
    assert desired(method="PUT", body=given, change_reference="12").body == given


def test_rule_11_a_get_has_no_place_for_one() -> None:
    """It may come from module_defaults."""
    assert desired(change_reference="C1").body is None


@pytest.mark.parametrize(
    "body", [{"aB": None, "c_d": [1, "2", True, {}]}, [], {}, "x", 0, False, [None]]
)
def test_rule_3_a_body_as_it_is_given(body: Any) -> None:
    assert desired(method="POST", body=body).content == body


def test_rule_3_media_types() -> None:
    assert desired(method="POST").media_type == "application/json"
    for kind in (
        "application/vnd.cegedim-it.v1+json",
        'text/plain; charset="utf-8"',
        "a/b;c=d;e=f",
        'a/b ;\tc="d e!#[]~"',
    ):
        assert desired(method="POST", media_type=kind).media_type == kind
    assert desired(method="POST", body="é", media_type="text/plain").content == "é".encode()
    assert desired(method="POST", body={"a": 1}, media_type="application/yaml").content == {"a": 1}


def test_rule_1_a_get_by_default() -> None:
    assert desired().method == "GET"
    assert desired(method="DELETE").title == f"DELETE {PATH}"
