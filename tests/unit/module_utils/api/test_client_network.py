# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to the server: TLS, DNS, proxies, redirects, .netrc, and what it says when there is none."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from support.client import SimulatedTime, client_of, executed
from support.misbehaving import misbehaving
from support.simulator import Simulator
from support.tls import write_certificate

INSTANCES = "/compute/instances"


def test_an_untrusted_certificate(secure: Simulator) -> None:
    time = SimulatedTime()
    with pytest.raises(errors.InputError, match="can't be trusted.*ca_path") as caught:
        client_of(secure, time=time).get(INSTANCES)
    assert "self-signed certificate" in str(caught.value).replace("self signed", "self-signed")
    assert not time.slept  # asking again wouldn't help
    assert not secure.requests()


def test_the_authority_is_given(secure: Simulator, certificate: Path) -> None:
    assert client_of(secure, ca_path=str(certificate)).get(INSTANCES)["totalElements"] == 3


def test_the_authority_comes_from_the_environment(
    secure: Simulator, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert client_of(secure).get(INSTANCES)["totalElements"] == 3


def test_a_certificate_for_another_name(secure: Simulator, certificate: Path) -> None:
    urls: dict[str, Any] = {
        name: secure.options()[name].replace("127.0.0.1", "localhost")
        for name in ("api_url", "token_url")
    }
    with pytest.raises(errors.InputError, match="is for another name.*check token_url") as caught:
        client_of(secure, ca_path=str(certificate), **urls).get(INSTANCES)
    assert "ca_path" not in str(caught.value)


def test_a_certificate_that_has_ended(
    simulator_factory: Callable[..., Simulator], tmp_path: Path
) -> None:
    ended = write_certificate(tmp_path, ends_in=-1)
    late = simulator_factory(certfile=str(ended), keyfile=str(ended.with_name("key.pem")))
    with pytest.raises(errors.InputError, match="out of date.*clock of this machine") as caught:
        client_of(late, time=SimulatedTime(), ca_path=str(ended)).get(INSTANCES)
    assert "ca_path" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("bundle", ["", "/there/is/none.pem"])
def test_certificates_are_not_looked_at_when_told_so(
    secure: Simulator, monkeypatch: pytest.MonkeyPatch, bundle: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    client = client_of(secure, validate_certs=False, ca_path="/there/is/none.pem")
    assert client.get(INSTANCES)["totalElements"] == 3


def test_certificates_that_are_not_there(secure: Simulator, tmp_path: Path) -> None:
    for path in (tmp_path / "none.pem", tmp_path):
        with pytest.raises(errors.InputError, match=f"ca_path.*{path}|trusted"):
            client_of(secure, ca_path=str(path)).get(INSTANCES)
    rubbish = tmp_path / "rubbish.pem"
    for content in ("no certificate", ""):
        rubbish.write_text(content)
        with pytest.raises(errors.InputError) as caught:
            client_of(secure, ca_path=str(rubbish)).get(INSTANCES)
        assert str(caught.value).startswith(
            f"The certificates in ca_path '{rubbish}' can't be read"
        )


def test_certificates_of_other_authorities(secure: Simulator, tmp_path: Path) -> None:
    for path in (DEFAULT_CA_BUNDLE_PATH, str(tmp_path)):
        with pytest.raises(errors.InputError) as caught:
            client_of(secure, ca_path=path).get(INSTANCES)
        assert f"no authority in ca_path '{path}' has signed it" in str(caught.value)
        assert "set ca_path" not in str(caught.value)


def test_certificates_of_the_environment_that_are_not_there(
    secure: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/there/is/none.pem")
    with pytest.raises(errors.InputError, match="REQUESTS_CA_BUNDLE.*/there/is/none.pem"):
        client_of(secure).get(INSTANCES)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("cut", ["before", "after", "body"])
def test_a_write_over_tls_that_is_cut_is_not_sent_again(
    secure: Simulator, certificate: Path, cut: str, reset: bool
) -> None:
    client = client_of(secure, ca_path=str(certificate))
    secure.fault(method="POST", path="snapshots", fault={"cut": cut, "reset": reset})
    with pytest.raises(errors.ConnectionFailedError) as caught:
        client.write("POST", "/compute/instances/10001/snapshots", {})
    assert caught.value.arrived
    assert len(secure.writes()) == 1
    assert len(executed(secure)) == (cut != "before")


@pytest.mark.parametrize("cut", ["before", "after", "body"])
def test_a_read_over_tls_that_is_cut(secure: Simulator, certificate: Path, cut: str) -> None:
    secure.fault(method="GET", fault={"cut": cut})
    assert client_of(secure, ca_path=str(certificate)).get(INSTANCES)["totalElements"] == 3


def test_a_write_over_tls_that_is_answered_with_rubbish(certificate: Path) -> None:
    """An SSLError doesn't tell that the request did not arrive."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with misbehaving(lambda *_: None) as tokens, socket.create_server(("127.0.0.1", 0)) as listener:
        seen = []

        def serve() -> None:
            raw, _peer = listener.accept()
            with context.wrap_socket(raw, server_side=True) as connection:
                seen.append(connection.recv(10_000))
                os.write(connection.fileno(), b"this is no TLS record " * 99)

        thread = threading.Thread(target=serve)
        thread.start()
        client = tokens.client(
            api_url=f"https://127.0.0.1:{listener.getsockname()[1]}/itcare",
            ca_path=str(certificate),
        )
        with pytest.raises(errors.ConnectionFailedError, match="connection with") as caught:
            client.write("POST", INSTANCES, {})
        thread.join()
    assert caught.value.arrived
    assert seen


def test_tls_with_a_server_that_speaks_none(simulator: Simulator) -> None:
    options: dict[str, Any] = {
        n: simulator.options()[n].replace("http:", "https:") for n in ("token_url",)
    }
    with pytest.raises(
        errors.ConnectionFailedError, match="TLS connection .* failed: check token_url"
    ):
        client_of(simulator, retries=1, **options).get(INSTANCES)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("option", ["api_url", "token_url"])
def test_nobody_listens(simulator: Simulator, option: str) -> None:
    time = SimulatedTime()
    address = f"http://127.0.0.1:{free_port()}/itcare"
    options: dict[str, Any] = {"retries": 3, option: address}
    client = client_of(simulator, time=time, **options)
    with pytest.raises(errors.ConnectionFailedError, match=f"refuses.*{option}") as caught:
        client.write("POST", INSTANCES, {})
    assert not caught.value.arrived
    assert len(time.slept) == 3  # it may be about to start: nothing was sent


@pytest.mark.parametrize("option", ["api_url", "token_url"])
def test_no_such_host(simulator: Simulator, option: str) -> None:
    options: dict[str, Any] = {"retries": 1, option: "https://no-such-host.invalid/itcare"}
    client = client_of(simulator, **options)
    with pytest.raises(errors.ConnectionFailedError, match="can't be resolved.*DNS") as caught:
        client.get(INSTANCES)
    assert f"no-such-host.invalid can't be resolved: check {option}" in str(caught.value)


@pytest.mark.parametrize("kind", ["http_proxy", "HTTP_PROXY"])
def test_a_proxy_that_is_not_there(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(kind, f"http://user:pr0xy-pass@127.0.0.1:{free_port()}")
    with pytest.raises(errors.ConnectionFailedError, match="proxy.*environment") as caught:
        client_of(simulator, retries=1).get(INSTANCES)
    assert "pr0xy-pass" not in str(caught.value)
    assert not simulator.requests()


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_makes_no_tunnel(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """So nothing was sent through it, and a write may be sent again."""
    with misbehaving(
        lambda method, *_: (status, {}, b"no") if method == "CONNECT" else None
    ) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        client = proxy.client(api_url="https://api.example/itcare", retries=1)
        with pytest.raises(errors.ConnectionFailedError, match="proxy.*was not sent") as caught:
            client.write("POST", INSTANCES, {}, once=True)
        assert [method for method, _path, _headers in proxy.seen] == ["POST", *["CONNECT"] * 2]
    assert not caught.value.arrived


def test_a_proxy_page_is_shortened(simulator: Simulator) -> None:
    page = "<html><style>b{}</style><script>x()</script>" + "<p>Bad&nbsp;&lt;gateway&gt; " * 99
    for fault, said in (
        ({"status": 502, "html": True}, 'a web page instead of JSON, "502"'),
        ({"status": 502, "body": page}, 'a web page instead of JSON, "Bad <gateway> Bad'),
        ({"status": 403, "html": True}, 'a web page instead of JSON, "403"'),
    ):
        simulator.fault(method="GET", fault=fault)
        with pytest.raises(errors.ApiError, match=said) as caught:
            client_of(simulator, retries=0).get(INSTANCES)
        assert len(str(caught.value)) < 400
        assert "b{}" not in str(caught.value)
        assert "x()" not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects_are_not_followed(simulator: Simulator, status: int, method: str) -> None:
    with misbehaving(lambda *_: (200, {}, b"[]")) as elsewhere:
        there = f"{elsewhere.url}/itcare/x?state=1"
        fault = {"status": status, "headers": {"Location": there}}
        simulator.fault(method=method, path="/itcare/", count=0, fault=fault)
        client = client_of(simulator)
        with pytest.raises(errors.ApiError, match="redirects.*set api_url") as caught:
            client.get(INSTANCES) if method == "GET" else client.write(method, INSTANCES, {})
        assert f"{elsewhere.url}/itcare/x," in str(caught.value)
        assert not elsewhere.seen
        assert len(simulator.requests()) == 2


def test_a_netrc_is_left_alone(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password netrc-password\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (200, {}, b"[]")
    ) as server:
        server.client().get("/actions")
        sent = [headers["authorization"] for _m, _p, headers in server.seen]
    assert sent == ["Basic ZGVtbzpkZW1vLXNlY3JldA==", "Bearer granted-token"]


def test_what_is_said_about_us() -> None:
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (200, {}, b"[]")
    ) as server:
        client = server.client()
        client.get("/actions")
        client.write("POST", "/actions", {"a": 1}, media_type="application/vnd.x+json")
        client.close()
        token, get, post = (headers for _m, _p, headers in server.seen)
    assert token["content-type"] == "application/x-www-form-urlencoded"
    assert "content-type" not in get
    assert get["accept"].startswith("application/vnd.cegedim-it.v1+json")
    assert post["content-type"] == "application/vnd.x+json"
    for headers in (token, get, post):
        assert headers["user-agent"].startswith("ansible-cegedim.cloud/")
