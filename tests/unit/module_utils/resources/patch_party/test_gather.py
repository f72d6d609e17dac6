# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_patch_party_info against the server, and its summary."""

from __future__ import annotations

from typing import Any

from ansible_collections.cegedim.cloud.plugins.module_utils.api.case import to_snake
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.patch_party.gather import (
    gather,
    summarise,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from support.api_model import PATCH_PARTIES
from support.client import calls, client_of, instance_of
from support.simulator import Simulator

EXCLUDED = {"excluded": True, "exclusionReason": "because", "patchGroup": None}


GROUP1 = {"excluded": False, "exclusionReason": None, "patchGroup": "1"}


def test_info(simulator: Simulator) -> None:
    for number, party in enumerate([EXCLUDED, GROUP1, GROUP1, {**GROUP1, "patchGroup": None}]):
        instance_of(simulator, name=f"T{number}", environment="TEST", patchParty=party)
    instance_of(simulator, name="T9", environment=None, patchParty=None)
    options = {"names": ["T0", "T1", "T2", "T3", "T9"]}
    simulator.clear_requests()
    values = gather(client_of(simulator), options).values
    assert calls(simulator)[1:] == ["GET /compute/instances"]
    assert [row["name"] for row in values["patch_parties"]] == options["names"]
    first = values["patch_parties"][0]
    assert first["patch_party"]["exclusion_reason"] == "because"
    assert first["patch_party"]["patch_tag"]  # all that the API shows comes along
    summary = values["summary"]
    assert summary["TEST"]["instances"] == 4
    assert summary["TEST"]["excluded"] == 1
    assert summary["TEST"]["patch_groups"] == {"1": 2, "2": 0, "3": 0, "none": 1}
    assert len(summary["TEST"]["patch_dates"]) == 1
    assert summary["none"]["patch_groups"]["none"] == 1


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from(["PRODUCTION", "TEST", None]), PATCH_PARTIES), max_size=20)
)
def test_every_instance_is_counted_once(fleet: list[tuple[str | None, Any]]) -> None:
    instances = to_snake([{"environment": env, "patchParty": party} for env, party in fleet])
    summary = summarise(instances)
    assert sum(line["instances"] for line in summary.values()) == len(fleet)
    for line in summary.values():
        assert line["instances"] == line["excluded"] + sum(line["patch_groups"].values())
        assert line["patch_dates"] == sorted(set(line["patch_dates"]))


def test_a_date_that_is_no_text_is_none() -> None:
    (line,) = summarise([{"patch_party": {"patch_date": {"on": 1}}}]).values()
    assert line["patch_dates"] == []
