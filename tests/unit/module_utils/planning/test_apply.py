# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing a plan: each step is sent once, and others' actions are told apart."""

from __future__ import annotations

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.shapes import Action
from ansible_collections.cegedim.cloud.plugins.module_utils.planning.others import Listed
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


@pytest.mark.parametrize(
    ("names", "complete", "name", "expected"),
    [
        (["A", "B", "A"], False, "A", [0, 2]),
        (["A", "B"], False, "C", []),
        # One that doesn't show whose it is may be anybody's, unless one resource's were asked for.
        (["A", None], False, "A", None),
        (["A", None, "B"], True, "A", [0, 1]),
        (["A", None, "B"], True, None, [0, 1, 2]),
    ],
)
def test_whose_actions_are_whose(
    names: list[str | None], complete: bool, name: str | None, expected: list[int] | None
) -> None:
    actions: list[Action] = [
        {"id": number, "status": "SUCCESS", "resource_name": shown}
        for number, shown in enumerate(names)
    ]
    mine = Listed(actions, complete, "a warning").of(name)
    if expected is None:
        assert mine is None
    else:
        assert mine is not None
        assert [action["id"] for action in mine.actions] == expected
        assert (mine.complete, mine.warning) == (complete, "a warning")
