# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any JSON in any place of the fleet: an inventory that can be printed, or an error of ours, with either way of grouping."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import ItcareError
from ansible_collections.cegedim.cloud.plugins.plugin_utils.inventory.native_groups import (
    NATIVE_GROUPS,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.client import instance_of
from support.inventory import Populated
from support.junk import JUNK, PLACES, spoiled
from support.simulator import Simulator

OPTIONS: dict[str, dict[str, Any]] = {
    "native": {
        "group_by": list(NATIVE_GROUPS),
        "hostnames": ["dns", "name"],
        "on_duplicate": "unique",
    },
    "expressions": {
        "compose": {"ours": "tags | default([]) | length", "twice": "name ~ name"},
        "groups": {"running": "status == 'ACTIVE'", "large": "cpu | int > 2"},
        "keyed_groups": [
            {"key": "environment", "prefix": "env"},
            {"key": "tags | default([])", "prefix": "tag"},
            {"key": "patch_party", "prefix": "party"},
        ],
        "host_filters": [{"include": "name is defined"}],
        "hostvars_prefix": "",
    },
}


@pytest.fixture
def fleet(simulator: Simulator) -> list[dict[str, Any]]:
    return [instance_of(simulator), instance_of(simulator, name="OTHER", tags=["app:web"])]


@pytest.mark.parametrize("grouping", ["fast", "plain"])
@pytest.mark.parametrize("kind", OPTIONS)
@settings(max_examples=25, suppress_health_check=[*HealthCheck])
@given(place=PLACES.filter(lambda place: len(place) > 1), junk=JUNK, strict=st.booleans())
def test_any_json_in_any_place(
    fleet: list[dict[str, Any]], grouping: str, kind: str, place: list[int], junk: Any, strict: bool
) -> None:
    try:
        made = Populated(
            spoiled(fleet, place, junk), grouping=grouping, strict=strict, **OPTIONS[kind]
        )
    except (AnsibleError, ItcareError) as error:
        str(error).encode()
        return
    json.dumps([made.hosts, made.groups, made.warnings], ensure_ascii=False).encode()
