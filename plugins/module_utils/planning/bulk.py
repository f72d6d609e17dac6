# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. One desired state for many instances: plan all of them first, then do some at a time, and hide no outcome."""

from __future__ import annotations

import collections
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..api.actions import Action, Deadline
from ..api.client import CONNECTIONS, Client
from ..api.errors import ActionFailedError, InputError, ItcareError
from .apply import Applier
from .outcome import Outcome
from .plan import Plan, Resource
from .watch import Listed, contradicts, list_others

LATE = 60.0  # seconds after which a list doesn't tell the state any more that a write is to be based on
NAMED = 5  # how many instances a one-line message spells out; the result has all


@dataclass
class InstanceResult:
    """What came of one instance. `plan` is what was done, or where it failed what was to be done."""

    instance: Resource
    plan: Plan
    outcome: Outcome
    error: ItcareError | None = None

    @property
    def changed(self) -> bool:
        may_be_done = self.outcome.accepted and not isinstance(self.error, ActionFailedError)
        return self.outcome.changed or (self.error is not None and may_be_done)

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

    def __init__(self, results: list[InstanceResult], **values: t.Any) -> None:
        failed = [result for result in results if result.error]
        named = "; ".join(
            f"{result.instance.get('name')}: {str(result.error).rstrip('.')}"
            for result in failed[:NAMED]
        )
        more = f"; and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
        super().__init__(
            f"{len(failed)} of {len(results)} instances failed: {named}{more}.",
            changed=any(result.changed for result in results),
            **values,
        )


def check_concurrency(value: t.Any) -> int:
    if not 1 <= int(value) <= CONNECTIONS:
        raise InputError(f"concurrency is a number from 1 to {CONNECTIONS}, not {value}.")
    return int(value)


def plan_all(
    instances: t.Sequence[Resource],
    make_plan: t.Callable[[Resource | None], Plan],
    excused: t.Callable[[Resource], bool] = lambda instance: False,
) -> list[Plan]:
    """A plan each. Raises one InputError that names every instance for which there can't be one.

    An instance that is `excused` gets an empty one: something is in progress on it, after which there may be another.
    """
    plans, problems = [], []
    for instance in instances:
        try:
            plans.append(make_plan(instance))
        except InputError as error:
            if excused(instance):
                plans.append(Plan("", str(instance.get("name")), instance))
            else:
                problems.append(str(error).rstrip("."))
    if problems:
        raise InputError(f"{'; '.join(problems)}. Nothing was changed.")
    return plans


def apply_all(
    client: Client,
    instances: t.Sequence[Resource],
    make_plan: t.Callable[[Resource | None], Plan],
    read: t.Callable[[Resource], Resource | None],
    deadline: Deadline,
    *,
    concurrency: int,
    read_back: bool,
    listed: Listed | None = None,
    contradicted_by: frozenset[str] = frozenset(),
    foresee: t.Callable[[Resource | None, Action], Resource | None] = lambda current, _: current,
) -> list[InstanceResult]:
    """Plans all, then applies `concurrency` at a time. For the other arguments see Applier.

    `listed` are the actions in progress, asked for before the instances; None where their state doesn't depend on any.
    """
    read_at, listed_at = client.server_time, client.clock()
    among = _by_instance(listed, instances) if listed is not None else None

    def excused(instance: Resource) -> bool:
        known = None if among is None else among(instance)
        return known is not None and any(
            contradicts(action, contradicted_by) for action in known.in_progress
        )

    plans = plan_all(instances, make_plan, excused)
    if among is None and not client.read_only and sum(plan.changed for plan in plans) > 1:
        among = _by_instance(list_others(client, complete=False), instances)

    def one(instance: Resource, plan: Plan) -> InstanceResult:
        # Its turn may come minutes after the list, and others don't sleep.
        late = plan.changed and not client.read_only and client.clock() - listed_at > LATE
        applier = Applier(
            client,
            deadline,
            instance.get("name"),
            read=lambda: read(instance),
            make_plan=make_plan,
            listed=None if among is None or late else among(instance),
            contradicted_by=contradicted_by,
            foresee=foresee,
            read_back=read_back,
            read_at=read_at,
        )
        try:
            outcome = applier.apply(instance, late=late)
        except ItcareError as error:
            told = error.details
            done = Outcome(
                applier.current,
                plan,
                told.pop("operations", []),
                told.pop("itcare_actions", []),
                told.pop("warnings", []),
                told.pop("changed", False),
            )
            return InstanceResult(instance, plan, done, error)
        return InstanceResult(instance, outcome.done, outcome)

    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        return list(pool.map(one, instances, plans))


def _by_instance(
    listed: Listed, instances: t.Sequence[Resource]
) -> t.Callable[[Resource], Listed | None]:
    """The part of a list of actions that is an instance's; None where names can't tell, so that it is asked for alone."""
    if listed.complete:  # of one resource
        return lambda instance: listed
    by_name: dict[t.Any, list[Action]] = {}
    for action in listed.actions:
        by_name.setdefault(action.get("resource_name"), []).append(action)
    nameless = None in by_name
    names = collections.Counter(instance.get("name") for instance in instances)

    def among(instance: Resource) -> Listed | None:
        name = instance.get("name")
        if nameless or names[name] > 1:
            return None
        return Listed(by_name.get(name, []), listed.complete, listed.warning)

    return among


def actions_of(results: t.Iterable[InstanceResult]) -> list[Action]:
    return [action for result in results for action in result.outcome.itcare_actions]


def operations_of(results: t.Iterable[InstanceResult]) -> list[str]:
    """Each kind of operation once, in the order of its first use."""
    return list(dict.fromkeys(label for result in results for label in result.outcome.operations))


def diffs_of(results: t.Iterable[InstanceResult]) -> list[dict[str, t.Any]]:
    """One block per instance that changes."""
    return [result.plan.diff() for result in results if result.plan.changed]


def warnings_of(results: t.Iterable[InstanceResult]) -> list[str]:
    """Each warning once."""
    return list(dict.fromkeys(text for result in results for text in result.outcome.warnings))
