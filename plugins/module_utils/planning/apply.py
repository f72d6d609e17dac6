# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. Doing a plan: the one place that sends writes, and that takes care that nothing is done twice."""

from __future__ import annotations

import datetime
import functools
import typing as t

from ..api import actions
from ..api.errors import (
    ActionTimeoutError,
    ApiError,
    ConflictError,
    ConnectionFailedError,
    InputError,
    ItcareError,
)
from ..api.shapes import Action
from .effects import AcceptedStep, find_trace, finish, unsure
from .others import does_just, ended_well, is_of
from .outcome import Outcome
from .plan import AFTER_503, ALWAYS, NEVER, Plan, Resource, Step
from .predict import predict
from .target import EFFECT, Target

TRACE = 15.0  # seconds in which a write whose answer was lost leaves a trace
TRACE_CREATE = 120.0  # the same for a create whose answer was lost, as it is never sent again
MOST_ATTEMPTS = 4  # how often one step is sent again after it surely or probably wasn't executed
MOST_PLANS = 10  # how often others can make it necessary to plan anew
REFUSED = (400, 404, 409, 422)  # by the state of the resource, maybe


class Applier:
    """Does the steps of one plan, never twice. `outcome` tells what it came to, also when it fails."""

    def __init__(self, target: Target) -> None:
        self._target, self._goal = target, target.goal
        self._deadline, self._waiting = target.deadline, target.deadline.waiting
        self._plan = Plan("", str(target.name), None)
        self._steps: tuple[Step, ...] = ()  # those to be done yet
        self._maybe_executed: set[str] = set()  # labels of writes whose fate was open for a while
        self._plans = 0
        self.outcome = Outcome(self._plan.kind, self._plan.name)

    def apply(self, current: Resource | None, *, late: bool = False) -> Outcome:
        """Plans and applies; in check mode sends nothing, in a dry run sends it for validation only.

        `late`: it is so long ago that `current` was read that it is read again.

        Raises InputError when there can't be a plan, which only an action in progress excuses.
        """
        target = self._target
        target.current = current
        if (self._goal.contradicted_by or late) and (target.look() or late):
            target.current = target.read()
        self.outcome.current = target.current
        current = target.caught_up()
        in_the_way = target.contradicting()
        try:
            plan = self._goal.make_plan(current)
        except InputError:
            if not in_the_way:
                raise
            plan = None
        target.current = current
        if target.client.dry_run or target.client.read_only:
            self.outcome = predict(target, plan, in_the_way)
            return self.outcome
        self._follow(plan or self._plan)
        self.outcome = Outcome(self._plan.kind, self._plan.name, current, current)
        try:
            self._settle(planned=plan is not None)
            while self._steps:
                self._next_step()
            self.outcome.current = self._last_seen()
        except ItcareError as error:
            self.outcome.current = target.current
            self.outcome.warnings += target.warnings
            self.outcome.add_to(error)
            raise
        self.outcome.warnings += [*target.warnings, *self._plan.warnings]
        return self.outcome

    def _follow(self, plan: Plan) -> None:
        self._plan, self._steps = plan, plan.steps

    def _last_seen(self) -> Resource | None:
        """The resource at the end, read once more where that wasn't done after the last step."""
        steps = self.outcome.steps
        if steps and not self._goal.read_back:
            return self.outcome.done.predicted
        if steps and (steps[-1].blind or not self._waiting.wait):
            return self._target.read()
        return self._target.current

    # -- what others do -------------------------------------------------------------------------------------------------

    def _settle(self, planned: bool) -> None:
        """Before the first write: what others have in progress is waited for, and adopted when it is what comes next."""
        if not self._steps and not self._goal.contradicted_by:
            return
        outdated = self._target.look()
        busy = self._target.before.in_progress if self._steps else self._target.contradicting()
        if not busy:
            if outdated:
                self._plan_anew(self._target.read())
            return
        if not self._waiting.wait:
            if planned and not self._steps:
                self.outcome.warnings.append(
                    f"{', '.join(map(actions.describe, busy))} is in progress and isn't waited for (wait: false), so the end "
                    "may be another than is wished."
                )
                self.outcome.itcare_actions += busy
                return
            if not self._target.before.complete:  # told apart by name only
                busy = self._target.list_now().in_progress
            same = [a for a in busy if self._steps and does_just(a, self._steps[0])]
            if len(self._steps) == 1 and same:
                self.outcome.itcare_actions.append(same[0])
                self._steps = ()
                return
        self._after(self._target.wait_for(busy))

    def _after(self, ended: list[Action]) -> None:
        """Others' actions are over: what they did is adopted when it is just what comes next, then it is planned anew."""
        current = self._target.read_after(ended)
        rest = list(ended)
        adopted: list[tuple[Step, Action | None]] = []
        for step in self._steps:
            found = next((a for a in rest if is_of(a, step) and ended_well(a)), None)
            if found is not None and step.told_by_process:
                rest = rest[rest.index(found) + 1 :]
            elif step.blind or step.restores or not step.is_reached(current):
                break
            adopted.append((step, found))
        # The last one's effect must still be there: what was done and undone wasn't done.
        while adopted and not (adopted[-1][0].blind or adopted[-1][0].is_reached(current)):
            adopted.pop()
        for step, found in adopted:
            if found is not None:
                self.outcome.record(found)
            self._claim(step)
        if self._plan.repeats:
            # Power goes down and up again; what else is as desired by now needn't be done.
            self._steps = tuple(
                step
                for step in self._steps[len(adopted) :]
                if step.told_by_process or not step.is_reached(current)
            )
            self._target.current = current
        else:
            self._plan_anew(current)

    def _plan_anew(self, current: Resource | None) -> None:
        """Plans for the resource as it is now. What a lost write of ours did meanwhile is ours."""
        self._plans += 1
        if self._plans > MOST_PLANS:
            raise ItcareError(
                f"{self._plan.kind.capitalize()} {self._plan.name} is changed by others again and again: run again later."
            )
        for step in self._steps:
            if step.label in self._maybe_executed and step.is_reached(current):
                self._claim(step)
        self._follow(self._goal.make_plan(current))
        self._target.current = current
        self.outcome.kind = self._plan.kind

    def _claim(self, step: Step) -> None:
        """Of a step that is done: a write of ours for it went out, so it is ours."""
        if step.label in self._maybe_executed:
            self._maybe_executed.discard(step.label)
            self.outcome.steps.append(step)

    # -- one step ---------------------------------------------------------------------------------------------------------

    def _next_step(self) -> None:
        step = self._steps[0]
        if "{id}" in step.path and self._target.id is None:  # gone meanwhile
            self._plan_anew(None)
            return
        if self._deadline.over:
            raise ActionTimeoutError(
                f"'{step.label}' of {self._plan.title} was not begun, as the {self._waiting.timeout:g} s of "
                "wait_timeout were over. Run the same task again to go on."
            )
        accepted = self._submit(step)
        if accepted is None:
            return  # others were at work: what is left was planned anew
        self._steps = self._steps[1:]
        finish(accepted, self._target, self._plan, self._steps, self.outcome)
        read_back = self._waiting.wait and self._goal.read_back
        if accepted.traced and read_back and not self._plan.repeats:
            # It may have been somebody else's, with other values.
            self._plan_anew(self._target.current)
        if self._steps:
            if others := self._target.later():
                self._after(self._target.wait_for(others))
        elif self._plan.checked_at_end and self._waiting.wait and accepted.reached:
            self._plan_anew(self._target.current)

    def _submit(self, step: Step) -> AcceptedStep | None:
        """Sends one step until it is accepted; None when what others did has changed what is to be done."""
        attempts = refusals = 0
        lag = self._deadline.polls(EFFECT)
        lost = False
        while True:
            sent_at = self._target.client.server_time
            try:
                done = functools.partial(self._is_done, step, sent_at)
                return AcceptedStep(step, sent_at, self._target.send(step, done))
            except (ConnectionFailedError, ApiError) as error:
                failure = error
            status = getattr(failure, "status", None)
            if failure.after_503:
                self._maybe_executed.add(step.label)
                self.outcome.accepted = self.outcome.accepted or status != 503
            # Whatever came of later sendings, unless the state refused them.
            after_503 = status == 503 or (failure.after_503 and status not in REFUSED)
            if failure.arrived or after_503:
                lost = lost or failure.arrived
                self.outcome.accepted = self.outcome.accepted or lost
                creates = step.again == AFTER_503 and lost
                self._maybe_executed.add(step.label)
                seconds = TRACE_CREATE if creates else TRACE
                accepted = find_trace(self._target, step, sent_at, seconds)
                if accepted is not None:
                    return accepted
                attempts += 1
                never = step.again == NEVER or creates
                # Sent again it is only after a look for as long as that takes.
                if never or (self._deadline.over and (lost or step.again != ALWAYS)):
                    self.outcome.accepted = True  # or may be: nobody knows
                    raise unsure(self._plan, step, failure)
                if attempts >= MOST_ATTEMPTS or (after_503 and step.again == ALWAYS):
                    raise failure
            elif status in REFUSED:
                refusals += 1
                if self._reconsider(step, failure, refusals, lag):
                    return None
            else:
                raise failure

    def _is_done(self, step: Step, sent_at: datetime.datetime | None) -> bool:
        """One look, before a step is sent again after a 503. One that fails is repeated by whoever is told of the 503."""
        try:
            return find_trace(self._target, step, sent_at, 0) is not None
        except ItcareError:
            return True

    def _reconsider(
        self,
        step: Step,
        failure: ApiError | ConnectionFailedError,
        refusals: int,
        lag: t.Iterator[bool],
    ) -> bool:
        """After a refusal: did others change the resource? False when the step is worth sending again."""
        planned = _signature(self._steps)
        others = self._target.new()
        if others:
            self._after(self._target.wait_for(others))
        else:
            current = self._target.read()
            # What the step before it did may not be known everywhere yet, so what is read tells nothing either.
            if step.waits_for_previous and current is not None and next(lag, False):
                return False
            if not self._plan.repeats:
                self._plan_anew(current)
            elif not step.blind and step.is_reached(current):
                self._claim(step)
                self._steps = self._steps[1:]
            elif self._steps == self._plan.steps:  # nothing is done that would be done twice
                self._plan_anew(current)
        if _signature(self._steps) != planned:
            return True
        if (
            isinstance(failure, ConflictError)
            and refusals < MOST_ATTEMPTS
            and (others or refusals == 1)
        ):
            return False  # what was in the way is over by now
        raise failure


def _signature(steps: t.Sequence[Step]) -> list[object]:
    return [(step.label, step.method, step.path, step.body) for step in steps]
