# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""server_dry_run: in check mode the server validates what would be sent, and nothing is executed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.api.client import Client
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.ensure import (
    ensure as ensure_instance,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.ensure import (
    ensure as ensure_patch_party,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import (
    ensure as ensure_snapshot,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.result import Result
from support.client import NAME, WAIT, calls, client_of, executed, instance_of
from support.rivals import others_create, others_do
from support.simulator import Simulator
from support.tasks import STOPPED

CREATE = {"region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16}
Work = Callable[[Client, Mapping[str, Any]], Result]
INSTANCE, SNAPSHOT, PARTY = ensure_instance, ensure_snapshot, ensure_patch_party
TAKEN = {"snapshot": {"description": "x"}}

# (what does the work; fields of the instance, None without one; options; what is sent for validation)
CASES: dict[str, tuple[Work, dict[str, Any] | None, dict[str, Any], list[str]]] = {
    "create": (INSTANCE, None, CREATE, ["POST"]),
    "create, stopped": (INSTANCE, None, {**CREATE, "state": "stopped"}, ["POST"]),
    "nothing": (INSTANCE, {}, {"state": "started"}, []),
    "stop and resize": (INSTANCE, {}, {"state": "stopped", "sizing": "1cpu1gb"}, ["PATCH"] * 2),
    "restart": (INSTANCE, {}, {"state": "restarted"}, ["PATCH"]),
    "restart of a stopped one": (INSTANCE, STOPPED, {"state": "restarted"}, ["PATCH"]),
    "reset": (INSTANCE, {}, {"state": "reset"}, ["PATCH"]),
    "delete": (INSTANCE, STOPPED, {"state": "absent"}, ["DELETE"]),
    "stop and delete": (INSTANCE, {}, {"state": "absent", "force": True}, ["PATCH"]),
    "snapshot": (SNAPSHOT, {}, {"description": "x"}, ["POST"]),
    "replace": (SNAPSHOT, TAKEN, {"replace": True}, ["DELETE"]),
    "recover": (SNAPSHOT, TAKEN, {"state": "recovered"}, ["PATCH"]),
    "patch group": (PARTY, {}, {"patch_group": "2"}, ["PATCH"]),
}


def validate(simulator: Simulator, work: Work, options: dict[str, Any]) -> Result:
    target = {"name": NAME} if work is INSTANCE else {"names": [NAME]}
    client = client_of(simulator, read_only=True, dry_run=True)
    return work(client, {**WAIT, **target, "server_dry_run": True, **options})


def predict(simulator: Simulator, work: Work, options: dict[str, Any]) -> Result:
    target = {"name": NAME} if work is INSTANCE else {"names": [NAME]}
    return work(client_of(simulator, read_only=True), {**WAIT, **target, **options})


@pytest.mark.parametrize(("work", "fields", "options", "sent"), CASES.values(), ids=CASES)
def test_valid(
    simulator: Simulator,
    work: Work,
    fields: dict[str, Any] | None,
    options: dict[str, Any],
    sent: list[str],
) -> None:
    if fields is not None:
        instance_of(simulator, **fields)
    result = validate(simulator, work, options)
    assert [e["method"] for e in simulator.writes()] == sent
    assert all(e["dry_run"] and e["status"] == 202 for e in simulator.writes())
    assert not executed(simulator)
    # once, before the state was read
    assert calls(simulator).count("GET /actions") <= 1
    plain = predict(simulator, work, options)
    for values in (result.values, plain.values):
        for row in values.get("snapshots", ()):
            row["snapshot"].pop("seconds_left", None)  # time goes by
    assert (result.changed, result.values, result.diff) == (plain.changed, plain.values, plain.diff)


@pytest.mark.parametrize(
    ("settings", "work", "fields", "options", "kind", "said"),
    [
        # the name differs in its case only: no list shows it, and yet it is taken
        ({}, INSTANCE, {"name": NAME.capitalize()}, CREATE, errors.ConflictError, "already used"),
        ({"quota": 40}, INSTANCE, None, CREATE, errors.InconsistentDataError, "QUOTA_EXCEEDED"),
        ({}, INSTANCE, None, {**CREATE, "region": "XX"}, errors.InconsistentDataError, "region"),
        ({}, INSTANCE, None, {**CREATE, "sizing": "big"}, errors.InconsistentDataError, "big"),
        ({}, INSTANCE, {"status": "PAUSED"}, {"state": "stopped"}, errors.ApiError, "PAUSED"),
        ({"writes": "forbid"}, INSTANCE, None, CREATE, errors.ForbiddenError, "POW"),
        ({"writes": "forbid"}, PARTY, {}, {"patch_group": "1"}, errors.ItcareError, "^1 of 1.*OPE"),
        ({"writes": "forbid"}, SNAPSHOT, {}, {}, errors.ItcareError, "^1 of 1 .*answered 403"),
    ],
)
def test_refused_by_the_server(
    simulator: Simulator,
    settings: dict[str, Any],
    work: Work,
    fields: dict[str, Any] | None,
    options: dict[str, Any],
    kind: type[Exception],
    said: str,
) -> None:
    simulator.settings(**settings)
    if fields is not None:
        instance_of(simulator, **fields)
    assert predict(simulator, work, options).changed  # check mode alone can't know
    with pytest.raises(kind, match=said):
        validate(simulator, work, options)
    assert not executed(simulator)


@pytest.mark.parametrize("work", [INSTANCE, SNAPSHOT, PARTY])
def test_ignored_by_the_server(simulator: Simulator, work: Work) -> None:
    simulator.settings(dry_run="ignore")
    instance_of(simulator)
    by_work: dict[Work, dict[str, Any]] = {
        INSTANCE: {"state": "stopped"},
        PARTY: {"patch_group": "2"},
    }
    options = by_work.get(work, {})
    with pytest.raises(errors.ItcareError, match="not confirmed by the server.*may have been exec"):
        validate(simulator, work, options)


def test_after_an_ignored_one_no_other_is_sent(simulator: Simulator) -> None:
    simulator.settings(dry_run="ignore", action_delay=0)
    instance_of(simulator)
    with pytest.raises(errors.DryRunIgnoredError):
        validate(simulator, INSTANCE, {"state": "stopped", "sizing": "1cpu1gb"})
    assert len(simulator.writes()) == 1


def test_in_bulk_an_ignored_one_is_the_last(simulator: Simulator) -> None:
    simulator.settings(dry_run="ignore", action_delay=0)
    names = [instance_of(simulator, name=f"T{number}")["name"] for number in range(9)]
    options = {"names": names, "patch_group": "2", "concurrency": 4}
    with pytest.raises(errors.ItcareError, match="may have been executed") as caught:
        validate(simulator, PARTY, options)
    assert len(simulator.writes()) == 1
    said = [row["error"] for row in caught.value.details["instances"]]
    assert sum("was not sent, as the server ignored a dry run before" in text for text in said) == 8


def test_all_refusals_of_a_bulk_change_are_told(simulator: Simulator) -> None:
    names = [instance_of(simulator, name=f"T{number}")["name"] for number in range(4)]
    simulator.fault(method="PATCH", skip=1, count=2, fault={"status": 422})
    with pytest.raises(errors.ItcareError, match="^2 of 4 instances failed") as caught:
        validate(simulator, PARTY, {"names": names, "patch_group": "2", "concurrency": 1})
    assert [bool(row["error"]) for row in caught.value.details["instances"]] == [
        False, True, True, False
    ]  # fmt: skip
    assert not executed(simulator)


def test_an_action_in_progress_is_no_refusal(simulator: Simulator) -> None:
    simulator.settings(action_delay=100)
    identity = instance_of(simulator)["id"]
    others_do(simulator, identity, "update_monitoring", state=True, alerting=True)
    result = validate(simulator, INSTANCE, {"state": "stopped"})
    assert result.values["operations"] == ["stop"]
    assert [e["status"] for e in simulator.writes()] == [202, 409]


def test_one_that_was_just_created_and_is_not_shown_yet(simulator: Simulator) -> None:
    """It has no id that a write could be sent to."""
    simulator.settings(action_delay=1, effect_lag=8)
    others_create(simulator)
    simulator.advance(2)
    simulator.clear_requests()
    result = validate(simulator, INSTANCE, {"state": "stopped"})
    assert result.values["operations"] == ["stop"]
    assert not simulator.writes()


def test_not_in_check_mode_it_is_a_task_like_any_other(simulator: Simulator) -> None:
    instance_of(simulator)
    INSTANCE(
        client_of(simulator), {**WAIT, "name": NAME, "state": "stopped", "server_dry_run": True}
    )
    assert [e["dry_run"] for e in simulator.writes()] == [False]
