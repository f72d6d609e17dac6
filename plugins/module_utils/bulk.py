# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One wish for many instances: plan all of them first, then do some at a time, and hide no outcome."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from . import actions
from .actions import Action, Deadline, Waiting
from .apply import Applier, Outcome
from .client import CONNECTIONS, Client
from .errors import InputError, ItcareError
from .plan import Plan, Resource

NAMED = 5  # how many instances a one-line message spells out; the result has all


@dataclass
class Row:
    """What came of one instance."""

    instance: Resource
    plan: Plan
    outcome: Outcome
    error: ItcareError | None = None

    @property
    def changed(self) -> bool:
        return bool(self.outcome.operations) if self.error else self.plan.changed

    def report(self) -> dict[str, t.Any]:
        """The instance's line in a result."""
        done = self.outcome.itcare_actions
        return {
            "id": self.instance.get("id"),
            "name": self.instance.get("name"),
            "changed": self.changed,
            "before": self.plan.before,
            "after": self.plan.after,
            "action": done[-1] if done else None,
            "error": str(self.error) if self.error else None,
        }


class PartialFailureError(ItcareError):
    """Some instances failed; the details have every outcome."""

    def __init__(self, rows: list[Row], **values: t.Any) -> None:
        failed = [row for row in rows if row.error]
        named = "; ".join(
            f"{row.instance.get('name')}: {str(row.error).rstrip('.')}" for row in failed[:NAMED]
        )
        more = f"; and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
        super().__init__(f"{len(failed)} of {len(rows)} instances failed: {named}{more}.", **values)


def check_concurrency(value: t.Any) -> int:
    if not 1 <= int(value) <= CONNECTIONS:
        raise InputError(f"concurrency is a number from 1 to {CONNECTIONS}, not {value}.")
    return int(value)


def plan_all(
    instances: t.Sequence[Resource], make_plan: t.Callable[[Resource], Plan]
) -> list[Plan]:
    """A plan each. Raises one InputError that names every instance for which there can't be one."""
    plans, problems = [], []
    for instance in instances:
        try:
            plans.append(make_plan(instance))
        except InputError as error:
            problems.append(str(error).rstrip("."))
    if problems:
        raise InputError(f"{'; '.join(problems)}. Nothing was changed.")
    return plans


def carry_out_all(
    client: Client,
    instances: t.Sequence[Resource],
    make_plan: t.Callable[[Resource], Plan],
    read: t.Callable[[Resource], Resource],
    waiting: Waiting,
    *,
    concurrency: int,
    read_back: bool,
) -> list[Row]:
    """Plans all, then applies `concurrency` at a time. `read` fetches one instance afresh, `read_back` does so at its end."""
    plans = plan_all(instances, make_plan)
    busy = _busy_by_name(client, plans)
    deadline = Deadline(client, waiting)

    def one(instance: Resource, plan: Plan) -> Row:
        applier = Applier(
            client,
            waiting,
            read=lambda: read(instance),
            replan=lambda current: make_plan(current or instance),
            deadline=deadline,
            busy=None if busy is None else busy.get(plan.name, []),
            read_back=read_back,
        )
        try:
            return Row(instance, plan, applier.carry_out(plan))
        except ItcareError as error:
            done = Outcome(
                plan.current,
                error.details.pop("operations", []),
                error.details.pop("itcare_actions", []),
            )
            return Row(instance, plan, done, error)

    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        return list(pool.map(one, instances, plans))


def _busy_by_name(client: Client, plans: t.Sequence[Plan]) -> dict[str, list[Action]] | None:
    """The actions in progress, asked once for all; None where each asks for itself, or nothing is to be sent."""
    if client.read_only or sum(plan.changed for plan in plans) < 2:
        return None
    by_name: dict[str, list[Action]] = {}
    for action in actions.in_progress(client):
        by_name.setdefault(str(action.get("resource_name")), []).append(action)
    return by_name


def actions_of(rows: t.Iterable[Row]) -> list[Action]:
    return [action for row in rows for action in row.outcome.itcare_actions]


def operations_of(rows: t.Iterable[Row]) -> list[str]:
    """Each kind of operation once, in the order of its first use."""
    return list(dict.fromkeys(label for row in rows for label in row.outcome.operations))


def diffs_of(rows: t.Iterable[Row]) -> list[dict[str, t.Any]]:
    """One block per instance that changes."""
    return [row.plan.diff() for row in rows if row.plan.changed]
