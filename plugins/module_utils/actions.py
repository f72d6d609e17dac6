# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asynchronous actions: read them, find those in progress, wait for them (contract, section 4)."""

from __future__ import annotations

import datetime
import re
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .client import Client
from .errors import ActionFailedError, ActionTimeoutError, InputError
from .naming import to_snake

ACTIONS = "/actions"
IN_PROGRESS = "IN_PROGRESS"
SUCCESS = "SUCCESS"
STATUSES = (IN_PROGRESS, SUCCESS, "ERROR")
FIRST_LOOK = (
    0.2  # seconds after submission; later looks come 1.5 times slower each, up to wait_interval
)
POLLERS = 8  # looks at the same time

Action = dict[str, t.Any]


@dataclass(frozen=True)
class Waiting:
    """How a task waits. `timeout` and `interval` are seconds."""

    wait: bool = True
    timeout: float = 1800
    interval: float = 5

    def __post_init__(self) -> None:
        if self.timeout <= 0:
            raise InputError(f"wait_timeout must be more than 0 seconds, not {self.timeout}.")
        if self.interval <= 0:
            raise InputError(f"wait_interval must be more than 0 seconds, not {self.interval}.")

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Waiting:
        given = {"wait": "wait", "wait_timeout": "timeout", "wait_interval": "interval"}
        return cls(
            **{
                name: options[option]
                for option, name in given.items()
                if options.get(option) is not None
            }
        )


class Deadline:
    """One end of waiting for everything that a task does, on a clock that never jumps."""

    def __init__(self, client: Client, waiting: Waiting) -> None:
        self.waiting = waiting
        self._client = client
        self._end = client.clock() + waiting.timeout

    @property
    def over(self) -> bool:
        return self._client.clock() >= self._end

    def looks(self) -> t.Iterator[bool]:
        """True once per look, after a pause that is longer each time; ends when the time is over."""
        pause = min(FIRST_LOOK, self.waiting.interval)
        while not self.over:
            left = self._end - self._client.clock()
            self._client.sleep(max(0.0, min(pause, left)))
            pause = min(pause * 1.5, self.waiting.interval)
            yield True


def read_action(data: t.Any) -> Action | None:
    """The action in an answer, in snake case; None when the answer holds none (an empty 202)."""
    if not isinstance(data, dict) or data.get("id") in (None, ""):
        return None
    action: Action = to_snake(data)
    action["id"] = action_id(action["id"])
    action["status"] = action.get("status") or IN_PROGRESS
    return action


def action_id(value: t.Any) -> t.Any:
    """Ids are numbers in the schema and a text in one sample: one action has one id here."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def describe(action: t.Mapping[str, t.Any]) -> str:
    """`Action 1333 (vm_resize) on PEB4MYAPP01`."""
    text = f"Action {action.get('id')}"
    if action.get("process"):
        text += f" ({action['process']})"
    if action.get("resource_name"):
        text += f" on {action['resource_name']}"
    return text


def list_actions(client: Client, **params: t.Any) -> list[Action]:
    """`GET /actions` with the API's filters; a bare array (a page is understood too)."""
    data = client.get(ACTIONS, params)
    if isinstance(data, dict):
        data = data.get("content")
    return [action for action in map(read_action, data or []) if action is not None]


def of_resource(
    client: Client, resource_id: t.Any, resource_name: str | None, statuses: str | None = None
) -> list[Action]:
    """The actions on one resource, by its id or, while it has none, by its name; of all without either."""
    params = (
        {"resourceId": resource_id} if resource_id is not None else {"resourceName": resource_name}
    )
    return [
        action
        for action in list_actions(client, statuses=statuses, **params)
        # filters are the server's word: look again
        if (statuses is None or action["status"] == statuses)
        and (resource_name is None or action.get("resource_name") in (None, resource_name))
    ]


def in_progress(
    client: Client, resource_id: t.Any = None, resource_name: str | None = None
) -> list[Action]:
    return of_resource(client, resource_id, resource_name, IN_PROGRESS)


def parse_time(text: t.Any) -> datetime.datetime | None:
    """A date of the API: `2016-06-01T12:27:19.000+0200`, or ending in `Z` (contract, section 1)."""
    if not isinstance(text, str):
        return None
    text = re.sub(r"Z$", "+0000", text.strip())
    text = re.sub(r"([+-]\d\d):(\d\d)$", r"\1\2", text)
    for layout in ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"):
        try:
            return datetime.datetime.strptime(text, layout)
        except ValueError:
            continue
    return None


def submitted_since(action: Action, moment: datetime.datetime | None) -> bool:
    """Whether an action began after `moment` on the server's clock, as far as it tells."""
    began = parse_time(action.get("submitted_at") or action.get("last_updated_at"))
    if began is None or moment is None:
        return False
    # The clock comes from a Date header, in whole seconds.
    return began >= moment - datetime.timedelta(seconds=1)


def get_action(client: Client, identifier: t.Any) -> Action:
    """One action. Raises NotFoundError when there is none of this id."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", str(identifier)):
        raise InputError(f"An action's id is a number such as 1333, not {identifier!r}.")
    return read_action(client.get(f"{ACTIONS}/{identifier}")) or {
        "id": identifier,
        "status": IN_PROGRESS,
    }


def wait_for(client: Client, action: Action, deadline: Deadline) -> Action:
    """The ended action, whatever its end. Raises ActionTimeoutError."""
    (action,) = wait_for_all(client, [action], deadline)
    if action["status"] != IN_PROGRESS:
        return action
    raise ActionTimeoutError(
        f"{describe(action)} is still {IN_PROGRESS} after {deadline.waiting.timeout:g} s (wait_timeout). "
        "Run the same task again to resume: it waits for this action and doesn't start another.",
        itcare_actions=[action],
    )


def wait_for_all(client: Client, begun: t.Sequence[Action], deadline: Deadline) -> list[Action]:
    """All of them, one deadline for all, in the order given. Those that didn't end in time stay IN_PROGRESS."""
    latest = {action["id"]: action for action in begun}

    def look(identifier: t.Any) -> None:
        latest[identifier] = {**latest[identifier], **get_action(client, identifier)}

    looks = deadline.looks()
    with ThreadPoolExecutor(max_workers=POLLERS) as pool:
        while pending := [i for i, action in latest.items() if action["status"] == IN_PROGRESS]:
            if not next(looks, False):
                break
            list(pool.map(look, pending))
    return [latest[action["id"]] for action in begun]


def check_success(action: Action) -> Action:
    """The action if it ended well. Raises ActionFailedError with its message, id and process."""
    if action["status"] != SUCCESS:
        said = action.get("message") or "it gave no reason"
        raise ActionFailedError(
            f"{describe(action)} ended in {action['status']}: {str(said).rstrip('.')}.",
            itcare_actions=[action],
        )
    return action
