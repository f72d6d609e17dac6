# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access tokens: one for many requests, refreshed in time, fetched anew after a 401, and never shown."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.tokens import Bearer
from support.client import SimulatedTime, client_of, everything_said, executed
from support.misbehaving import misbehaving
from support.simulator import Simulator

INSTANCES = "/compute/instances"
SECRETS = ["plain-secret", 'quo"te\\é<b>&amp;', "a:b:c d"]


def grants(simulator: Simulator) -> list[str | None]:
    """The kinds of grant that were asked for."""
    return [e.get("grant_type") for e in simulator.requests() if e["path"].endswith("/token")]


def test_one_token_for_many_requests(simulator: Simulator) -> None:
    client = client_of(simulator)
    for _time in range(3):
        client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials"]
    assert {e["client_id"] for e in simulator.requests()} == {"demo"}


def test_threads_share_one_token(simulator: Simulator) -> None:
    client = client_of(simulator)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.get(INSTANCES), range(16)))
    assert grants(simulator) == ["client_credentials"]


def test_refreshed_before_its_end(simulator: Simulator) -> None:
    time = SimulatedTime(simulator)
    client = client_of(simulator, time=time)
    client.get(INSTANCES)
    time.sleep(1165)
    client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials"]
    time.sleep(10)
    client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials", "refresh_token"]
    assert all(e["status"] == 200 for e in simulator.requests())


def test_a_refresh_token_past_its_end_is_not_tried(simulator: Simulator) -> None:
    time = SimulatedTime(simulator)
    client = client_of(simulator, time=time)
    client.get(INSTANCES)
    time.sleep(7180)
    client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials", "client_credentials"]


def test_a_refused_refresh_token(simulator: Simulator) -> None:
    time = SimulatedTime(simulator)
    client = client_of(simulator, time=time)
    client.get(INSTANCES)
    simulator.control("DELETE", "/control/tokens")
    time.sleep(1180)
    client.get(INSTANCES)
    assert grants(simulator) == ["client_credentials", "refresh_token", "client_credentials"]


@pytest.mark.parametrize("lifetime", [1, 20, 59])
def test_a_short_lived_token_is_used(simulator: Simulator, lifetime: int) -> None:
    simulator.settings(token_lifetime=lifetime, refresh_lifetime=0)
    time = SimulatedTime(simulator)
    client = client_of(simulator, time=time)
    client.get(INSTANCES)
    client.get(INSTANCES)
    assert len(grants(simulator)) == 1
    time.sleep(lifetime)
    client.get(INSTANCES)
    assert len(grants(simulator)) == 2
    assert all(e["status"] == 200 for e in simulator.requests())


def test_a_token_whose_end_is_not_told(simulator: Simulator) -> None:
    body = json.dumps({"access_token": "granted-token"}).encode()
    with misbehaving(lambda method, path, headers: (200, {}, body)) as server:
        client = server.client()
        client.get("/actions")
        client.get("/actions")
        assert [path for _method, path, _headers in server.seen].count("/token") == 1


@pytest.mark.parametrize("lifetime", ["-5", "0", '"nan"', "null", "false"])
def test_a_lifetime_that_means_nothing(lifetime: str) -> None:
    """As if it weren't told."""
    body = f'{{"access_token": "granted-token", "expires_in": {lifetime}}}'.encode()
    time = SimulatedTime()
    with misbehaving(lambda method, path, headers: (200, {}, body)) as server:
        client = server.client(time=time)
        for _time in range(2):
            client.get("/actions")
            client.get("/actions")
            time.sleep(31)
        assert [path for _method, path, _headers in server.seen].count("/token") == 2


@pytest.mark.parametrize("lifetime", ['"Infinity"', '"1e400"', "1e12", "10000000000000000"])
def test_a_token_that_is_said_to_live_for_ever(lifetime: str) -> None:
    """It is kept, but not for ever."""
    body = f'{{"access_token": "granted-token", "expires_in": {lifetime}}}'.encode()
    time = SimulatedTime()
    with misbehaving(lambda method, path, headers: (200, {}, body)) as server:
        client = server.client(time=time)
        for _time in range(3):
            client.get("/actions")
            time.sleep(20_000_000)
        assert [path for _method, path, _headers in server.seen].count("/token") == 2


