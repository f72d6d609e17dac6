# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies of the environment: used as they are meant, refused when they are malformed, and their passwords never shown."""

from __future__ import annotations

import base64
import os
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.proxies import proxy_secrets
from support.client import client_of, everything_said
from support.misbehaving import misbehaving
from support.simulator import Simulator

INSTANCES = "/compute/instances"
URL = "https://api.example/itcare"
MALFORMED = [
    "http://bob:pr0/xyz@127.0.0.1:3128",
    "http://bob:pr0#xyz@127.0.0.1:3128",
    "http://bob:pr0?xyz@127.0.0.1:3128",
    "http://bob:pr0\\xyz@127.0.0.1:3128",
    "http://bob:pr0[xyz@127.0.0.1:3128",
    "http://bob:pr0\txyz@127.0.0.1:3128",
    "http://bob:pr0\u20acxyz@127.0.0.1:3128",
    "http://pr0/xyz@127.0.0.1:3128",
    "http://1234/pr0@127.0.0.1:3128",
    "bob:pr0/xyz@127.0.0.1:3128",
    "http:/bob:pr0xyz@127.0.0.1:3128",
    "http://bob:pr0xyz@127.0.0.1:99999",
    "http://bob:pr0xyz@127.0.0.1:port",
    "http://bob:pr0xyz@127.0.0.1:0",
    "http://bob:pr0xyz@[::1:3128",
    "http://bob:pr0xyz@:3128",
    "http://bob:pr0xyz@",
    "ftp://bob:pr0xyz@127.0.0.1:3128",
    "bob:pr0xyz",
]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("proxy", MALFORMED)
def test_a_malformed_one_is_refused_and_not_shown(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, proxy: str, name: str
) -> None:
    monkeypatch.setenv(name, proxy)
    with pytest.raises(errors.InputError) as caught:
        client_of(simulator, retries=0)
    said = str(caught.value)
    assert said.startswith(f"The proxy in the environment variable {name} can't be used. It must")
    for part in ("pr0", "xyz", "bob"):
        assert part not in everything_said(caught.value)
    assert not simulator.requests()


@pytest.mark.parametrize("proxy", MALFORMED)
def test_one_that_is_not_used_does_no_harm(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "elsewhere.example,127.0.0.1")
    monkeypatch.setenv("https_proxy", proxy)  # for another scheme
    assert client_of(simulator).get(INSTANCES)["totalElements"] == 40


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize("value", ["127.0.0.1", "127.0.0.0/8", "*"])
def test_who_needs_no_proxy(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with misbehaving(lambda *_: (502, {}, b"")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv(name, value)
        assert client_of(simulator).get(INSTANCES)["totalElements"] == 40
        assert not proxy.seen


def test_the_token_endpoints_proxy_does_not_matter_where_a_token_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", MALFORMED[0])
    with misbehaving(lambda *_: (200, {}, b"[]")) as server:
        options: dict[str, Any] = {"token_url": URL, "client_id": None, "client_secret": None}
        assert server.client(**options, access_token="mine").get("/actions") == []
        with pytest.raises(errors.InputError, match="https_proxy"):
            server.client(token_url=URL)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_one_with_user_and_password(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It gets them decoded, and whatever of them it repeats isn't shown."""
    pair = base64.b64encode(b"bob:pr0/xyz").decode()
    said = f"you: bob:pr0/xyz, pr0%2Fxyz, pr0/xyz, {pair}, Basic {pair}, bob:pr0%2Fxyz@"
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (407, {}, said.encode())
    ) as proxy:
        monkeypatch.setenv(name, proxy.url.replace("//", "//bob:pr0%2Fxyz@"))
        client = proxy.client(api_url="http://api.example/itcare")
        with pytest.raises(errors.ApiError, match="you: ") as caught:
            client.get("/actions")
        sent = [headers["proxy-authorization"] for _method, _path, headers in proxy.seen]
        paths = [path for _method, path, _headers in proxy.seen]
    assert sent == [f"Basic {pair}"] * 2
    assert paths[1] == "http://api.example/itcare/actions"
    for part in ("pr0", "xyz", pair):
        assert part not in everything_said(caught.value)


@pytest.mark.parametrize(
    ("proxy", "hidden"),
    [
        ("http://proxy:3128", []),
        ("proxy:3128", []),
        ("//proxy", []),
        ("http://b:p@proxy", ["b:p", "p", "Yjpw"]),
        ("b:p@proxy:1", ["b:p", "p", "Yjpw"]),
        ("http://b:p@q@proxy", ["b:p@q", "p@q"]),
        ("http://b:%70@proxy", ["b:%70", "%70", "p", "b:p", "Yjpw"]),
        ("http://b:p w@proxy", ["b:p w", "p w"]),
        ("http://key@proxy", ["key"]),
        ("socks5h://b:p@proxy", ["b:p"]),
        ("https://b:\u00e9@proxy", ["b:\u00e9", "\u00e9", "Yjrp"]),
    ],
)
def test_what_is_hidden_of_one(
    monkeypatch: pytest.MonkeyPatch, proxy: str, hidden: list[str]
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    found = proxy_secrets([URL])
    assert set(hidden) <= set(found)
    assert bool(found) is bool(hidden)
