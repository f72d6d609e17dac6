# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_snapshot_info against the server."""

from __future__ import annotations

from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.gather import gather
from support.client import calls, client_of, instance_of
from support.simulator import Simulator

OLD = {
    "description": "old",
    "createdAt": "2026-01-01T00:00:00.000+0000",
    "expiresAt": "2999-01-01T00:00:00.000+0000",
}


def test_info(simulator: Simulator) -> None:
    instance_of(simulator, name="A", snapshot=OLD)
    instance_of(simulator, name="B")
    simulator.clear_requests()
    result = gather(client_of(simulator), {"names": ["A", "B", "NONE"]})
    assert not result.changed
    one, two = result.values["snapshots"]
    assert (one["instance_name"], one["snapshot"]["description"]) == ("A", "old")
    assert one["snapshot"]["seconds_left"] > 86400
    assert (two["instance_name"], two["snapshot"]) == ("B", None)
    assert calls(simulator)[1:] == [
        "GET /compute/instances",
        "GET /compute/instances",  # NONE in another case
        f"GET /compute/instances/{two['instance_id']}/snapshots",
    ]
    assert len(gather(client_of(simulator), {}).values["snapshots"]) == 42