@pytest.mark.parametrize("refresh", ["5", "[]", "{}", "true", '""'])
def test_a_refresh_token_that_is_none(refresh: str) -> None:
    told = f'"expires_in": 60, "refresh_expires_in": 600, "refresh_token": {refresh}'
    body = f'{{"access_token": "granted-token", {told}}}'.encode()
    time = SimulatedTime()
    with misbehaving(
        lambda method, path, headers: (200, {}, body) if path == "/token" else (400, {}, b"no")
    ) as server:
        client = server.client(time=time)
        for _time in range(2):
            with pytest.raises(errors.ApiError, match="no"):
                client.get("/actions")
            time.sleep(60)


def test_one_new_token_after_a_401(simulator: Simulator) -> None:
    client = client_of(simulator)
    client.get(INSTANCES)
    simulator.control("DELETE", "/control/tokens")
    assert client.get(INSTANCES)["totalElements"] == 40
    assert [e["status"] for e in simulator.requests()] == [200, 200, 401, 200, 200]


def test_a_write_after_a_401_is_executed_once(simulator: Simulator) -> None:
    client = client_of(simulator)
    client.get(INSTANCES)
    simulator.control("DELETE", "/control/tokens")
    assert client.write("POST", "/compute/instances/10001/snapshots", {}).status == 202
    assert [e["status"] for e in simulator.writes()] == [401, 202]
    assert len(executed(simulator)) == 1


def test_401_for_ever(simulator: Simulator) -> None:
    simulator.fault(method="GET", count=0, fault={"status": 401})
    with pytest.raises(errors.AuthenticationError, match="ITCARE_CLIENT_ID"):
        client_of(simulator).get(INSTANCES)
    assert [e["status"] for e in simulator.requests()] == [200, 401, 200, 401]


def test_a_token_of_ones_own(simulator: Simulator) -> None:
    with misbehaving(lambda *_: (200, {}, b"[]")) as server:
        client = server.client(client_id=None, client_secret=None, access_token="mine")
        assert client.get("/actions") == []
        assert [headers["authorization"] for _m, _p, headers in server.seen] == ["Bearer mine"]
    with pytest.raises(errors.AuthenticationError, match="ITCARE_ACCESS_TOKEN"):
        client_of(simulator, access_token="worn-out").get(INSTANCES)
    assert [e["status"] for e in simulator.requests()] == [401]


def test_wrong_secret(simulator: Simulator) -> None:
    client = client_of(simulator, client_secret="wrong-one")
    with pytest.raises(errors.AuthenticationError, match="answered 401") as caught:
        client.get(INSTANCES)
    assert "client_secret" in str(caught.value)
    assert "Invalid client credentials" in str(caught.value)
    assert "wrong-one" not in everything_said(caught.value)
    assert len(simulator.requests()) == 1


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429}, {"status": 500, "html": True}, {"cut": "body"}]
)
def test_the_token_request_is_tried_again(simulator: Simulator, fault: dict[str, Any]) -> None:
    simulator.fault(path="/token$", count=2, fault=fault)
    assert client_of(simulator).get(INSTANCES)["totalElements"] == 40
    assert len(grants(simulator)) == 3
    assert len(simulator.requests()) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 404}, "token_url"),
        ({"status": 404, "html": True}, "token_url"),
        ({"status": 302, "headers": {"Location": "https://sso.example.com"}}, "set token_url"),
        ({"status": 403, "html": True}, "a web page instead of JSON"),
        ({"status": 500, "html": True}, "answered 500"),
        ({"status": 200, "html": True}, "token_url"),
        ({"status": 200, "body": "{}"}, "token_url"),
        ({"status": 200, "body": "[]"}, "token_url"),
        ({"status": 200, "body": '{"access_token": ""}'}, "token_url"),
        ({"status": 200, "body": '{"access_token": 5}'}, "token_url"),
        ({"status": 200, "body": '{"access_token": "two words"}'}, "token_url"),
        ({"status": 200, "body": '{"access_token": "x", "expires_in": "soon"}'}, "token_url"),
        (
            {"status": 200, "body": f'{{"access_token": "x", "expires_in": 1{"0" * 400}}}'},
            "token_url",
        ),
    ],
)
def test_no_token_to_be_had(simulator: Simulator, fault: dict[str, Any], said: str) -> None:
    simulator.fault(path="/token$", count=0, fault=fault)
    with pytest.raises(errors.ItcareError, match=said) as caught:
        client_of(simulator, retries=1).get(INSTANCES)
    assert "api_url" not in str(caught.value)
    assert not [e for e in simulator.requests() if e["method"] == "GET"]


