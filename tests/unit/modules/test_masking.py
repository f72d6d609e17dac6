# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token that turns up where nobody expects it, in the API's data: Ansible masks it, as it was told of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.inventory import run_ansible, write_source
from support.misbehaving import Misbehaving, misbehaving

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:
    register_secret = None

OPTIONS = {"client_id": "demo", "client_secret": "demo-secret"}


@pytest.fixture
def indiscreet() -> Iterator[Misbehaving]:
    """A server that puts the token into an instance."""
    instance = {"id": 7, "name": "SRV1", "type": "VM", "comment": "It came with granted-token!"}
    page = json.dumps({"content": [instance], "totalElements": 1}).encode()
    with misbehaving(
        lambda method, path, headers: None if "token" in path else (200, {}, page)
    ) as server:
        yield server


def connection(server: Misbehaving) -> dict[str, Any]:
    return {"api_url": f"{server.url}/itcare", "token_url": f"{server.url}/token", **OPTIONS}


def test_in_a_result(indiscreet: Misbehaving, tmp_path: Path) -> None:
    arguments = (
        "-m",
        "cegedim.cloud.itcare_instance_info",
        "-a",
        json.dumps(connection(indiscreet)),
    )
    python = f"ansible_python_interpreter={sys.executable}"
    done = run_ansible("ansible", tmp_path, "localhost", *arguments, "-e", python, "-vvvv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "It came with " in done.stdout
    assert "granted-token" not in done.stdout + done.stderr


@pytest.mark.skipif(register_secret is None, reason="ansible-core masks what it shows since 2.22")
def test_in_what_an_inventory_shows(indiscreet: Misbehaving, tmp_path: Path) -> None:
    source = write_source(tmp_path, **connection(indiscreet))
    done = run_ansible("ansible-inventory", tmp_path, "-i", source, "--host", "SRV1", "-vvvv")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "It came with " in done.stdout
    assert "granted-token" not in done.stdout + done.stderr
