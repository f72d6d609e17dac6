# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a client introduces itself, and whether the version that it tells is the collection's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import (
    ConnectionOptions,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.api.user_agent import (
    VERSION,
    user_agent,
)
from support.misbehaving import misbehaving

ROOT = Path(__file__).resolve().parents[4]


def test_the_version_is_the_collections() -> None:
    """A module can't read galaxy.yml where it runs, and an installed collection has none."""
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"] == VERSION


def test_a_script_tells_nothing_of_ansible() -> None:
    assert user_agent() == f"ansible-cegedim.cloud/{VERSION}"


@pytest.mark.parametrize("once", [False, True])
def test_every_request_tells(once: bool) -> None:
    """Token, read, and a write, also over a connection of its own."""
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (200, {}, b"[]")
    ) as server:
        connection = server.client().options
        client = Client(connection, runs_in="ansible-core/2.19.1")
        client.get("/actions")
        client.write("POST", "/actions", {}, once=once)
        client.close()
        told = [headers["user-agent"] for _method, _path, headers in server.seen]
    assert told == [f"ansible-cegedim.cloud/{VERSION} (ansible-core/2.19.1)"] * 3


def test_secrets_are_told_to_who_masks_them() -> None:
    """Those of the options at once, those of the run as they come."""
    told: list[str] = []
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (200, {}, b"[]")
    ) as server:
        client = Client(server.client().options, mask=told.append)
        assert told == ["demo-secret", "ZGVtbzpkZW1vLXNlY3JldA=="]
        client.get("/actions")
        client.close()
    assert told[2:] == ["granted-token"]
    Client(ConnectionOptions(access_token="t0ken"), mask=told.append).close()
    assert told[3:] == ["t0ken"]


def test_all_forms_of_the_header_and_the_refresh_token_are_told() -> None:
    told: list[str] = []
    granted = json.dumps({"access_token": "granted", "refresh_token": "for-later"}).encode()
    with misbehaving(
        lambda method, path, headers: (200, {}, granted if "token" in path else b"[]")
    ) as server:
        client = Client(server.client(client_secret="a/b").options, mask=told.append)
        client.get("/actions")
        client.close()
    basics = [base64.b64encode(pair).decode() for pair in (b"demo:a/b", b"demo:a%2Fb")]
    assert told == ["a/b", *basics, "granted", "for-later"]