@pytest.mark.parametrize("secret", SECRETS)
def test_odd_secrets_are_sent_as_they_are(secret: str) -> None:
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (200, {}, b"[]")
    ) as server:
        server.client(client_secret=secret).get("/actions")
        scheme, encoded = server.seen[0][2]["authorization"].split()
        assert scheme == "Basic"
        assert base64.b64decode(encoded).decode() == f"demo:{secret}"


def as_json(text: str) -> tuple[str, bytes]:
    body = {"errorCode": "X", "errorDesc": text, "errorMessage": f"you sent {text}"}
    return "application/json", json.dumps(body).encode()


def as_keycloak(text: str) -> tuple[str, bytes]:
    return "application/json", json.dumps({"error": "x", "error_description": text}).encode()


def as_page(text: str) -> tuple[str, bytes]:
    return "text/html", f"<title>{html.escape(text)}</title>".encode()


def as_text(text: str) -> tuple[str, bytes]:
    return "text/plain", text.encode()


def at_the_cut(text: str) -> tuple[str, bytes]:
    """Where the server's words are shortened, half of a secret must not stay either."""
    return "application/json", json.dumps({"errorMessage": "x" * 290 + text}).encode()


@pytest.mark.parametrize("words", [as_json, as_keycloak, as_page, as_text, at_the_cut])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 500])
@pytest.mark.parametrize("secret", SECRETS[:2])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_api_that_repeats_secrets(
    words: Callable[[str], tuple[str, bytes]], status: int, secret: str, method: str
) -> None:
    basic = base64.b64encode(f"demo:{secret}".encode()).decode()
    said = [""]

    def reply(_method: str, path: str, headers: dict[str, str]) -> Any:
        return None if "token" in path else answer_with(words, status, said[0])

    with misbehaving(reply) as server:
        for said[0] in (secret, basic, "granted-token"):
            client = server.client(client_secret=secret, retries=0)
            if status == 200 and words(said[0])[0] == "application/json":
                continue  # an answer like any other
            with pytest.raises(errors.ItcareError) as caught:
                client.get("/actions") if method == "GET" else client.write(method, "/actions")
            check_hidden(everything_said(caught.value) + repr(vars(client)), secret, basic)


@pytest.mark.parametrize("words", [as_json, as_keycloak, as_page, as_text, at_the_cut])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 500])
@pytest.mark.parametrize("secret", SECRETS[:2])
def test_a_token_endpoint_that_repeats_secrets(
    words: Callable[[str], tuple[str, bytes]], status: int, secret: str
) -> None:
    basic = base64.b64encode(f"demo:{secret}".encode()).decode()
    said = [""]
    with misbehaving(lambda *_: answer_with(words, status, said[0])) as server:
        for said[0] in (secret, basic):
            client = server.client(client_secret=secret, retries=0)
            with pytest.raises(errors.ItcareError) as caught:
                client.get("/actions")
            check_hidden(everything_said(caught.value) + repr(vars(client)), secret, basic)


@pytest.mark.parametrize("sent", ["a/b", "a%2Fb"])
def test_the_header_with_a_short_secret(sent: str) -> None:
    """In which the secret alone would not be looked for."""
    basic = base64.b64encode(f"demo:{sent}".encode())
    with misbehaving(lambda *_: (401, {}, b"You sent " + basic)) as server:
        with pytest.raises(errors.AuthenticationError, match="You sent") as caught:
            server.client(client_secret="a/b").get("/actions")
        assert basic.decode() not in everything_said(caught.value)


def test_an_api_that_repeats_the_refresh_token() -> None:
    granted = json.dumps({"access_token": "granted-token", "refresh_token": "for-later"}).encode()

    def reply(_method: str, path: str, _headers: dict[str, str]) -> Any:
        return (
            (200, {}, granted) if path == "/token" else (400, {}, b"Not for-later: granted-token")
        )

    with misbehaving(reply) as server:
        with pytest.raises(errors.ApiError, match="Not") as caught:
            server.client().get("/actions")
    assert "for-later" not in everything_said(caught.value)
    assert "granted-token" not in everything_said(caught.value)


