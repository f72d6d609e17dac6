# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that would hurt, from end to end: ansible-inventory ends, in bounded memory, with what can be printed or an error."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.hostile import LARGE, run_measured
from support.inventory import ansible_inventory, environment, hosts_of, listed, write_source
from support.misbehaving import Misbehaving, Reply, misbehaving

MOST = 400  # megabytes of a process


def source(folder: Path, server: Misbehaving) -> Path:
    options: dict[str, Any] = {
        "api_url": f"{server.url}/itcare",
        "token_url": f"{server.url}/token",
        "client_id": "demo",
        "client_secret": "demo-secret",
        "retries": 0,
    }
    return write_source(folder, **options)


@pytest.mark.parametrize("kind", ["endless", "a bomb"])
def test_the_memory_that_it_takes(kind: str, tmp_path: Path) -> None:
    raw, why = LARGE[kind]
    with misbehaving(lambda method, path, h: None if path == "/token" else raw()) as server:
        program = str(Path(sys.executable).parent / "ansible-inventory")
        command = [sys.executable, program, "-i", str(source(tmp_path, server)), "--list"]
        printed, most = run_measured(*command, env=environment(tmp_path), cwd=tmp_path)
    assert f"GET /itcare/compute/instances was answered with {why}" in " ".join(printed.split())
    assert 20 < most < MOST


def test_texts_that_cannot_be_printed(tmp_path: Path) -> None:
    """Half a surrogate pair, controls, and what changes the direction of writing: data, and no traceback."""
    texts = [
        "\\ud800",
        "\\udfff\\ud800",
        "\\u0000",
        "\\u202e\\u2066",
        "\\u001b[31m",
        "\\ud83d\\ude00",
    ]
    instances = ",".join(
        f'{{"id": {number}, "name": "HOST{number}{text}", "comment": "{text}", "{text}": ["{text}"], '
        f'"environment": "{text}"}}'
        for number, text in enumerate(texts, 1)
    )
    body = f'{{"content": [{instances}], "totalElements": {len(texts)}}}'.encode()

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        return None if path == "/token" else (200, {}, body)

    with misbehaving(reply) as server:
        path = source(tmp_path, server)
        path.write_text(json.dumps({**json.loads(path.read_text()), "group_by": ["environment"]}))
        hosts: dict[str, dict[str, Any]] = hosts_of(listed(path))
        as_yaml = ansible_inventory(path, "--list", "--yaml")
    assert len(hosts) == len(texts)
    comments = {variables["itcare_id"]: variables["itcare_comment"] for variables in hosts.values()}
    assert comments[1] == "\ufffd"
    assert comments[2] == "\ufffd\ufffd"
    assert comments[6] == "\U0001f600"
    assert (as_yaml.returncode, "itcare_comment" in as_yaml.stdout) == (0, True)
    assert "\x1b" not in as_yaml.stdout + as_yaml.stderr
