# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens from an OpenID provider that isn't ours, over real HTTP. See support/openid_provider.py for what it is told to do."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from support.client import SimulatedTime, everything_said
from support.openid_provider import Provider

PATH = "/actions"
CREDENTIALS = ("client_credentials", 200)
REFUSED = ("client_credentials", 401)
REFRESH = ("refresh_token", 200)
CALL = (PATH, 200)
# Those that form encoding changes, and those that it doesn't.
PLAIN = ["s3cr3t", "with-hyphen_and.dot~tilde", "0" * 100]
ODD = [
    "a+b",
    "100%41",
    "a b c",
    "a:b:c",
    "50%",
    "%%%",
    "ü€𝄞",
    "&=?/#;,@!$'()*",
    '"\\',
    "a%2Bb+c:d e",
]


def client_of(provider: Provider, time: SimulatedTime | None = None, **options: Any) -> Client:
    time = time or SimulatedTime()
    given = provider.options(**{"token_cache": False, "retries": 0, **options})
    return Client(
        ConnectionOptions.from_mapping(given),
        sleep=time.sleep,
        clock=time.clock,
        wall_clock=time.wall_clock,
    )


def test_one_token_for_many_requests(provider: Provider) -> None:
    client = client_of(provider)
    assert [client.get(PATH), client.get(PATH)] == [[], []]
    assert provider.seen() == [CREDENTIALS, CALL, CALL]


def test_refreshed_before_its_end(provider: Provider) -> None:
    """Again and again: the provider issues a new refresh token each time, and the old one is worth nothing any more."""
    time = SimulatedTime()
    client = client_of(provider, time)
    for _time in range(3):
        client.get(PATH)
        time.sleep(1175)
    assert provider.seen() == [CREDENTIALS, CALL, REFRESH, CALL, REFRESH, CALL]


def test_a_refresh_token_that_has_ended(provider: Provider) -> None:
    time = SimulatedTime()
    client = client_of(provider, time)
    client.get(PATH)
    provider.end("refresh")
    time.sleep(1175)
    client.get(PATH)
    assert provider.seen() == [CREDENTIALS, CALL, ("refresh_token", 400), CREDENTIALS, CALL]


def test_a_provider_that_issues_no_refresh_token(provider: Provider) -> None:
    """As the toolkit does by itself, after RFC 6749, 4.4.3."""
    provider.reset(refreshing=False)
    time = SimulatedTime()
    client = client_of(provider, time)
    client.get(PATH)
    time.sleep(1175)
    client.get(PATH)
    assert provider.seen() == [CREDENTIALS, CALL, CREDENTIALS, CALL]


def test_a_token_that_has_ended(provider: Provider) -> None:
    client = client_of(provider)
    client.get(PATH)
    provider.end("access")
    client.get(PATH)
    assert provider.seen() == [CREDENTIALS, CALL, (PATH, 401), CREDENTIALS, CALL]


def test_tasks_share_it(provider: Provider) -> None:
    for _time in range(2):
        client_of(provider, token_cache=True).get(PATH)
    assert provider.seen() == [CREDENTIALS, CALL, CALL]
    provider.end("access")
    for _time in range(2):
        client_of(provider, token_cache=True).get(PATH)
    assert provider.seen()[3:] == [(PATH, 401), CREDENTIALS, CALL, CALL]


@pytest.mark.parametrize("options", [{"client_secret": "wrong-one"}, {"client_id": "nobody"}])
def test_a_wrong_pair(provider: Provider, options: dict[str, Any]) -> None:
    with pytest.raises(errors.AuthenticationError, match="invalid_client") as caught:
        client_of(provider, **options).get(PATH)
    assert "client_secret" in str(caught.value)
    assert "wrong-one" not in everything_said(caught.value)
    assert provider.seen() == [REFUSED]


@pytest.mark.parametrize("text", PLAIN)
def test_a_pair_of_usual_characters(provider: Provider, text: str) -> None:
    provider.add(f"id-{text}", text)
    client_of(provider, client_id=f"id-{text}", client_secret=text).get(PATH)
    assert provider.seen() == [CREDENTIALS, CALL]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("pair", [("demo-2", "{}"), ("{}", "any-secret"), ("{}", "{}")])
def test_a_pair_of_special_characters(provider: Provider, text: str, pair: tuple[str, str]) -> None:
    """The provider decodes it, as RFC 6749 says; ITCare's documents show it as it is."""
    name, secret = (part.replace("{}", text) for part in pair)
    provider.add(name, secret)
    time = SimulatedTime()
    client = client_of(provider, time, client_id=name, client_secret=secret)
    client.get(PATH)
    refused = [seen for seen in provider.seen() if seen == REFUSED]
    assert len(refused) <= 1
    assert provider.seen() == [*refused, CREDENTIALS, CALL]
    # What it takes is known by now.
    provider.end("access")
    client.get(PATH)
    assert provider.seen()[len(refused) + 2 :] == [(PATH, 401), CREDENTIALS, CALL]


@pytest.mark.parametrize("text", ODD)
def test_a_wrong_secret_of_special_characters(provider: Provider, text: str) -> None:
    with pytest.raises(errors.AuthenticationError) as caught:
        client_of(provider, client_secret=text).get(PATH)
    assert text not in everything_said(caught.value)
    assert provider.seen() == [REFUSED, REFUSED]
