# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing a plan: each step is sent once."""

from __future__ import annotations

from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import ensure
from support.client import WAIT, client_of, executed, instance_of
from support.simulator import Simulator

SNAPSHOT = {
    "createdAt": "2026-01-01T00:00:00.000+0000",
    "expiresAt": "2999-01-01T00:00:00.000+0000",
}


def test_a_last_step_that_is_not_waited_for_is_sent_once(simulator: Simulator) -> None:
    """Whether more snapshots come to light can be told only once the last deletion is over."""
    simulator.settings(action_delay=5, listed_snapshot="null")
    instance = instance_of(simulator, snapshot=SNAPSHOT, moreSnapshots=[{**SNAPSHOT, "id": "more"}])
    options = {**WAIT, "wait": False, "names": [instance["name"]], "state": "absent"}
    result = ensure(client_of(simulator), options)
    assert result.changed
    assert result.values["operations"] == ["delete snapshot"]
    assert len(simulator.writes()) == len(executed(simulator)) == 2
