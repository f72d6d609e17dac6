# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers that are sent as texts, or with a fraction of nothing, are the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.answers import number, same
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import InputError
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.desired import (
    DesiredInstance,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.instance.planner import (
    plan_instance,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.desired import (
    DesiredPatchParty,
)
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.planner import (
    plan_patch_party,
)
from hypothesis import given
from hypothesis import strategies as st

SPELLINGS: list[Callable[[int], Any]] = [str, float, lambda n: f" {n}", lambda n: f"{n}.0"]


def spelt(spelling: Any, **numbers: int) -> Any:
    """An instance that has them so, which isn't the shape of one."""
    return {
        "id": 1,
        "name": "WEB",
        "status": "ACTIVE",
        **{k: spelling(v) for k, v in numbers.items()},
    }


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_nothing_differs(spelling: Any) -> None:
    policies = {"policies": [{"policy_id": 12}]}
    current = spelt(spelling, cpu=2, ram=4, service_id=13, cloud_id=0)
    current |= {"network": {"id": spelling(7)}, "backup_policy_details": policies}
    options = {"name": "WEB", "sizing": "2cpu4gb", "service_id": 13, "cloud_id": 0, "network_id": 7}
    options["backup"] = {"server_policy_id": "12"}
    plan = plan_instance(current, DesiredInstance.from_options(options))
    assert (plan.steps, plan.warnings) == ((), ())


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_differs_does(spelling: Any) -> None:
    desired = DesiredInstance.from_options({"name": "WEB", "sizing": "4cpu4gb"})
    (step,) = plan_instance(spelt(spelling, cpu=2, ram=4), desired).steps
    assert (step.before, step.after) == ({"cpu": 2}, {"cpu": 4})
    # Its effect is known when it is shown in the same way.
    assert step.is_reached(spelt(spelling, cpu=4, ram=4))
    assert not step.is_reached(spelt(spelling, cpu=2, ram=4))
    with pytest.raises(InputError, match="service_id is .*13.*, wished 14"):
        plan_instance(
            spelt(spelling, service_id=13),
            DesiredInstance.from_options({"name": "WEB", "service_id": 14}),
        )


@pytest.mark.parametrize("group", [2, "2", 2.0, "2.0"])
def test_the_group_of_a_patch_party(group: Any) -> None:
    instance: Any = {
        "id": 1,
        "name": "WEB",
        "patch_party": {"excluded": False, "patch_group": group},
    }
    for wanted, steps in ((2, 0), (3, 1)):
        plan = plan_patch_party(instance, DesiredPatchParty.from_options({"patch_group": wanted}))
        assert len(plan.steps) == steps


@given(st.integers(-(10**12), 10**12))
def test_a_number_is_itself(value: int) -> None:
    for spelling in SPELLINGS:
        assert number(spelling(value)) == value
        assert same(spelling(value), value)
        assert not same(spelling(value), value + 1)


@pytest.mark.parametrize(
    "value", [None, True, False, "", "x", "1 2", "1e3", "0x1", "²", [], {}, "1."]
)
def test_what_is_no_number(value: Any) -> None:
    assert number(value) is None
    assert not same(value, 1)
    assert not same(value, 0)


def test_a_text_is_never_compared_as_a_number() -> None:
    assert not same("010", "10")
    assert not same(10, "10")
