# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator against contract.json: the calls and fields of the API's reference (docs/api.md#instances)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
from itcare_simulator.operations import OPERATIONS

CONTRACT = json.loads(Path(__file__).with_name("contract.json").read_text(encoding="utf-8"))
CALLS = {f"{call['method']} {call['path']}": call for call in CONTRACT["calls"]}


def expected(shape: Any) -> Any:
    """A shape of contract.json with the names of schemas resolved."""
    if isinstance(shape, str) and shape.startswith("#"):
        return expected(CONTRACT["schemas"][shape[1:]])
    if isinstance(shape, list):
        return [expected(item) for item in shape]
    if isinstance(shape, dict):
        return {name: expected(item) for name, item in shape.items()}
    return shape


class Described:
    """The simulator's own OpenAPI document."""

    def __init__(self, url: str) -> None:
        self.document = requests.get(url, timeout=30).json()

    def call(self, method: str, path: str) -> dict[str, Any]:
        operation: dict[str, Any] = self.document["paths"]["/itcare" + path][method.lower()]
        return operation

    def shape(self, schema: dict[str, Any]) -> Any:
        """A schema in the form of contract.json."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        options = [item for item in schema.get("anyOf", []) if item.get("type") != "null"]
        if options:
            assert len(options) == 1
            return self.shape(options[0])
        if schema["type"] == "array":
            return [self.shape(schema["items"])]
        if "properties" in schema:
            return {name: self.shape(item) for name, item in schema["properties"].items()}
        return "map" if schema["type"] == "object" else schema["type"]


@pytest.fixture
def described(simulator: Any) -> Described:
    return Described(simulator.root_url + "/openapi.json")


def content(part: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = part["content"]["application/json"]["schema"]
    return schema


def test_exactly_the_calls_of_the_contract(described: Described) -> None:
    offered = {
        f"{method.upper()} {path.removeprefix('/itcare')}"
        for path, operations in described.document["paths"].items()
        if path.startswith("/itcare")
        for method in operations
    }
    assert offered == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_call(described: Described, name: str) -> None:
    wanted = CALLS[name]
    operation = described.call(wanted["method"], wanted["path"])
    names = {item["name"] for item in operation.get("parameters", []) if item["in"] == "query"}
    assert names == set(wanted.get("query", []))
    if "body" in wanted:
        schema = content(operation["requestBody"])
        assert described.shape(schema) == expected(wanted["body"])
        if "required" in wanted:
            resolved = described.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
            assert sorted(resolved["required"]) == wanted["required"]
    else:
        assert "requestBody" not in operation
    status = "200" if wanted["method"] == "GET" else "202"
    assert described.shape(content(operation["responses"][status])) == expected(wanted["answer"])


def agrees(value: Any, shape: Any, where: str = "") -> None:
    """A value has exactly the fields of a shape, each of its type or null."""
    if value is None:
        return
    if isinstance(shape, list):
        assert isinstance(value, list), where
        for number, item in enumerate(value):
            agrees(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, dict):
        assert set(value) == set(shape), where
        for name, item in value.items():
            agrees(item, shape[name], f"{where}.{name}")
    else:
        kinds = {"string": str, "integer": int, "boolean": bool, "map": dict}
        assert value.__class__ is kinds[shape], where


def test_every_answer_has_the_fields_of_the_contract(api: Any) -> None:
    api.simulator.reset(instances=300, seed=5)
    api.login()
    pages = [api.get("/compute/instances", size=200, page=number, sort="id") for number in (0, 1)]
    for page in pages:
        agrees(page, expected("#InstancePage"), "page")
    instances = [instance for page in pages for instance in page["content"]]
    assert len(instances) == 300
    one = next(instance for instance in instances if instance["snapshot"])
    path = f"/compute/instances/{one['id']}"
    assert api.get(path) == one
    assert api.get(path + "/storage") == one["storageInformation"]
    assert api.get(path + "/networks") == one["network"]
    assert api.get(path + "/snapshots") == one["snapshot"]
    api.simulator.settings(action_delay=100)  # it doesn't end between two reads
    submitted = api.patch(one["id"], "update_monitoring", state=True).json()
    assert set(submitted) == set(expected("#SubmittedAction"))
    agrees(submitted, expected("#SubmittedAction"), "submitted")
    listed = api.get("/actions")
    agrees(listed, [expected("#Action")], "actions")
    assert listed == [api.get(f"/actions/{submitted['id']}")]


def test_operations_and_their_options(api: Any) -> None:
    known = {name: sorted(model.model_fields) for name, (model, _rest) in OPERATIONS.items()}
    assert known == {name: sorted(options) for name, options in CONTRACT["operations"].items()}
    identity = api.list()[0]["id"]
    for name in known:
        answer = api.patch(identity, name, surprise=1)
        assert answer.status_code == 400
    assert api.get("/actions") == []
