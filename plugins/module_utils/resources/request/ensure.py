# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_request."""

from __future__ import annotations

import json
import typing as t

from ...api.actions import Deadline, Waiting
from ...api.case import harmless_key, to_snake
from ...api.client import Answer, Client
from ...api.errors import ActionTimeoutError, ApiError, ItcareError
from ...api.shapes import Action
from ...result import Result
from .address import encode
from .desired import DesiredCall
from .reads import read_condition, read_list
from .writing import Writing, until

NOT_IDEMPOTENT = "{title} has no unless, so this task isn't idempotent: each run sends it again. Let unless say when it is done already."


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_request."""
    desired = DesiredCall.from_options(options)
    deadline = Deadline(client, Waiting.from_options(options))
    client.hide(desired.secrets.mask.secrets)
    if desired.method == "GET":
        return _read(client, desired, deadline)
    if desired.unless is None:
        client.notices.warn(NOT_IDEMPOTENT.format(title=desired.title))
    return _write(client, desired, deadline)


def _read(client: Client, desired: DesiredCall, deadline: Deadline) -> Result:
    answer = Answer(0, None)
    try:
        if desired.unless is not None:
            answer = read_condition(client, desired.unless)
            if desired.unless.holds(answer.data):
                return Result(False, _values(desired, answer, []))
        if desired.paginate:
            answer = read_list(client, desired.path, desired.query)
        else:
            answer = client.read(desired.path, encode(desired.query))
        if desired.reached and deadline.waiting.wait and not client.read_only:
            if until(client, desired.reached, deadline) is None:
                raise ActionTimeoutError(
                    f"{desired.reached} doesn't hold after {deadline.waiting.timeout:g} s (wait_timeout)."
                )
    except ItcareError as error:
        raise _told(error, desired, answer, []) from None
    return Result(False, _values(desired, answer, []))


def _write(client: Client, desired: DesiredCall, deadline: Deadline) -> Result:
    writing = Writing(client, desired, deadline)
    try:
        changed = writing.run()
    except ItcareError as error:
        error.details["changed"] = writing.sent
        answer = writing.answer if writing.sent else Answer(0, None)
        raise _told(error, desired, answer, writing.itcare_actions) from None
    values = _values(desired, writing.answer, writing.itcare_actions)
    return Result(changed, values, _diff(desired) if changed else None)


def _values(desired: DesiredCall, answer: Answer, actions: t.Sequence[Action]) -> dict[str, t.Any]:
    response = desired.secrets.answer(answer.data)
    return {
        "response": _as_written(response) if desired.raw else to_snake(response),
        "status": answer.status or None,
        "itcare_actions": [desired.secrets.answer(action) for action in actions],
    }


def _as_written(value: t.Any) -> t.Any:
    """All keys as they are, but for those that could be templates (docs/ansible.md#texts)."""
    if isinstance(value, dict):
        return {
            harmless_key(key) if "{" in key or key.startswith("#") else key: _as_written(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_as_written(item) for item in value]
    return value


def _diff(desired: DesiredCall) -> dict[str, t.Any]:
    """Only the body is known. Ansible shows dictionaries and texts."""
    body, title = desired.secrets.body(desired.body), desired.secrets.mask.text(desired.title)
    if body is None:
        body = {}
    elif not isinstance(body, (dict, str)):
        body = json.dumps(body, indent=4) + "\n"
    return {
        "before": {} if isinstance(body, dict) else "",
        "after": body,
        "before_header": title,
        "after_header": title,
    }


def _told(
    error: ItcareError, desired: DesiredCall, answer: Answer, actions: t.Sequence[Action]
) -> ItcareError:
    """The error with what there is to show, and without the secrets of the body."""
    details = error.details
    of_the_api = str(details.get("path")).startswith("/")  # and not of the token's address
    if isinstance(error, ApiError) and not answer.status and of_the_api:
        answer = Answer(error.status, None)
    shown = details.pop("itcare_actions", actions)
    details["values"] = _values(desired, answer, actions or shown)
    error.args = (desired.secrets.mask.text(str(error)),)
    error.details = desired.secrets.mask.value(details)
    return error
