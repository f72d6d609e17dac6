# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options: what is given and what the environment has, and how both are read."""

from __future__ import annotations

import itertools
import os
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.checks import boolean, integer
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
    connection_options,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError

PAIR = {"client_id": "me", "client_secret": "s3cret"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the variables of these options, and no others."""
    for name in list(os.environ):
        if name.startswith("ITCARE_"):
            monkeypatch.delenv(name)

    def settings(**options: str) -> None:
        for option, value in options.items():
            monkeypatch.setenv(f"ITCARE_{option.upper()}", value)

    return settings


UNREADABLE = ["ture", "enabled", "", "None", "null", "/etc/ssl/ca.pem", "2", " ", "{{ x }}", [], {}]


@pytest.mark.parametrize("value", [True, "true", "Yes", "on", "1", "y", "T", " true\n", 1])
def test_true(value: Any) -> None:
    assert boolean(value, "option") is True


@pytest.mark.parametrize("value", [False, "false", "No", "off", "0", "n", "F", 0])
def test_false(value: Any) -> None:
    assert boolean(value, "option") is False


@pytest.mark.parametrize("value", [*UNREADABLE, None])
def test_a_boolean_that_cannot_be_read(value: Any) -> None:
    with pytest.raises(InputError) as caught:
        boolean(value, "option")
    assert str(caught.value) == f"option takes true or false, not {value!r}."


@pytest.mark.parametrize("value", ["three", "", "1.5", 1.5, True, None, [1], "0x10", "²"])
def test_a_number_that_cannot_be_read(value: Any) -> None:
    with pytest.raises(InputError, match="option takes a whole number, not"):
        integer(value, "option")


@pytest.mark.parametrize("value", UNREADABLE)
def test_a_check_is_never_switched_off_by_what_cannot_be_read(value: Any) -> None:
    with pytest.raises(InputError, match="^validate_certs takes true or false, not ") as caught:
        connection_options({**PAIR, "validate_certs": value})
    assert ("ca_path" in str(caught.value)) is (value == "/etc/ssl/ca.pem")


@pytest.mark.parametrize("value", [v for v in UNREADABLE if v and isinstance(v, str)])
def test_nor_by_the_environment(environment: Any, value: str) -> None:
    environment(validate_certs=value)
    with pytest.raises(InputError) as caught:
        connection_options(PAIR)
    sentence = f"(environment variable ITCARE_VALIDATE_CERTS) takes true or false, not {value!r}."
    assert sentence in str(caught.value)
    assert ("ca_path" in str(caught.value)) is (value == "/etc/ssl/ca.pem")


def test_from_the_environment(environment: Any) -> None:
    environment(
        **PAIR,
        api_url="https://a.example/itcare",
        token_url="https://t.example",
        validate_certs="no",
        ca_path="~/ca.pem",
        request_timeout="7",
        retries="0",
    )
    found = connection_options({"state": "present", "retries": 2, "api_url": None})
    assert (found.client_id, found.client_secret) == ("me", "s3cret")
    assert (found.api_url, found.token_url) == ("https://a.example/itcare", "https://t.example")
    assert (found.validate_certs, found.request_timeout, found.retries) == (False, 7, 2)
    assert found.ca_path == os.path.expanduser("~/ca.pem")


@pytest.mark.parametrize(("value", "expected"), [("no", False), ("TRUE", True), ("", True)])
def test_the_token_cache(environment: Any, value: str, expected: bool) -> None:
    environment(token_cache=value)
    assert connection_options(PAIR).token_cache is expected
    assert connection_options({**PAIR, "token_cache": not expected}).token_cache is not expected


def test_a_token_cache_that_is_neither_on_nor_off(environment: Any) -> None:
    with pytest.raises(InputError, match="^token_cache takes true or false, not 'ture'"):
        connection_options({**PAIR, "token_cache": "ture"})
    environment(token_cache="/run")
    sentence = r"^token_cache \(environment variable ITCARE_TOKEN_CACHE\) takes true or false"
    with pytest.raises(InputError, match=sentence):
        connection_options(PAIR)


def test_an_empty_variable_is_not_set(environment: Any) -> None:
    names = ["api_url", "token_url", "access_token", "validate_certs", "ca_path", "retries"]
    environment(**dict.fromkeys([*names, "request_timeout"], ""))
    assert connection_options(PAIR) == ConnectionOptions(client_id="me", client_secret="s3cret")
    environment(client_secret="")
    with pytest.raises(InputError, match="^client_secret is missing"):
        connection_options({"client_id": "me"})


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("retries", "three", "retries (environment variable ITCARE_RETRIES) takes a whole number"),
        ("retries", "-1", "Environment variable ITCARE_RETRIES: retries must be 0 or more"),
        ("request_timeout", "0", "Environment variable ITCARE_REQUEST_TIMEOUT: request_timeout"),
        ("api_url", "https://a.example\n", "Environment variable ITCARE_API_URL: api_url must be"),
        ("access_token", "two words", "Environment variable ITCARE_ACCESS_TOKEN: access_token"),
        ("api_url", "a.example", "Environment variable ITCARE_API_URL: api_url must be an address"),
    ],
)
def test_the_variable_is_named(environment: Any, option: str, value: str, sentence: str) -> None:
    environment(**{option: value})
    with pytest.raises(InputError) as caught:
        connection_options(PAIR if option != "access_token" else {})
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("option", [*PAIR, "access_token", "api_url", "ca_path"])
def test_an_empty_text_is_an_error(environment: Any, option: str) -> None:
    environment(**PAIR)
    with pytest.raises(InputError, match=f"^{option} is empty"):
        connection_options({option: ""})


@pytest.mark.parametrize("option", ["client_id", "api_url", "ca_path"])
def test_true_and_false_are_no_texts(option: str) -> None:
    with pytest.raises(InputError, match=f"^{option} takes a text, not True"):
        connection_options({**PAIR, option: True})


def test_a_pair_of_the_environment_is_not_read_beside_a_token(environment: Any) -> None:
    environment(client_id="blank ", client_secret="two\nlines")
    assert connection_options({"access_token": "given"}).client_secret is None


def test_a_secret_of_a_wrong_type_is_not_shown() -> None:
    for option in ("client_secret", "access_token"):
        with pytest.raises(
            InputError, match=f"^{option} takes a text, not what is given"
        ) as caught:
            connection_options({option: {"key": "s3cret"}})
        assert "s3cret" not in str(caught.value)
    assert connection_options({**PAIR, "client_secret": 12345678}).client_secret == "12345678"


KEYS = ("client_id", "client_secret", "access_token")


def account(options: dict[str, str], beneath: dict[str, str] | None = None) -> Any:
    """Who asks, or what is wrong."""
    try:
        found = connection_options(options, beneath)
    except InputError as error:
        return str(error)
    return found.access_token or (found.client_id, found.client_secret)


@pytest.mark.parametrize(
    ("given", "set_", "who"),
    [
        # what is given, what the environment has, who asks
        ("pair", "token", ("given-id", "given-secret")),
        ("pair", "pair", ("given-id", "given-secret")),
        ("pair", "all", ("given-id", "given-secret")),
        ("token", "pair", "given-token"),
        ("token", "token", "given-token"),
        ("token", "all", "given-token"),
        ("id", "secret", ("given-id", "environment-secret")),
        ("id", "all", ("given-id", "environment-secret")),
        ("secret", "all", ("environment-id", "given-secret")),
        ("", "pair", ("environment-id", "environment-secret")),
        ("", "token", "environment-token"),
    ],
)
def test_what_is_given_beats_the_environment(
    environment: Any, given: str, set_: str, who: Any
) -> None:
    environment(**credentials(set_, "environment"))
    assert account(credentials(given, "given")) == who


def credentials(kinds: str, place: str) -> dict[str, str]:
    kinds = {"all": "id secret token", "pair": "id secret"}.get(kinds, kinds)
    names = {"id": "client_id", "secret": "client_secret", "token": "access_token"}
    return {names[kind]: f"{place}-{kind}" for kind in kinds.split()}


@pytest.mark.parametrize("half", ["id", "secret", "id secret"])
def test_both_kinds_in_one_place_are_an_error(environment: Any, half: str) -> None:
    said = account(credentials(f"{half} token", "given"))
    assert said.startswith("Both access_token and client_")
    environment(**credentials(f"{half} token", "environment"))
    said = account({})
    assert said.startswith("Both ITCARE_ACCESS_TOKEN and ITCARE_CLIENT_")
    assert "in the environment" in said
    assert "environment-token" not in said


def test_never_another_account_than_the_one_that_is_given(environment: Any) -> None:
    """Whatever the environment holds, nothing of it takes the place of what is given."""
    for count in range(4):
        for names in itertools.combinations(KEYS, count):
            environment(**{name: f"environment-{name}" if name in names else "" for name in KEYS})
            for given in ({"access_token": "mine"}, PAIR, {"client_id": "me"}):
                who = account(dict(given))
                if isinstance(who, tuple):
                    assert who[0] == "me"
                elif not who.startswith("client_secret is missing"):
                    assert who == "mine"


@pytest.mark.parametrize(
    ("given", "beneath", "set_", "who"),
    [
        # what an entry gives, what its file gives, what the environment has, who asks
        ("pair", "pair", "all", ("given-id", "given-secret")),
        ("pair", "token", "all", ("given-id", "given-secret")),
        ("token", "pair", "all", "given-token"),
        ("token", "token", "all", "given-token"),
        ("id", "token", "secret", ("given-id", "environment-secret")),
        ("id", "secret", "all", ("given-id", "beneath-secret")),
        ("id", "", "secret", ("given-id", "environment-secret")),
        ("secret", "pair", "all", ("beneath-id", "given-secret")),
        ("", "pair", "all", ("beneath-id", "beneath-secret")),
        ("", "token", "all", "beneath-token"),
        ("", "id", "all", ("beneath-id", "environment-secret")),
        ("", "", "pair", ("environment-id", "environment-secret")),
    ],
)
def test_what_an_entry_gives_beats_its_file(
    environment: Any, given: str, beneath: str, set_: str, who: Any
) -> None:
    environment(**credentials(set_, "environment"))
    assert account(credentials(given, "given"), credentials(beneath, "beneath")) == who


def test_the_secret_of_another_account_is_not_sent(environment: Any) -> None:
    """It was forgotten: whoever is at this entry's token_url would be told the other one's."""
    environment(**credentials("secret", "environment"))
    said = account(credentials("id", "given"), credentials("pair", "beneath"))
    assert said.startswith("client_secret is missing beside client_id: the one at the top level is")
    same = {"client_id": "beneath-id"}
    assert account(same, credentials("pair", "beneath")) == ("beneath-id", "beneath-secret")
    environment(**credentials("pair", "environment"))
    for beneath in ("", "token"):
        said = account(credentials("id", "given"), credentials(beneath, "beneath"))
        assert said.startswith("client_secret is missing beside client_id: the one in the environ")
    same = {"client_id": "environment-id"}
    assert account(same, {}) == ("environment-id", "environment-secret")


def test_both_kinds_beneath_are_an_error() -> None:
    said = account(PAIR, credentials("id secret token", "beneath"))
    assert said.startswith("Both access_token and client_id, client_secret are set at the top")
