# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated fleet is as mixed as a real one."""

from __future__ import annotations

import re
from typing import Any

LIST = "/compute/instances"


def test_what_the_fleet_is_made_of(api: Any) -> None:
    api.simulator.reset(instances=2000)
    api.login()
    fleet = [i for n in range(10) for i in api.get(LIST, page=n, size=200)["content"]]
    assert len({i["name"] for i in fleet}) == len({i["ipAddress"] for i in fleet}) == 2000
    assert all(re.fullmatch("[PRTD](EB4|EB5|ET1)[A-Z]{2,5}[0-9]{2,}", i["name"]) for i in fleet)
    assert {i["type"] for i in fleet} == {"LINUX", "WINDOWS", "AIX"}
    assert {i["status"] for i in fleet} == {"ACTIVE", "INACTIVE"}
    assert {i["environment"] for i in fleet} == {
        "PRODUCTION",
        "PREPRODUCTION",
        "TEST",
        "DEVELOPMENT",
    }
    assert {i["patchParty"]["patchGroup"] for i in fleet} == {None, "1", "2", "3"}
    assert {i["supportPhase"] for i in fleet} == {
        "STANDARD",
        "END_OF_SALE",
        "EXTENDED",
        "END_OF_SUPPORT",
    }
    excluded = [i["patchParty"] for i in fleet if i["patchParty"]["excluded"]]
    assert all(p["excludedBy"] and p["exclusionReason"] and p["exclusionDate"] for p in excluded)
    assert any(i["snapshot"] for i in fleet)
    assert any(i["loadbalancers"] for i in fleet)
    assert any(i["productCode"] for i in fleet)
    assert any(i["snapshot"] is None for i in fleet)
    now = api.simulator.control("GET", "/control/state")["now"]
    assert all(i["patchParty"]["patchDate"] > now for i in fleet)
