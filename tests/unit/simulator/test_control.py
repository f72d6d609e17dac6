# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings, raw fields, resets, the clock: what tests of clients rely on."""

from __future__ import annotations

from typing import Any

import pytest

LIST = "/compute/instances"


# --- settings ------------------------------------------------------------------------------------


def test_writes_can_be_forbidden(api: Any, refused: Any) -> None:
    api.simulator.settings(writes="forbid")
    refused(api.create(), 403)
    refused(api.call("DELETE", f"{LIST}/1"), 403)
    assert api.call("GET", LIST).status_code == 200
    assert api.token({"grant_type": "client_credentials"}).status_code == 200
    assert api.simulator.settings()["forbidden_writes"] == 2
    assert [entry["executed"] for entry in api.simulator.writes()] == [False, False]


@pytest.mark.parametrize("settings", [{"colour": 1}, {"action_delay": -1}, {"writes": "maybe"}])
def test_a_wrong_setting_changes_nothing(api: Any, settings: dict[str, Any]) -> None:
    before = api.simulator.settings()
    with pytest.raises(AssertionError, match="400"):
        api.simulator.settings(max_page_size=7, **settings)
    assert api.simulator.settings() == before


# --- raw instances -------------------------------------------------------------------------------


def test_raw_fields(api: Any) -> None:
    made = api.simulator.add(
        name="PRAW01",
        status="WEIRD",
        region={"id": "MOON"},
        patchParty={"excluded": True},
        network=None,
        surprise=[1],
        tags=["app:moon"],
    )
    shown = api.instance(made["id"])
    assert made == {**shown, "tags": ["app:moon"]}
    assert (shown["name"], shown["status"], shown["surprise"]) == ("PRAW01", "WEIRD", [1])
    assert shown["region"]["id"] == "MOON"
    assert shown["region"]["areas"]  # the rest of the object is kept
    assert shown["patchParty"]["patchTag"]
    assert shown["network"] is None
    assert api.list(names="PRAW01") == [shown]
    assert api.list(tags="app:moon") == [shown]
    assert api.list(statuses="WEIRD") == [shown]
    assert shown in api.list(includedInPatchParty="false")
    assert api.list(sort="region.id", tags="app:moon") == [shown]


@pytest.mark.parametrize(
    "fields",
    [{"id": "x"}, {"tags": "a:b"}, {"tags": [1]}, {"snapshot": {"createdAt": "yesterday"}}],
)
def test_raw_fields_refused(api: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="400"):
        api.simulator.add(**fields)
    assert len(api.list()) == 40


def test_override_and_remove(api: Any) -> None:
    first = api.list()[0]
    path = f"/control/instances/{first['id']}"
    api.simulator.control("PATCH", path, {"environment": None, "tags": ["a:b"], "id": 1})
    changed = api.instance(first["id"])
    assert changed == {**first, "environment": None}
    assert [i["id"] for i in api.list(tags="a:b")] == [first["id"]]
    api.simulator.control("DELETE", path)
    assert api.list(tags="a:b") == []


def test_an_action_ends_what_was_overridden(api: Any) -> None:
    identity = api.simulator.add(status="ACTIVE", cpu=99)["id"]
    api.finish(api.patch(identity, "stop"))
    assert (api.instance(identity)["status"], api.instance(identity)["cpu"]) == ("INACTIVE", 99)


def test_two_instances_with_one_name(api: Any) -> None:
    name = api.list()[0]["name"]
    twin = api.simulator.add(name=name)
    assert {i["id"] for i in api.list(names=name)} == {api.list()[0]["id"], twin["id"]}
    api.simulator.control("DELETE", f"/control/instances/{twin['id']}")
    assert api.create(name=name).status_code == 409


def test_many_at_once(api: Any) -> None:
    added = api.simulator.add(count=5, tags=["wave:1"], status="ACTIVE")
    assert [i["id"] for i in api.list(tags="wave:1")] == [i["id"] for i in added]


# --- the rest ------------------------------------------------------------------------------------


def test_reset(api: Any) -> None:
    names = [i["name"] for i in api.list()]
    api.simulator.settings(action_delay=99, max_page_size=3)
    api.simulator.fault(count=0, path="nothing", fault={"status": 500})
    api.simulator.advance(100 * 86400)
    api.simulator.add()
    api.simulator.reset()
    state = api.simulator.control("GET", "/control/state")
    assert (state["instances"], state["actions"], state["faults"]) == (40, 0, [])
    assert state["settings"]["max_page_size"] == 200
    assert state["started_with"]["instances"] == 40
    assert api.simulator.requests() == []
    api.login()
    assert [i["name"] for i in api.list()] == names
    api.simulator.reset(instances=7, seed=2)
    api.login()
    assert len(api.list()) == 7
    assert [i["name"] for i in api.list()] != names[:7]


def test_the_clock_moves_forward_only(api: Any) -> None:
    with pytest.raises(AssertionError, match="400"):
        api.simulator.advance(-1)
