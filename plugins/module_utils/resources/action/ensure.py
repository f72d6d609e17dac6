# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_action_wait."""

from __future__ import annotations

import typing as t

from ...api import actions
from ...api.actions import Deadline, Ended, Waiting
from ...api.client import Client
from ...api.errors import ActionFailedError, ActionTimeoutError, InputError
from ...api.notices import shortened
from ...api.shapes import Action
from ...result import Result
from ..selection.selection import Selection, resolve
from .desired import read_ids
from .gather import by_ids, of_instances


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_action_wait. In check mode it looks once and doesn't wait."""
    ids = read_ids(options.get("action_ids"))
    deadline = Deadline(client, Waiting.from_options(options))
    selection = Selection.from_options(options)
    if ids is not None:
        each = list(dict.fromkeys(ids))
        begun = {i: action for i, action in zip(each, by_ids(client, each)) if action is not None}
        missing = [str(i) for i in each if i not in begun]
        if missing:
            raise InputError(
                f"There is no action with the id {shortened(missing)}, or the API account may not see it."
            )
    else:
        instances = resolve(client, selection)
        begun = {a["id"]: a for a in of_instances(client, instances, (actions.IN_PROGRESS,))}
        ids = list(begun)
    if client.read_only:
        return Result(False, {"itcare_actions": [begun[i] for i in ids]})
    ended = actions.wait_for_all(client, list(begun.values()), deadline)
    by_id = dict(zip(begun, ended.actions))
    results = [by_id[identifier] for identifier in ids]
    _check_ends(ended, results, deadline.waiting)
    return Result(False, {"itcare_actions": results})


def _check_ends(came: Ended, results: list[Action], waiting: Waiting) -> None:
    ended, lost = came.actions, came.lost
    failed = [a for a in ended if a["status"] not in (actions.SUCCESS, actions.IN_PROGRESS)]
    if failed:
        said = "; ".join(
            f"{actions.describe(a)}: {str(a.get('message') or 'no reason given').rstrip('.')}"
            for a in failed
        )
        raise ActionFailedError(
            f"{len(failed)} of {len(ended)} actions ended in ERROR: {said}.", itcare_actions=results
        )
    if lost:
        gone = ", ".join(actions.describe(a) for a in ended if a["id"] in lost)
        raise ActionFailedError(
            f"The record of {len(lost)} of {len(ended)} actions is gone, so how they ended isn't known: {gone}. Look at the "
            "resources.",
            itcare_actions=results,
        )
    late = [a for a in ended if a["status"] == actions.IN_PROGRESS]
    if late:
        raise ActionTimeoutError(
            f"{len(late)} of {len(ended)} actions are still in progress after {waiting.timeout:g} s (wait_timeout): "
            f"{', '.join(map(actions.describe, late))}.{came.said_of_unread} Run the same task again to resume.",
            itcare_actions=results,
        )
