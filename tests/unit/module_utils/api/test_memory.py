# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that would take all memory are cut, and what they take is measured in a process of its own."""

from __future__ import annotations

import json
import os
import re
import sys

import pytest
from support.hostile import LARGE, run_measured
from support.inventory import COLLECTIONS
from support.misbehaving import Reply, misbehaving

MOST = 400  # megabytes of a process
ASK = """
import json, sys
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.api.connection_options import ConnectionOptions
url, *kinds = sys.argv[1:]
said = []
for kind in kinds:
    options = {"token_url": f"{url}/token", "client_id": "demo", "client_secret": "demo-secret", "retries": 1}
    if kind == "token":
        options["token_url"] = f"{url}/itcare/0"
        kind = "0"
    client = Client(ConnectionOptions(api_url=f"{url}/itcare", **options))
    for ask in (lambda: client.get(f"/{kind}"), lambda: client.write("POST", f"/{kind}", {})):
        try:
            said.append(str(ask()))
        except Exception as error:
            said.append(f"{type(error).__name__} {getattr(error, 'arrived', None)} {error}")
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def asked() -> tuple[dict[str, list[str]], int, list[str]]:
    """What a client said of each, the most memory that its process took, and what was asked for."""
    kinds = [*LARGE, "token"]

    def reply(method: str, path: str, headers: dict[str, str]) -> Reply | None:
        number = re.fullmatch(r"/itcare/(\d+)", path)
        return None if number is None else LARGE[kinds[int(number[1])]][0]()

    with misbehaving(reply) as server:
        numbers = [str(number) for number in range(len(LARGE))]
        env = {**os.environ, "PYTHONPATH": str(COLLECTIONS)}
        printed, most = run_measured(
            sys.executable, "-c", ASK, server.url, *numbers, "token", env=env
        )
    said = json.loads(printed)
    return (
        {kind: said[2 * number : 2 * number + 2] for number, kind in enumerate(kinds)},
        most,
        [f"{method} {path}" for method, path, _headers in server.seen],
    )


def test_the_memory_that_all_of_them_take(
    asked: tuple[dict[str, list[str]], int, list[str]],
) -> None:
    assert 10 < asked[1] < MOST


@pytest.mark.parametrize("kind", LARGE)
def test_what_is_said(kind: str, asked: tuple[dict[str, list[str]], int, list[str]]) -> None:
    number = list(LARGE).index(kind)
    for method, text in zip(("GET", "POST"), asked[0][kind]):
        assert re.search(rf"{method} (/itcare)?/{number} (was )?answered.*({LARGE[kind][1]})", text)
        if "MiB" in LARGE[kind][1]:  # nobody knows whether a write was executed
            assert text.startswith("ConnectionFailedError True ")
        assert len(text) < 500
        assert asked[2].count(f"{method} /itcare/{number}") in (1, 3)  # the first is a token's, too


def test_a_token_without_an_end(asked: tuple[dict[str, list[str]], int, list[str]]) -> None:
    for text in asked[0]["token"]:  # what it was wanted for was not sent
        assert text.startswith("ConnectionFailedError False POST /itcare/0 was answered with more")
