# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. Actions of the past and in progress: what the modules itcare_action_info and itcare_action_wait do."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ...api import actions
from ...api.answers import Item
from ...api.client import Client
from ...api.errors import NotFoundError
from ...api.shapes import Action
from ...result import Result
from ..selection.selection import Selection, fetch
from .desired import check_statuses, read_ids


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_action_info. Ids that aren't there are left out."""
    ids = read_ids(options.get("action_ids"))
    statuses = check_statuses(options.get("statuses"))
    selection = Selection.from_options(options)
    if ids is not None:
        found = actions.having(statuses, filter(None, by_ids(client, ids)))
    elif selection.everything:
        found = actions.list_actions(client, statuses)
    else:
        found = of_instances(client, fetch(client, selection), statuses)
    return Result(False, {"itcare_actions": found})


def by_ids(client: Client, ids: t.Sequence[int | str]) -> list[Action | None]:
    """Each action, None where there is none."""

    def one(identifier: int | str) -> Action | None:
        try:
            return actions.get_action(client, identifier)
        except NotFoundError:
            return None

    with ThreadPoolExecutor(max_workers=actions.POLLERS) as pool:
        return list(pool.map(one, ids))


def of_instances(
    client: Client, instances: t.Sequence[Item], statuses: tuple[str, ...] | None
) -> list[Action]:
    """One query for one instance, by its id; one for all of several, told apart by the name that an action shows."""
    if not instances:
        return []
    if len(instances) == 1 and instances[0].get("id") is not None:
        return actions.list_actions(client, statuses, resourceId=instances[0]["id"])
    names = {instance.get("name") for instance in instances}
    listed = actions.list_actions(client, statuses)
    return [action for action in listed if action.get("resource_name") in names]
