# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actions of the past and in progress: what the modules itcare_action_info and itcare_action_wait do."""

from __future__ import annotations

import re
import typing as t
from concurrent.futures import ThreadPoolExecutor

from ...api import actions
from ...api.actions import Action, Deadline, Waiting
from ...api.client import Client
from ...api.errors import ActionFailedError, ActionTimeoutError, InputError, NotFoundError
from ...api.notices import shortened
from ...planning.plan import Result
from ..selection.selection import Selection, fetch, resolve


def read_ids(values: t.Sequence[t.Any] | None) -> list[t.Any] | None:
    """Ids given as numbers, texts, or actions of an earlier result. Raises InputError."""
    if values is None:
        return None
    ids = []
    for value in values:
        shown = isinstance(value, dict)  # by the API, which knows best what an id is
        identifier = value.get("id") if shown else value
        if (
            isinstance(identifier, bool)
            or not isinstance(identifier, (int, str))
            or not re.fullmatch(r".*\S.*" if shown else r"\s*[0-9]{1,18}\s*", str(identifier))
        ):
            raise InputError(
                f"action_ids takes ids such as 1333, or actions of an earlier result, not {value!r}."
            )
        ids.append(
            actions.action_id(identifier.strip() if isinstance(identifier, str) else identifier)
        )
    return ids


def check_statuses(values: t.Sequence[str] | None) -> tuple[str, ...] | None:
    for value in values or ():
        if value not in actions.STATUSES:
            raise InputError(f"statuses takes {', '.join(actions.STATUSES)}, not '{value}'.")
    return tuple(values) if values else None


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


def wait(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_action_wait. In check mode it looks once and doesn't wait."""
    ids = read_ids(options.get("action_ids"))
    deadline = Deadline(client, Waiting.from_options(options))
    selection = Selection.from_options(options)
    if ids is not None:
        found = _by_ids(client, list(dict.fromkeys(ids)))
        missing = [
            str(identifier)
            for identifier, action in zip(dict.fromkeys(ids), found)
            if action is None
        ]
        if missing:
            raise InputError(
                f"There is no action with the id {shortened(missing)}, or the API account may not see it."
            )
        begun = {action["id"]: action for action in found if action is not None}
    else:
        instances = resolve(client, selection)
        begun = {a["id"]: a for a in _of_instances(client, instances, (actions.IN_PROGRESS,))}
        ids = list(begun)
    if client.read_only:
        return Result(False, {"itcare_actions": [begun[i] for i in ids]})
    found_ended, lost = actions.wait_for_all(client, list(begun.values()), deadline)
    ended = {action["id"]: action for action in found_ended}
    results = [ended[identifier] for identifier in ids]
    _check_ends(found_ended, results, lost, deadline.waiting)
    return Result(False, {"itcare_actions": results})


def _check_ends(
    ended: list[Action], results: list[Action], lost: frozenset[t.Any], waiting: Waiting
) -> None:
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
            f"{', '.join(map(actions.describe, late))}. Run the same task again to resume.",
            itcare_actions=results,
        )
