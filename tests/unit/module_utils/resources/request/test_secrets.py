# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task declares to be sensitive is in nothing that is shown."""

from __future__ import annotations

import base64
import html
import json
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.api.masking import MASK, Mask
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.keys import read_key
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.request.secrets import (
    Secrets,
    read_sensitive,
    shown_options,
)
from hypothesis import given
from hypothesis import strategies as st

SECRET = 'Kz8&w"m2Q<x4Vn7p\\é'


def secrets(body: Any, *paths: str) -> Secrets:
    return Secrets(body, [read_key(path, "sensitive") for path in paths])


FORMS = [
    SECRET,
    json.dumps(SECRET)[1:-1],
    json.dumps(SECRET, ensure_ascii=False)[1:-1],
    quote(SECRET, safe=""),
    html.escape(SECRET),
    base64.b64encode(SECRET.encode()).decode()[:25],
]


@pytest.mark.parametrize("form", FORMS)
def test_rule_12_a_value_in_every_form(form: str) -> None:
    mask = secrets({"password": SECRET}, "password").mask
    assert mask.text(f"a {form} b{form}") == f"a {MASK} b{MASK}"
    data = {"x": [f"<{form}>", {"y": form}], f"k{form}": 1}
    assert mask.value(data) == {"x": [f"<{MASK}>", {"y": MASK}], f"k{MASK}": 1}


def test_rule_12_one_that_holds_another_is_masked_whole() -> None:
    mask = secrets({"a": "abc", "b": "abcdef"}, "a", "b").mask
    assert mask.text("abcdef abc") == f"{MASK} {MASK}"


@pytest.mark.parametrize("value", [4711, "4711"])
def test_rule_12_a_number_is_masked_as_a_whole(value: Any) -> None:
    mask = secrets({"pin": value}, "pin").mask
    shown = mask.value(
        {"a": 4711, "b": "4711", "c": 14711, "d": "pin=4711.", "e": "14711", "f": 471}
    )
    assert shown == {"a": MASK, "b": MASK, "c": 14711, "d": f"pin={MASK}.", "e": "14711", "f": 471}


@pytest.mark.parametrize("value", ["", " ", None, True, False, [], {}])
def test_rule_12_what_is_empty_or_no_secret_masks_nothing_else(value: Any) -> None:
    found = secrets({"a": value, "b": "x"}, "a")
    data = {"b": "x y", "c": True, "d": False, "e": "", "f": None, "g": 0, "h": "True"}
    assert found.mask.value(data) == data
    assert found.body({"a": value, "b": "x"}) == {
        "a": value if value in ("", None) else MASK,
        "b": "x",
    }


def test_rule_12_all_that_is_below_a_path() -> None:
    body = {"login": {"user": "u123456", "keys": ["k1-long", 99887]}, "name": "n"}
    found = secrets(body, "login")
    assert found.body(body) == {"login": MASK, "name": "n"}
    assert found.mask.value("u123456 k1-long 99887 n") == f"{MASK} {MASK} {MASK} n"


def test_rule_12_paths_of_what_is_not_there() -> None:
    found = secrets({"a": 1}, "b", "a.c", "0")
    assert found.body({"a": 1}) == {"a": 1}
    assert secrets(None, "a").body(None) is None
    assert secrets([{"a": "xyz"}, {"a": "uvw"}], "1.a").mask.text("xyz uvw") == f"xyz {MASK}"


def test_rule_12_an_answer_is_masked_at_its_path_only() -> None:
    found = secrets(None, "kubeconfig", "users.token")
    answer = {"kubeconfig": "abc", "users": [{"token": "t", "name": "abc"}], "other": "abc"}
    assert found.answer(answer) == {
        "kubeconfig": MASK,
        "users": [{"token": MASK, "name": "abc"}],
        "other": "abc",
    }


@given(st.text(min_size=1, max_size=8), st.text(max_size=20), st.text(max_size=20))
def test_rule_12_no_text_shows_a_secret(secret: str, before: str, after: str) -> None:
    mask = Mask([secret])
    shown = mask.text(before + secret + after)
    if secret.strip() and not set(secret) & set(MASK + "0123456789"):
        assert secret not in shown
        assert mask.value({"a": [before + secret + after]}) == {"a": [shown]}


def test_rule_12_options_as_they_may_be_shown() -> None:
    given = {
        "body": {"password": "hunter2", "on": True},
        "sensitive": ["password", "on"],
        "path": "/x/hunter2",
        "method": "PUT",
    }
    shown, mask = shown_options(given)
    assert shown == {
        "body": {"password": MASK, "on": MASK},
        "sensitive": ["password", "on"],
        "path": f"/x/{MASK}",
        "method": "PUT",
    }
    assert mask.text("hunter2") == MASK
    assert given["body"] == {"password": "hunter2", "on": True}


def test_rule_12_options_that_were_not_read_yet() -> None:
    """Ansible shows them, too, in what it refuses."""
    shown, _mask = shown_options({"body": {"a": "xyz"}, "sensitive": "b,a"})
    assert shown["body"] == {"a": MASK}
    shown, mask = shown_options({"body": {"a": "xyz"}, "sensitive": {"a": 1}})
    assert shown["body"] == MASK
    assert mask.text("xyz") == MASK
    assert shown_options({"path": "/x"})[0] == {"path": "/x"}


@pytest.mark.parametrize("given", ["a", {"a": 1}, ["a", ""], ["a..b"], [None], [[]]])
def test_rule_12_bad_paths(given: Any) -> None:
    with pytest.raises(InputError, match="^sensitive is a"):
        read_sensitive(given)
