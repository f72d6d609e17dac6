# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""itcare_action_info against the server."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api import errors
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.action.gather import gather
from support.client import client_of
from support.rivals import others_stop
from support.simulator import Simulator


@pytest.fixture(autouse=True)
def _slow_actions(simulator: Simulator) -> None:
    simulator.settings(action_delay=20)


def test_info(simulator: Simulator) -> None:
    simulator.fail_actions(fail=1)
    ids = others_stop(simulator, 3)
    simulator.advance(30)
    ids += others_stop(simulator, 1)
    client = client_of(simulator)

    def ask(**options: Any) -> list[Any]:
        result = gather(client, options)
        assert not result.changed
        return sorted(action["id"] for action in result.values["itcare_actions"])

    assert ask() == ids
    assert ask(statuses=["IN_PROGRESS"]) == ids[3:]
    assert ask(statuses=["SUCCESS", "ERROR"]) == ids[:3]
    assert ask(action_ids=ids[:2]) == ids[:2]
    assert ask(action_ids=ids[:2], statuses=["ERROR"]) == ids[:1]
    assert ask(action_ids=[]) == []
    assert ask(names=["T01", "T02"]) == ids[1:3]
    assert ask(names=["T01", "T02"], statuses=["ERROR"]) == []
    assert ask(names=["T01"]) == ids[1:2]
    assert ask(names=["NONE"]) == []
    assert ask(filters={"statuses": ["INACTIVE"], "environments": ["NONE"]}) == []
    with pytest.raises(
        errors.InputError, match="statuses takes IN_PROGRESS, SUCCESS, ERROR, not 'x'"
    ):
        ask(statuses=["x"])
