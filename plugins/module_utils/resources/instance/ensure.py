# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_instance."""

from __future__ import annotations

import typing as t

from ...api.actions import Deadline, Waiting
from ...api.case import to_snake
from ...api.client import Client
from ...api.errors import InputError
from ...api.shapes import Instance
from ...planning.apply import Applier
from ...planning.others import EXISTENCE, list_others
from ...planning.plan import Plan
from ...planning.target import Goal, Target
from ...result import Result
from ..selection.queries import read_by_id
from ..selection.selection import near_names, read_by_name, refuse_other_spelling, unmade
from .desired import DesiredInstance
from .planner import contradicted_by, plan_instance, with_effect


def _plan(client: Client, current: Instance | None, desired: DesiredInstance) -> Plan:
    try:
        return plan_instance(current, desired)
    except InputError as error:
        if current is not None:
            raise
        near = near_names(client, desired.name) if desired.name is not None else []
        meant = f" Did you mean {', '.join(near)}?" if near else ""
        raise InputError(f"{str(error).rstrip('.')}{unmade(client)}.{meant}") from error


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_instance."""
    desired = DesiredInstance.from_options(options)
    client.hide(DesiredInstance.secrets(options))
    deadline = Deadline(client, Waiting.from_options(options))

    identifier = desired.id

    def read() -> Instance | None:
        """Once the instance of a name was seen it is that very one, whoever gets the name next."""
        nonlocal identifier
        found = None if identifier is None else read_by_id(client, identifier)
        anew = identifier is None or desired.state != "absent"
        if found is None and desired.id is None and anew:
            found = read_by_name(client, str(desired.name))
        if found is not None:
            identifier = found["id"]
        return None if found is None else to_snake(found)

    processes = contradicted_by(desired)
    # Actions first: what ends between the two is in the state already.
    listed = list_others(client, desired.id, desired.name, complete=True) if processes else None
    current = read()
    if current is None and desired.name is not None:
        refuse_other_spelling(client, desired.name)
        processes = processes or EXISTENCE  # it may be about to be there
    goal = Goal(
        lambda found: _plan(client, found, desired),
        processes,
        lambda found, action: with_effect(found, action, desired),
    )
    name = desired.name or (current or {}).get("name")
    outcome = Applier(Target(client, deadline, goal, name, read, listed=listed)).apply(current)
    values = {
        "instance": outcome.current,
        "operations": outcome.operations,
        "itcare_actions": outcome.itcare_actions,
    }
    return Result(outcome.changed, values, outcome.done.diff(), outcome.warnings)
