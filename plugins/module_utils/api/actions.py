# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Asynchronous actions: read them, find those in progress, wait for them (docs/api.md#actions)."""

from __future__ import annotations

import datetime
import math
import re
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .answers import objects, read_id
from .case import to_snake
from .checks import LONGEST
from .client import Answer, Client
from .errors import (
    ActionFailedError,
    ActionTimeoutError,
    ApiError,
    ConnectionFailedError,
    InputError,
    NotFoundError,
)
from .shapes import Action
from .times import parse_time

ACTIONS = "/actions"
IN_PROGRESS = "IN_PROGRESS"
SUCCESS = "SUCCESS"
STATUSES = (IN_PROGRESS, SUCCESS, "ERROR")
POLLERS = 8  # polls at the same time
# Seconds from submission to the first poll; later ones come 1.5 times slower each, up to wait_interval.
FIRST_POLL = 0.2
# Seconds for which an action may be unknown: a new one isn't visible yet, the record of an ended one is gone.
UNKNOWN_FOR = 30.0


def read_action(data: object) -> Action | None:
    """The action in an answer, in snake case; None when the answer holds none (an empty 202)."""
    if not isinstance(data, dict) or not isinstance(data.get("id"), (int, str)) or data["id"] == "":
        return None
    action: Action = to_snake(data)
    action["id"] = read_id(action["id"])
    action["status"] = action.get("status") or IN_PROGRESS
    for key in ("process", "resource_name"):  # what is no text tells nothing
        if not isinstance(action.get(key, ""), str):
            action[key] = None
    return action


def begun_action(answer: Answer) -> Action | None:
    """The action in the answer to a write; None for an empty one, or for the resource itself.

    An action has one of the three statuses; a 202 may leave it out (docs/api.md#actions).
    """
    if not isinstance(answer.data, dict):
        return None
    status = answer.data.get("status")
    if status in STATUSES or (status is None and answer.status == 202):
        return read_action(answer.data)
    return None


def describe(action: Action) -> str:
    """`Action 1333 (vm_resize) on PEB4MYAPP01`."""
    text = f"Action {action.get('id')}"
    if action.get("process"):
        text += f" ({action['process']})"
    if action.get("resource_name"):
        text += f" on {action['resource_name']}"
    return text


def list_actions(
    client: Client, statuses: t.Sequence[str] | None = None, **params: object
) -> list[Action]:
    """`GET /actions` with the API's filters; a bare array (a page is understood too)."""
    data = client.get(ACTIONS, {"statuses": statuses, **params})
    if isinstance(data, dict):
        data = data.get("content", None if data.get("totalElements") == 0 else data)
    # An empty body means that there is none. What can't be read doesn't.
    found = [] if data is None else objects(data, f"the list of GET {ACTIONS}")
    return having(statuses, filter(None, map(read_action, found)))


def having(statuses: t.Sequence[str] | None, found: t.Iterable[Action]) -> list[Action]:
    """Filters are the server's word: look again."""
    return [action for action in found if statuses is None or action["status"] in statuses]


def of_resource(
    client: Client,
    resource_id: object,
    resource_name: str | None,
    statuses: t.Sequence[str] | None = None,
) -> list[Action]:
    """The actions on one resource, by its id or, while it has none, by its name; of all without either."""
    params = (
        {"resourceId": resource_id} if resource_id is not None else {"resourceName": resource_name}
    )
    return [
        action
        for action in list_actions(client, statuses, **params)
        if resource_name is None or action.get("resource_name") in (None, resource_name)
    ]


def touched_since(action: Action, moment: datetime.datetime | None) -> bool:
    """Whether an action began, went on or ended after `moment` on the server's clock, as far as it tells."""
    dates = (action.get(key) for key in ("completed_at", "last_updated_at", "submitted_at"))
    touched = next((date for date in map(parse_time, dates) if date is not None), None)
    # The clock comes from a Date header, in whole seconds.
    return (
        touched is not None
        and moment is not None
        and touched >= moment - datetime.timedelta(seconds=1)
    )


def begun_since(action: Action, moment: datetime.datetime | None) -> bool:
    """Whether an action began after `moment` on the server's clock, as far as it tells."""
    began = action.get("submitted_at") or action.get("last_updated_at")
    return touched_since({"submitted_at": began}, moment)


