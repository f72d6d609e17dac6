# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain HTTP client of the simulator, so that its tests owe nothing to the collection's client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from support.simulator import Simulator

DELAY = 10  # seconds of the simulator's clock that an action takes in these tests


class Api:
    """Calls of one client, and what the tests ask again and again."""

    def __init__(self, simulator: Simulator, client: str = "demo") -> None:
        self.simulator = simulator
        self.client = client
        self.session = requests.Session()
        self.login()

    def login(self) -> None:
        answer = self.token({"grant_type": "client_credentials"})
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def token(self, form: dict[str, str], **options: Any) -> requests.Response:
        options.setdefault("auth", (self.client, f"{self.client}-secret"))
        return requests.post(self.simulator.token_url, data=form, timeout=30, **options)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("timeout", 30)
        return self.session.request(method, self.simulator.api_url + path, **options)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def list(self, **query: Any) -> list[dict[str, Any]]:
        """One page of instances that surely holds all that match."""
        page = self.get("/compute/instances", size=200, **query)
        assert page["totalPages"] <= 1
        content: list[dict[str, Any]] = page["content"]
        return content

    def instance(self, identity: int) -> dict[str, Any]:
        document: dict[str, Any] = self.get(f"/compute/instances/{identity}")
        return document

    def patch(self, identity: int, operation: str, **options: Any) -> requests.Response:
        body = {"operation": operation, "options": options}
        return self.call("PATCH", f"/compute/instances/{identity}", json=body)

    def create(self, **fields: Any) -> requests.Response:
        body = {
            "name": "PEB4NEW01",
            "region": "EB",
            "serviceId": 13,
            "platform": "deb12",
            "resourceId": "1cpu2gb",
            **fields,
        }
        return self.call("POST", "/compute/instances", json=body)

    def one(self, **fields: Any) -> int:
        """A new instance in the state that a test needs."""
        identity: int = self.simulator.add(**{"status": "ACTIVE", **fields})["id"]
        return identity

    def finish(self, submitted: requests.Response, status: str = "SUCCESS") -> dict[str, Any]:
        """Let the action end that a write has started."""
        assert submitted.status_code == 202, submitted.text
        assert submitted.json()["status"] == "IN_PROGRESS"
        self.simulator.advance(DELAY)
        action: dict[str, Any] = self.get(f"/actions/{submitted.json()['id']}")
        assert action["status"] == status, action
        return action


def refused(answer: requests.Response, status: int, field: str = "") -> str:
    """Check a refusal in the API's words, and return the message."""
    assert answer.status_code == status, answer.text
    body: dict[str, str] = answer.json()
    assert list(body) == ["status", "errorCode", "errorDesc", "errorMessage"]
    assert body["errorDesc"] == field, body
    return body["errorMessage"]


@pytest.fixture
def api(simulator: Simulator) -> Api:
    """The client that may do everything."""
    simulator.settings(action_delay=DELAY)
    return Api(simulator)


@pytest.fixture(name="refused")
def refused_fixture() -> Any:
    return refused


@pytest.fixture
def login(simulator: Simulator) -> Any:
    """Log in as another client: ``login("reader")``."""
    return lambda client: Api(simulator, client)
