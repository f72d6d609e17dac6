# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as other tests see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from support.simulator import Simulator


def token(simulator: Simulator) -> str:
    options = simulator.options()
    answer = requests.post(
        options["token_url"],
        data={"grant_type": "client_credentials"},
        auth=(options["client_id"], options["client_secret"]),
        timeout=30,
    )
    answer.raise_for_status()
    text: str = answer.json()["access_token"]
    return text


def test_log_tells_writes_from_reads(simulator: Simulator) -> None:
    headers = {"Authorization": f"Bearer {token(simulator)}"}
    url = f"{simulator.api_url}/compute/instances"
    assert requests.get(url, headers=headers, timeout=30).status_code == 200
    assert not simulator.writes()
    requests.post(url, json={}, headers=headers, timeout=30)
    assert [entry["method"] for entry in simulator.writes()] == ["POST"]
    assert [entry["method"] for entry in simulator.requests()] == ["POST", "GET", "POST"]


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_starts_afresh(simulator: Simulator, turn: int) -> None:
    assert not simulator.requests()
    assert simulator.settings()["writes"] == "allow"
    simulator.settings(writes="forbid")
    simulator.fault(count=0, fault={"status": 503})
    assert requests.get(f"{simulator.api_url}/health", timeout=30).status_code == 503


def test_one_of_my_own(simulator_factory: Callable[..., Simulator]) -> None:
    mine = simulator_factory(instances=3)
    assert mine.control("GET", "/control/state")["instances"] == 3
    mine.add(name="mine")
    assert mine.control("GET", "/control/state")["instances"] == 4


def test_reason_of_a_failed_start_is_shown(simulator_factory: Callable[..., Simulator]) -> None:
    with pytest.raises(RuntimeError, match="no_such_option|no-such-option"):
        simulator_factory(no_such_option=1)