def answer_with(words: Callable[[str], tuple[str, bytes]], status: int, text: str) -> Any:
    kind, body = words(text)
    fields = {"Content-Type": kind, "Location": f"https://x.example.com/{text}/?was={text}"}
    return status, {k: v for k, v in fields.items() if v.isascii()}, body


def check_hidden(text: str, secret: str, basic: str) -> None:
    for hidden in (secret[:8], basic[:12], "granted-token"):
        assert hidden not in text


def test_nothing_that_holds_a_secret_shows_it() -> None:
    options = ConnectionOptions(client_id="me", client_secret="s3cret", access_token="t0ken")
    client = Client(options)
    text = f"{options!r} {options} {client!r} {vars(client)!r} {Bearer('t0ken')!r}"
    assert "s3cret" not in text
    assert "t0ken" not in text
    with misbehaving(lambda method, path, headers: None) as server:
        fetched = server.client()
        fetched.get("/actions")
        tokens = vars(fetched)["_tokens"]
        assert "granted-token" not in f"{tokens!r} {vars(tokens)!r}"


@pytest.mark.parametrize("token", ["a\nb", "tok\n", " tok", "to ken", "tokén", "\u20ac"])
def test_a_token_that_no_header_can_carry(token: str) -> None:
    with pytest.raises(errors.InputError, match="access_token") as caught:
        ConnectionOptions(access_token=token)
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "ITCARE_CLIENT_ID.*ITCARE_CLIENT_SECRET.*ITCARE_ACCESS_TOKEN"),
        ({"client_id": "me"}, "^client_secret is missing .*ITCARE_CLIENT_SECRET"),
        ({"client_secret": "x"}, "^client_id is missing .*ITCARE_CLIENT_ID"),
        ({"client_id": "", "client_secret": "", "access_token": ""}, "No credentials"),
        ({"access_token": "x", "api_url": "api.cegedim.cloud"}, "^api_url must be an address"),
        ({"access_token": "x", "api_url": "ftp://a"}, "^api_url must be an address"),
        ({"access_token": "x", "api_url": "https://"}, "^api_url must be an address"),
        ({"access_token": "x", "token_url": "https://u:pass@h/"}, "^token_url must not hold"),
        ({"access_token": "x", "api_url": "u:pass@h"}, "^api_url must be an address"),
        ({"access_token": "x", "api_url": "https://[::1/"}, "^api_url must be an address"),
        ({"access_token": "x", "api_url": "https://h:port/"}, "^api_url must be an address"),
        ({"access_token": "x", "api_url": "https://a\n"}, r"^api_url must be .*'https://a\\n'"),
        ({"access_token": "x", "token_url": " https://a/ b"}, "^token_url must be an address"),
        ({"client_id": "me\n", "client_secret": "x"}, r"^client_id must have no .*'me\\n'"),
        ({"client_id": "me", "client_secret": "pass\n"}, "^client_secret must be one line"),
        ({"client_id": "me", "client_secret": "pa\rss"}, "^client_secret must be one line"),
        (
            {"client_id": "me", "client_secret": "pass\ud800"},
            "^client_secret holds a character that is none",
        ),
        (
            {"client_id": "m\udfffe", "client_secret": "pass"},
            "^client_id holds a character that is none",
        ),
        ({"access_token": "x", "request_timeout": 0}, "^request_timeout must be more"),
        ({"access_token": "x", "retries": -1}, "^retries must be 0 or more"),
    ],
)
def test_wrong_connection_options(options: dict[str, Any], said: str) -> None:
    with pytest.raises(errors.InputError, match=said) as caught:
        ConnectionOptions.from_mapping({**dict.fromkeys(["ca_path", "api_url"]), **options})
    assert "pass" not in str(caught.value).replace("password", "")


def test_defaults_and_what_is_not_ours() -> None:
    options = ConnectionOptions.from_mapping({"access_token": "x", "api_url": None, "state": "y"})
    assert options.api_url == "https://api.cegedim.cloud/itcare"
    assert (
        options.token_url
        == "https://accounts.cegedim.cloud/auth/realms/cloud/protocol/openid-connect/token"
    )
    assert (options.validate_certs, options.request_timeout, options.retries) == (True, 30, 5)
