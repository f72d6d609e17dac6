# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to ITCare as users go it, modules and inventory: certificates that aren't right, on either address, and proxies with a password."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.inventory import run_ansible, said, write_source
from support.misbehaving import misbehaving
from support.secret_scan import Secret, forms
from support.simulator import Simulator
from support.tls import Authority, write_certificate

CREDENTIALS = {"client_id": "demo", "client_secret": "demo-secret"}
UNCHECKED = "aren't checked, as validate_certs is false"


class Servers:
    """One with a certificate of our authority, one whose certificate has ended, and one that nobody has signed."""

    def __init__(self, folder: Path, unsigned: Simulator) -> None:
        authority = Authority(folder)
        self.ca_path = str(authority.path)
        self.unsigned = unsigned
        self.good = self._signed_by(authority, folder / "good", 1)
        self.ended = self._signed_by(authority, folder / "ended", -1)

    def _signed_by(self, authority: Authority, folder: Path, ends_in: int) -> Simulator:
        folder.mkdir()
        path = write_certificate(folder, ends_in, authority)
        running = Simulator(instances=3, certfile=str(path), keyfile=str(folder / "key.pem"))
        running._session.verify = self.ca_path if ends_in > 0 else False
        return running

    def well(self) -> dict[str, Any]:
        urls = {name: self.good.options()[name] for name in ("api_url", "token_url")}
        return {**urls, **CREDENTIALS, "ca_path": self.ca_path, "retries": 0}

    def wrong(self) -> list[tuple[dict[str, Any], str]]:
        """Options, and what must be said of them."""
        well = self.well()
        found = []
        for name in ("api_url", "token_url"):
            host = well[name].split("/")[2]
            other = host.replace("127.0.0.1", "localhost")
            ended, unsigned = self.ended.options()[name], self.unsigned.options()[name]
            found += [
                ({name: well[name].replace(host, other)},
                 f"The certificate of {other} is for another name"),
                ({name: ended}, f"The certificate of {ended.split('/')[2]} is out of date"),
                ({name: unsigned}, f"The certificate of {unsigned.split('/')[2]} can't be trusted"),
            ]  # fmt: skip
        found.append(({"ca_path": None}, "set ca_path (ITCARE_CA_PATH) to the certificates of its"))
        return [({**well, **options}, text) for options, text in found]


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, secure_simulator: Simulator
) -> Iterator[Servers]:
    found = Servers(tmp_path_factory.mktemp("servers"), secure_simulator)
    yield found
    found.good.stop()
    found.ended.stop()


def play(folder: Path, tasks: list[dict[str, Any]], **env: str) -> str:
    """What it prints; each task may fail."""
    named = [
        {"cegedim.cloud.itcare_patch_party_info": task, "ignore_errors": True} for task in tasks
    ]
    content = [{"hosts": "localhost", "gather_facts": False, "tasks": named}]
    (folder / "play.yml").write_text(json.dumps(content))
    python = f"ansible_python_interpreter={sys.executable}"
    return said(run_ansible("ansible-playbook", folder, folder / "play.yml", "-e", python, **env))


def inventories(folder: Path, sources: list[dict[str, Any]], *arguments: str, **env: str) -> str:
    files: list[str | Path] = []
    for number, options in enumerate(sources):
        files += ["-i", write_source(folder, name=f"{number}.itcare.yml", **options)]
    env = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false", **env}
    return said(run_ansible("ansible-inventory", folder, "--graph", *files, *arguments, **env))


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")  # of the test's own look
@pytest.mark.parametrize("run", [play, inventories])
def test_certificates_that_are_not_right(servers: Servers, tmp_path: Path, run: Any) -> None:
    expected = [text for _options, text in servers.wrong()]
    given = [{k: v for k, v in o.items() if v is not None} for o, _text in servers.wrong()]
    printed = run(tmp_path, given)
    assert [text for text in expected if text not in printed] == []
    assert not servers.ended.requests()
    assert "demo-secret" not in printed


@pytest.mark.parametrize("run", [play, inventories])
def test_an_authority_of_ones_own(servers: Servers, tmp_path: Path, run: Any) -> None:
    servers.good.clear_requests()
    printed = run(tmp_path, [servers.well()])
    assert "The certificate" not in printed
    assert [entry["status"] for entry in servers.good.requests()] == [200, 200]


@pytest.mark.parametrize("run", [play, inventories])
def test_no_certificate_is_looked_at(servers: Servers, tmp_path: Path, run: Any) -> None:
    """The one warning is ours, and says whose certificates those are."""
    servers.unsigned.reset()
    urls = {name: servers.unsigned.options()[name] for name in ("api_url", "token_url")}
    printed = run(tmp_path, [{**urls, **CREDENTIALS, "validate_certs": False}])
    host = urls["api_url"].split("/")[2]
    assert printed.count(f"The certificates of {host} {UNCHECKED}") == 1
    assert "InsecureRequestWarning" not in printed
    assert [entry["status"] for entry in servers.unsigned.requests()] == [200, 200]


PROXIES = ["http://bob:pr0x/yPassw0rd@{}", "http://bob:pr0x#yPassw0rd@{}", "bob:pr0xyPassw0rd@{}:x"]


@pytest.mark.parametrize("run", [play, inventories])
@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_a_malformed_proxy_is_shown_nowhere(
    simulator: Simulator, tmp_path: Path, run: Any, name: str
) -> None:
    urls = {name: simulator.options()[name] for name in ("api_url", "token_url")}
    quiet = {"no_proxy": "", "NO_PROXY": "", "ANSIBLE_DISPLAY_TRACEBACK": "always"}
    for proxy in PROXIES[:2] if name == "http_proxy" else PROXIES[2:]:
        env = {**quiet, name: proxy.format("127.0.0.1:3128"), "ANSIBLE_VERBOSITY": "4"}
        printed = run(tmp_path, [{**urls, **CREDENTIALS}], **env)
        assert f"The proxy in the environment variable {name} can't be used" in printed
        assert "pr0x" not in printed
        assert "Passw0rd" not in printed
    assert not simulator.requests()


@pytest.mark.parametrize("run", [play, inventories])
def test_a_proxy_with_a_password(simulator: Simulator, tmp_path: Path, run: Any) -> None:
    """It is asked, and what it repeats of the password isn't shown."""
    password = Secret("proxy's password", "pr0x/yPassw0rd")
    urls = {name: simulator.options()[name] for name in ("api_url", "token_url")}
    with misbehaving(
        lambda method, path, headers: (502, {}, headers["proxy-authorization"].encode())
    ) as proxy:
        env = {
            "http_proxy": proxy.url.replace("//", "//bob:pr0x%2FyPassw0rd@"),
            "no_proxy": "",
            "ANSIBLE_VERBOSITY": "4",
        }
        printed = run(tmp_path, [{**urls, **CREDENTIALS, "retries": 0}], **env)
        assert proxy.seen[0][1] == urls["token_url"]
        assert "answered 502" in printed
        known = {text.decode() for texts in forms(password.value).values() for text in texts}
        assert [text for text in known if text in printed] == []
        passed_by = run(tmp_path, [{**urls, **CREDENTIALS}], **{**env, "no_proxy": "127.0.0.1"})
        assert "answered 502" not in passed_by
        assert len(proxy.seen) == 1
    assert simulator.requests()
