# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""camelCase becomes snake_case, for every name of the API's reference (docs/api.md#fields)."""

from __future__ import annotations

import keyword
from typing import Any, get_args

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import (
    camel,
    snake,
    to_camel,
    to_snake,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.checks import check_change_reference
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.desired import FIXED
from hypothesis import given
from hypothesis import strategies as st
from itcare_simulator import models
from pydantic import BaseModel

MODELS = [
    kind
    for kind in vars(models).values()
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not BaseModel
]
BODIES = [kind for kind in MODELS if issubclass(kind, models.Body) and kind is not models.Body]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id", "id"),
        ("ipAddress", "ip_address"),
        ("isMemberOFLoadBalancer", "is_member_of_load_balancer"),
        ("internalId", "internal_id"),
        ("snapshotSize", "snapshot_size"),
        ("endOfSalesAt", "end_of_sales_at"),
        ("noStoRplExplanation", "no_sto_rpl_explanation"),
        ("exclFromSnap", "excl_from_snap"),
        ("sizeGb", "size_gb"),
        ("URL", "url"),
        ("metrologyURL", "metrology_url"),
        ("URLPath", "url_path"),
        ("ipV4Address", "ip_v4_address"),
        ("already_snake", "already_snake"),
    ],
)
def test_snake(name: str, expected: str) -> None:
    assert snake(name) == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_of_the_contract(model: type[BaseModel]) -> None:
    names = list(model.model_fields)
    snaked = [snake(name) for name in names]
    assert len(set(snaked)) == len(names)
    for name in snaked:
        assert name.isidentifier()
        assert name == name.lower()
        assert not keyword.iskeyword(name)
        assert "__" not in name
        assert snake(name) == name


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_what_is_sent_keeps_its_name(model: type[BaseModel]) -> None:
    for name in model.model_fields:
        assert camel(snake(name)) == name


def test_every_option_of_a_create_body_is_a_field_of_it() -> None:
    for parameter, _shown_as in FIXED.values():
        assert parameter in models.CreateBody.model_fields


def test_where_fixed_options_are_shown() -> None:
    """`area.regulation` leads to a field of an instance (docs/api.md#fields)."""
    for option, (_parameter, shown_as) in FIXED.items():
        model: Any = models.Instance
        for part in (shown_as or "").split(".") if shown_as else ():
            fields = {snake(name): field for name, field in model.model_fields.items()}
            assert part in fields, f"{option}: {shown_as}"
            kinds = get_args(fields[part].annotation) or (fields[part].annotation,)
            model = next(
                (k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None
            )


def test_all_the_way_down() -> None:
    data = {
        "backupPolicyDetails": {
            "policies": [{"policyId": "x", "frequencies": {"onMonday": {"aB": 1}}}]
        },
        "unknownField": [[{"innerKey": None}], "textValue"],
    }
    assert to_snake(data) == {
        "backup_policy_details": {
            "policies": [{"policy_id": "x", "frequencies": {"onMonday": {"aB": 1}}}]
        },
        "unknown_field": [[{"inner_key": None}], "textValue"],
    }


def test_options_that_were_not_given_are_not_sent() -> None:
    assert to_camel([{"key": "a", "default_value": None, "size_gb": 0, "x": [None, False]}]) == [
        {"key": "a", "sizeGb": 0, "x": [None, False]}
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)


@given(json_values)
def test_names_in_snake_case_stay(value: Any) -> None:
    once = to_snake(value)
    assert to_snake(once) == once


@given(st.from_regex(r"[a-z][a-z0-9]*([A-Z][a-z]+[0-9]?)*", fullmatch=True))
def test_camel_case_survives_the_way_there_and_back(name: str) -> None:
    assert camel(snake(name)) == name


@pytest.mark.parametrize(
    ("text", "expected"), [(None, None), ("", None), ("RFC1234567", "RFC1234567")]
)
def test_change_reference(text: str | None, expected: str | None) -> None:
    assert check_change_reference(text) == expected


def test_change_reference_too_long() -> None:
    with pytest.raises(InputError, match="change_reference has at most 10 .*'RFC12345678' has 11"):
        check_change_reference("RFC12345678")