def get_action(client: Client, identifier: int | str) -> Action:
    """One action. Raises NotFoundError when there is none of this id."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", str(identifier)):
        raise InputError(f"An action's id is a number such as 1333, not {identifier!r}.")
    return read_action(client.get(f"{ACTIONS}/{identifier}")) or {
        "id": identifier,
        "status": IN_PROGRESS,
    }


# -- waiting ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """How a task waits. `timeout` and `interval` are seconds."""

    wait: bool = True
    timeout: float = 1800
    interval: float = 5

    def __post_init__(self) -> None:
        for option, seconds in (("wait_timeout", self.timeout), ("wait_interval", self.interval)):
            if not 0 < seconds <= LONGEST:
                raise InputError(
                    f"{option} must be more than 0 seconds and at most {LONGEST}, not {seconds}."
                )

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Waiting:
        names = {"wait": "wait", "timeout": "wait_timeout", "interval": "wait_interval"}
        given = {name: options.get(option) for name, option in names.items()}
        return cls(**{name: value for name, value in given.items() if value is not None})


class Deadline:
    """One end of everything that a task does, pauses of its client included, on a clock that never jumps."""

    def __init__(self, client: Client, waiting: Waiting) -> None:
        self.waiting = waiting
        self._client = client
        self._end = client.ends_at = client.clock() + waiting.timeout

    @property
    def over(self) -> bool:
        return self._client.clock() >= self._end

    def polls(self, seconds: float = math.inf) -> t.Iterator[bool]:
        """True once per poll, after a pause that is longer each time; ends when the time, or `seconds` of it, is over."""
        end = min(self._end, self._client.clock() + seconds)
        backoff = min(FIRST_POLL, self.waiting.interval)
        while (left := end - self._client.clock()) > 0:
            self._client.sleep(min(backoff, left))
            backoff = min(backoff * 1.5, self.waiting.interval)
            yield True


class Ended(t.NamedTuple):
    """How waiting came out. `lost` are the ids of those whose record is gone: how they ended can't be told.

    `unread`: what the last poll of the others that didn't end said, if it failed.
    """

    actions: list[Action]
    lost: frozenset[int | str]
    unread: dict[int | str, str]

    @property
    def said_of_unread(self) -> str:
        """A sentence for a message, where what is said of an action may be out of date."""
        text = next(iter(self.unread.values()), "")
        return f" The last poll failed: {text}" if text else ""


def wait_for(client: Client, action: Action, deadline: Deadline) -> tuple[Action, bool]:
    """The ended action, whatever its end, and whether its record is gone instead. Raises ActionTimeoutError."""
    ended = wait_for_all(client, [action], deadline)
    (action,) = ended.actions
    if action["status"] != IN_PROGRESS or ended.lost:
        return action, bool(ended.lost)
    raise ActionTimeoutError(
        f"{describe(action)} is still {IN_PROGRESS} after {deadline.waiting.timeout:g} s (wait_timeout)."
        f"{ended.said_of_unread} Run the same task again to resume: it waits for this action and doesn't start another.",
        itcare_actions=[action],
    )


def wait_for_all(client: Client, begun: t.Sequence[Action], deadline: Deadline) -> Ended:
    """All of them, one deadline for all, in the order given. Those that didn't end in time stay IN_PROGRESS.

    A poll that fails is no reason to forget an action: the next one may tell.
    """
    latest = {action["id"]: action for action in begun}
    unknown_since: dict[int | str, float] = {}
    unread: dict[int | str, str] = {}

    def poll(identifier: int | str) -> None:
        try:
            found = get_action(client, identifier)
        except NotFoundError:
            unknown_since.setdefault(identifier, client.clock())
        except ConnectionFailedError as error:
            unread[identifier] = str(error)
        except ApiError as error:
            if not error.passing:
                raise
            unread[identifier] = str(error)
        else:
            latest[identifier] = {**latest[identifier], **found}
            unknown_since.pop(identifier, None)
            unread.pop(identifier, None)

    polls = deadline.polls()
    lost: set[int | str] = set()
    with ThreadPoolExecutor(max_workers=POLLERS) as pool:
        while pending := [
            identifier
            for identifier, action in latest.items()
            if action["status"] == IN_PROGRESS and identifier not in lost
        ]:
            if not next(polls, False):
                break
            list(pool.map(poll, pending))
            now = client.clock()
            lost.update(i for i, since in unknown_since.items() if now - since >= UNKNOWN_FOR)
    return Ended([latest[action["id"]] for action in begun], frozenset(lost), unread)


def check_success(action: Action) -> Action:
    """The action if it ended well. Raises ActionFailedError with its message, id and process."""
    if action["status"] != SUCCESS:
        said = action.get("message") or "it gave no reason"
        raise ActionFailedError(
            f"{describe(action)} ended in {action['status']}: {str(said).rstrip('.')}.",
            itcare_actions=[action],
        )
    return action
