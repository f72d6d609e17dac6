# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every write, when a fault lasts, its action fails or it isn't allowed. What passes is in test_fault_matrix.py."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
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
from support.client import NAME, WAIT, client_of, executed, instance_of
from support.simulator import Simulator

SNAPSHOT = {"snapshot": {"description": "old"}}
ENSURE = {
    "instance": ensure_instance,
    "snapshot": ensure_snapshot,
    "patch party": ensure_patch_party,
}
# (module; fields of the instance, None without one; options; the write that is hit)
WRITES: dict[str, tuple[str, dict[str, Any] | None, dict[str, Any], str]] = {
    "create": (
        "instance",
        None,
        {"region": "EB4", "platform": "deb12", "sizing": "2cpu4gb", "service_id": 16},
        "POST",
    ),
    "start": ("instance", {"status": "INACTIVE"}, {"state": "started"}, "PATCH"),
    "stop": ("instance", {}, {"state": "stopped"}, "PATCH"),
    "delete": ("instance", {"status": "INACTIVE"}, {"state": "absent"}, "DELETE"),
    "resize": ("instance", {}, {"sizing": "4cpu8gb"}, "PATCH"),
    "monitoring": ("instance", {}, {"monitoring": {"enabled": True}}, "PATCH"),
    "backup": ("instance", {}, {"backup": {"enabled": True}}, "PATCH"),
    "replication": ("instance", {}, {"replication": {"enabled": True}}, "PATCH"),
    "snapshot": ("snapshot", {}, {"description": "new"}, "POST"),
    "delete snapshot": ("snapshot", SNAPSHOT, {"state": "absent"}, "DELETE"),
    "recover snapshot": ("snapshot", SNAPSHOT, {"state": "recovered"}, "PATCH"),
    "exclude": (
        "patch party",
        {},
        {"excluded": True, "exclusion_reason": "because"},
        "PATCH",
    ),
    "patch group": ("patch party", {}, {"patch_group": "2"}, "PATCH"),
}
LASTING: dict[str, dict[str, Any]] = {"500": {"status": 500}, "closed before": {"cut": "before"}}


def run(simulator: Simulator, write: str) -> Result:
    module, _fields, options, _method = WRITES[write]
    target = {"name": NAME} if module == "instance" else {"names": [NAME]}
    return ENSURE[module](client_of(simulator), {**WAIT, **target, **options})


def prepare(simulator: Simulator, write: str, **settings: Any) -> None:
    simulator.settings(**{"action_delay": 10, **settings})
    fields = WRITES[write][1]
    if fields is not None:
        instance_of(simulator, **fields)


@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("write", WRITES)
def test_a_fault_that_lasts(simulator: Simulator, write: str, fault: str) -> None:
    prepare(simulator, write)
    simulator.fault(method=WRITES[write][3], path="/itcare", count=0, fault=LASTING[fault])
    with pytest.raises(errors.ItcareError, match="500|was cut before"):
        run(simulator, write)
    assert not executed(simulator)
    assert (write == "create") <= len(simulator.writes()) < 9
    assert write == "create" or len(simulator.writes()) > 1


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("body", ["action", "empty"])
def test_an_action_that_fails(simulator: Simulator, write: str, body: str) -> None:
    prepare(simulator, write, accepted_body=body)
    simulator.fail_actions(fail=1, message="The disk is full.")
    with pytest.raises(errors.ItcareError, match="The disk is full[.]($|;| )") as caught:
        run(simulator, write)
    (done,) = executed(simulator)
    assert f"ction {done['action_id']} (vm_" in str(caught.value)
    assert "ended in ERROR" in str(caught.value)
    assert run(simulator, write).changed  # a second try starts afresh
    assert len(executed(simulator)) == 2


@pytest.mark.parametrize("write", WRITES)
def test_an_action_that_fails_at_once_without_being_shown(simulator: Simulator, write: str) -> None:
    prepare(simulator, write, accepted_body="empty", action_delay=0)
    simulator.fail_actions(fail=1, message="The disk is full")
    with pytest.raises(errors.ItcareError, match="The disk is full"):
        run(simulator, write)
    assert len(executed(simulator)) == 1


@pytest.mark.parametrize("write", WRITES)
def test_an_action_that_failed_while_its_answer_was_lost(simulator: Simulator, write: str) -> None:
    prepare(simulator, write, action_delay=0)
    simulator.fail_actions(fail=1, message="The disk is full")
    simulator.fault(method=WRITES[write][3], path="/itcare", fault={"cut": "after"})
    with pytest.raises(errors.ItcareError, match="The disk is full"):
        run(simulator, write)
    assert len(executed(simulator)) == 1


@pytest.mark.parametrize("write", WRITES)
def test_not_without_rights(simulator: Simulator, write: str) -> None:
    prepare(simulator, write)
    simulator.settings(writes="forbid")
    with pytest.raises(errors.ItcareError, match="answered 403 .*The API account lacks a right"):
        run(simulator, write)
    assert simulator.settings()["forbidden_writes"] == 1
