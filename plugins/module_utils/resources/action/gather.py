# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Actions of the past and in progress: what the modules itcare_action_info and itcare_action_wait do."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ...api import actions
from ...api.actions import Action
from ...api.client import Client
from ...api.errors import NotFoundError
from ...result import Result
from ..selection.selection import Selection, fetch
from .desired import check_statuses, read_ids


def _by_ids(client: Client, ids: t.Sequence[t.Any]) -> list[Action | None]:
    def one(identifier: t.Any) -> Action | None:
        try:
            return actions.get_action(client, identifier)
        except NotFoundError:
            return None

    with ThreadPoolExecutor(max_workers=actions.POLLERS) as pool:
        return list(pool.map(one, ids))


def _of_instances(
    client: Client, instances: t.Sequence[dict[str, t.Any]], statuses: tuple[str, ...] | None
) -> list[Action]:
    """One query for one instance, by its id; one for all of several, told apart by the name that an action shows."""
    params = {"statuses": statuses}
    if len(instances) == 1 and instances[0].get("id") is not None:
        found = actions.list_actions(client, resourceId=instances[0]["id"], **params)
    elif instances:
        names = {instance.get("name") for instance in instances}
        found = [
            action
            for action in actions.list_actions(client, **params)
            if action.get("resource_name") in names
        ]
    else:
        found = []
    return [action for action in found if statuses is None or action["status"] in statuses]


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_action_info. Ids that aren't there are left out."""
    ids = read_ids(options.get("action_ids"))
    statuses = check_statuses(options.get("statuses"))
    selection = Selection.from_options(options)
    if ids is not None:
        found = [
            a
            for a in _by_ids(client, ids)
            if a is not None and (statuses is None or a["status"] in statuses)
        ]
    elif selection.everything:
        listed = actions.list_actions(client, statuses=statuses)
        found = [action for action in listed if statuses is None or action["status"] in statuses]
    else:
        found = _of_instances(client, fetch(client, selection), statuses)
    return Result(False, {"itcare_actions": found})
