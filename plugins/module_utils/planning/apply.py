# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor planning, private to the collection. Doing a plan: the one place that sends writes, and that takes care that nothing is done twice."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ..api import actions
from ..api.actions import Action, Deadline
from ..api.client import Client
from ..api.errors import (
    ActionTimeoutError,
    ApiError,
    ConflictError,
    ConnectionFailedError,
    InputError,
    ItcareError,
    UnsureWriteError,
)
from .lost_write import Found, trace
from .outcome import Outcome
from .plan import AFTER_503, ALWAYS, NEVER, Plan, Resource, Step
from .watch import Listed, Watch, contradicts, does_just, ended_well, is_of, may_be_of, order

EFFECT = 30.0  # seconds in which the effect of an ended action shows, as lists may lag
TRACE = 15.0  # seconds in which a write whose answer was lost leaves a trace
TRACE_CREATE = 120.0  # the same for a create whose answer was lost, as it is never sent again
MOST_ATTEMPTS = 4  # how often one step is sent again after it surely or probably wasn't executed
MOST_PLANS = 10  # how often others can make it necessary to plan anew
REFUSED = (400, 404, 409, 422)  # by the state of the resource, maybe


class Applier:
    """Does the steps of one plan, never twice.

    `name` is the resource's, `read` fetches it afresh, `make_plan` plans for it. `listed` are the actions on it as they
    were before its state was read, None when nobody has asked. `contradicted_by` are the processes that can undo what is
    desired; `foresee` tells what becomes of a resource when an action ends. `read_back: False` spares the last read and
    answers the predicted resource. `read_at`: when the state was read, on the server's clock, if that wasn't just now.
    """

    def __init__(
        self,
        client: Client,
        deadline: Deadline,
        name: str | None,
        read: t.Callable[[], Resource | None],
        make_plan: t.Callable[[Resource | None], Plan],
        *,
        listed: Listed | None = None,
        contradicted_by: frozenset[str] = frozenset(),
        foresee: t.Callable[
            [Resource | None, Action], Resource | None
        ] = lambda current, _: current,
        read_back: bool = True,
        read_at: datetime.datetime | None = None,
    ) -> None:
        self._client = client
        self._deadline = deadline
        self._waiting = deadline.waiting
        self._read = read
        self._make_plan = make_plan
        self._contradicted_by = contradicted_by
        self._foresee = foresee
        self._read_back = read_back
        self._watch = Watch(client, deadline, name, listed, read_at)
        self._plan = Plan("", str(name), None)
        self._steps: list[Step] = []
        self._maybe_executed: set[str] = set()  # labels of writes whose fate was open for a while
        self._plans = 0
        self._shown = False  # the last step's effect was seen
        self._outcome = Outcome(None, self._plan)

    def apply(self, current: Resource | None, *, late: bool = False) -> Outcome:
        """Plans and applies; in check mode sends nothing, in a dry run sends it for validation only.

        `late`: it is so long ago that `current` was read that it is read again.

        Raises InputError when there can't be a plan, which only an action in progress excuses.
        """
        if (self._contradicted_by or late) and self._watch.before is None:
            _busy, fresh = self._watch.look((current or {}).get("id"))
            current = current if fresh and not late else self._read()
        self._plan.current = current
        current = self._caught_up(current)
        in_the_way = self._contradicting()
        try:
            plan = self._make_plan(current)
        except InputError:
            if not in_the_way:
                raise
            plan = None
        if self._client.dry_run or self._client.read_only:
            return self._predict(current, plan, in_the_way)
        self._plan = plan or Plan("", self._plan.name, current)
        self._steps = list(self._plan.steps)
        self._outcome = Outcome(current, Plan(self._plan.kind, self._plan.name, current))
        try:
            self._settle(planned=plan is not None)
            while self._steps:
                self._next_step()
                if not self._steps and self._plan.checked_at_end and self._shown:
                    self._plan_anew(self._plan.current)
            self._outcome.current = self._last_seen()
        except ItcareError as error:
            self._outcome.warnings += self._watch.warnings
            self._outcome.tell(error)
            raise
        self._outcome.warnings += [*self._watch.warnings, *self._plan.warnings]
        return self._outcome

    def _last_seen(self) -> Resource | None:
        """The resource at the end, read once more where that wasn't done after the last step."""
        done = self._outcome.done
        if not done.steps:
            return self._plan.current
        if not self._read_back:
            return done.predicted
        if done.steps[-1].blind or not self._waiting.wait:
            return self._read()
        return self._plan.current

    @property
    def current(self) -> Resource | None:
        """The resource as it was seen last."""
        return self._plan.current

    def _contradicting(self) -> list[Action]:
        before = self._watch.before
        found = before.in_progress if before else []
        return sorted((a for a in found if contradicts(a, self._contradicted_by)), key=order)

    def _caught_up(self, current: Resource | None) -> Resource | None:
        """The resource with the effect of the last action that has just ended and could contradict: reads may lag."""
        before, now = self._watch.before, self._client.server_time
        if before is None or not before.complete or now is None or before.in_progress:
            return current
        since = now - datetime.timedelta(seconds=EFFECT)
        ended = [
            action
            for action in before.actions
            if ended_well(action)
            and action.get("process") in self._contradicted_by
            and actions.touched_since(action, since)
        ]
        last = max(ended, key=order, default=None)
        if last is None or self._foresee(current, last) == current:
            return current
        if self._client.read_only:
            return self._foresee(current, last)
        return self._read_after([last])

    # -- check mode -----------------------------------------------------------------------------------------------------

    def _predict(
        self, current: Resource | None, plan: Plan | None, in_the_way: list[Action]
    ) -> Outcome:
        """What would be: nothing is waited for, so what is in progress is taken to end well."""
        warnings = list(self._watch.warnings)
        rest = list(plan.steps) if plan is not None else []
        for action in in_the_way:
            if rest and does_just(action, rest[0]):
                rest.pop(0)  # would be adopted
            current = self._foresee(current, action)
            warnings.append(
                f"{actions.describe(action)} is in progress: what is predicted takes it to end well."
            )
        if plan is not None and plan.repeats and current is not None:
            plan = dataclasses.replace(plan, current=current, steps=rest)
        elif plan is None or in_the_way:
            plan = self._make_plan(current)
        if self._client.dry_run and not in_the_way:  # else it would be refused as things stand now
            self._validate(plan)
        return Outcome(plan.predicted, plan, plan.operations, warnings=[*warnings, *plan.warnings])

    def _validate(self, plan: Plan) -> None:
        for step in plan.steps:
            if step.waits_for_previous:
                continue  # refused as things stand now, although it would be right then
            try:
                self._send(step, plan)
            except ConflictError:
                if not actions.in_progress(self._client, plan.resource_id, plan.name):
                    raise
                # an action in progress: for real, the task would have waited for it

    # -- what others do -------------------------------------------------------------------------------------------------

    def _settle(self, planned: bool) -> None:
        """Before the first write: what others have in progress is waited for, and adopted when it is what comes next."""
        if not self._steps and not self._contradicted_by:
            return
        busy, fresh = self._watch.look(self._plan.resource_id)
        if not self._steps:
            busy = self._contradicting()
        if not busy:
            if not fresh:
                self._plan_anew(self._read())
            return
        if not self._waiting.wait:
            if planned and not self._steps:
                self._outcome.warnings.append(
                    f"{', '.join(map(actions.describe, busy))} is in progress and isn't waited for (wait: false), so the end "
                    "may be another than is wished."
                )
                self._outcome.itcare_actions += busy
                return
            if not self._watch.complete:  # told apart by name only
                busy = self._watch.busy(self._plan.resource_id)
            same = [a for a in busy if self._steps and does_just(a, self._steps[0])]
            if len(self._steps) == 1 and same:
                self._outcome.itcare_actions.append(same[0])
                self._steps = []
                return
        self._after(self._watch.wait(self._plan.resource_id, busy))

    def _after(self, ended: list[Action]) -> None:
        """Others' actions are over: what they did is adopted when it is just what comes next, then it is planned anew."""
        current = self._read_after(ended)
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
                self._outcome.record(found)
            self._claim(step)
        if self._plan.repeats:
            rest_of_plan = self._steps[len(adopted) :]
            # Power goes down and up again; what else is as desired by now needn't be done.
            self._steps = [
                s for s in rest_of_plan if s.told_by_process or not s.is_reached(current)
            ]
            self._plan.current = current
        else:
            self._plan_anew(current)

    def _read_after(self, ended: list[Action]) -> Resource | None:
        """The resource once it shows what the last of these actions did, as far as its process tells."""
        before = self._plan.current
        current = self._read()
        if ended and ended_well(ended[-1]) and self._foresee(before, ended[-1]) != before:
            polls = self._deadline.polls(EFFECT)
            while self._foresee(current, ended[-1]) != current and next(polls, False):
                current = self._read()
        return current

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
        self._plan = self._make_plan(current)
        self._steps = list(self._plan.steps)
        self._outcome.done.kind = self._plan.kind

    def _claim(self, step: Step) -> None:
        """Of a step that is done: a write of ours for it went out, so it is ours."""
        if step.label in self._maybe_executed:
            self._maybe_executed.discard(step.label)
            self._outcome.count(step)

    # -- one step ---------------------------------------------------------------------------------------------------------

    def _next_step(self) -> None:
        step = self._steps[0]
        if "{id}" in step.path and self._plan.resource_id is None:  # gone meanwhile
            self._plan_anew(None)
            return
        if self._deadline.over:
            raise ActionTimeoutError(
                f"'{step.label}' of {self._plan.kind} {self._plan.name} was not begun, as the {self._waiting.timeout:g} s of "
                "wait_timeout were over. Run the same task again to go on."
            )
        found = self._submit(step)
        if found is None:
            return  # others were at work: what is left was planned anew
        self._steps.pop(0)
        self._finish(step, found)
        if found.traced and not self._plan.repeats and self._waiting.wait and self._read_back:
            # It may have been somebody else's, with other values.
            self._plan_anew(self._plan.current)
        if self._steps:
            others = self._watch.later(self._plan.resource_id)
            if others:
                self._after(self._watch.wait(self._plan.resource_id, others))

    def _submit(self, step: Step) -> Found | None:
        """Sends one step until it is accepted; None when what others did has changed what is to be done."""
        attempts = refusals = 0
        lag = self._deadline.polls(EFFECT)
        lost = False
        while True:
            sent_at = self._client.server_time
            try:
                return Found(self._send(step, self._plan), sent_at)
            except (ConnectionFailedError, ApiError) as error:
                failure = error
            after_503 = getattr(failure, "status", None) == 503
            if failure.after_503:
                self._maybe_executed.add(step.label)
                self._outcome.accepted = self._outcome.accepted or not after_503
            if failure.arrived or after_503:
                lost = lost or failure.arrived
                self._outcome.accepted = self._outcome.accepted or lost
                creates = step.again == AFTER_503 and lost
                found = self._trace(step, sent_at, TRACE_CREATE if creates else TRACE)
                if found is not None:
                    return found
                attempts += 1
                never = step.again == NEVER or creates
                # Sent again it is only after a look for as long as that takes.
                if never or (self._deadline.over and (lost or step.again != ALWAYS)):
                    raise self._unsure(step, f"{failure} ")
                if attempts >= MOST_ATTEMPTS or (after_503 and step.again == ALWAYS):
                    raise failure
            elif getattr(failure, "status", None) in REFUSED:
                refusals += 1
                if self._reconsider(step, failure, refusals, lag):
                    return None
            else:
                raise failure

    def _send(self, step: Step, plan: Plan) -> Action | None:
        path = step.path.replace("{id}", str(plan.resource_id))
        answer = self._client.write(
            step.method, path, step.body, media_type=step.media_type, once=step.again != ALWAYS
        )
        return actions.begun_action(answer)

    def _reconsider(
        self,
        step: Step,
        failure: ApiError | ConnectionFailedError,
        refusals: int,
        lag: t.Iterator[bool],
    ) -> bool:
        """After a refusal: did others change the resource? False when the step is worth sending again."""
        planned = _signature(self._steps)
        others = self._watch.new(self._plan.resource_id)
        if others:
            self._after(self._watch.wait(self._plan.resource_id, others))
        else:
            current = self._read()
            # What the step before it did may not be known everywhere yet, so what is read tells nothing either.
            if step.waits_for_previous and current is not None and next(lag, False):
                return False
            if not self._plan.repeats:
                self._plan_anew(current)
            elif not step.blind and step.is_reached(current):
                self._claim(step)
                self._steps.pop(0)
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

    def _trace(self, step: Step, sent_at: datetime.datetime | None, seconds: float) -> Found | None:
        self._maybe_executed.add(step.label)
        return trace(
            self._client,
            self._deadline,
            self._watch,
            self._plan,
            step,
            self._read,
            sent_at,
            seconds,
        )

    def _unsure(self, step: Step, why: str) -> UnsureWriteError:
        return UnsureWriteError(
            f"It isn't known whether '{step.label}' was executed on {self._plan.kind} {self._plan.name}. {why}"
            "Look at it before running this task again."
        )

    def _finish(self, step: Step, found: Found) -> None:
        """Waits for the end of an accepted step, and for its effect."""
        self._outcome.accepted, self._shown = True, False
        action, waits, lost = found.action, bool(self._steps) or self._waiting.wait, False
        told = action is not None  # by the answer, or surely ours
        if action is None and not found.reached:  # 202 with an empty body
            action = self._begun(step, found.sent_at, waits)
        if action is not None:
            self._watch.own.add(action["id"])
            self._outcome.record(
                action
            )  # now: what has been begun is told, whatever comes of the wait
        if not waits:
            self._outcome.count(step)
            return
        if action is not None:
            action, lost = actions.wait_for(self._client, action, self._deadline)
            self._outcome.record(action)
            if not lost:
                actions.check_success(action)
        self._shown = found.reached
        if found.reached:
            self._plan.current = found.current
        elif step.blind:
            if lost:
                raise self._unsure(step, f"{_gone(action)} ")
        elif self._steps or self._read_back or lost or not told:
            self._await_effect(step, action, told=told, lost=lost)
            return
        self._outcome.count(step)

    def _begun(self, step: Step, sent_at: datetime.datetime | None, waits: bool) -> Action | None:
        """The action of a step whose answer named none: the last that began since, one in progress first."""
        new = [a for a in self._watch.new(self._plan.resource_id, sent_at) if may_be_of(a, step)]
        in_progress = [action for action in new if action["status"] == actions.IN_PROGRESS]
        return max(in_progress or (new if waits else []), key=order, default=None)

    def _await_effect(self, step: Step, action: Action | None, *, told: bool, lost: bool) -> None:
        """Reads the resource until it shows what the step did. `told`: the action is the step's own for sure."""
        who = f"{self._plan.kind.capitalize()} {self._plan.name}"
        was_there = self._plan.current is not None
        current = self._read()
        polls = self._deadline.polls(EFFECT) if told else self._deadline.polls()
        while not step.is_reached(current) and not (was_there and current is None):
            if not next(polls, False):
                break
            current = self._read()
        self._plan.current = current
        self._shown = step.is_reached(current)
        missing = f"{who} doesn't show the effect of '{step.label}'"
        if lost and not self._shown:
            raise self._unsure(step, f"{_gone(action)} ")
        if told or self._shown:
            self._outcome.count(step)
        if self._shown:
            if lost:
                self._outcome.warnings.append(
                    f"{_gone(action)} {who} shows the effect of '{step.label}'."
                )
        elif was_there and current is None and self._steps:
            pass  # gone meanwhile: it is planned anew
        elif not told and was_there and current is None:
            raise ItcareError(
                f"{who} is gone: it was there before '{step.label}'. Look at what others did with it."
            )
        elif action is None or not told:
            raise ActionTimeoutError(
                f"{missing} after {self._waiting.timeout:g} s (wait_timeout). Run the same task again to resume."
            )
        elif self._steps and self._steps[0].waits_for_previous:
            raise ActionTimeoutError(
                f"{actions.describe(action)} ended well, but {missing} yet, so '{self._steps[0].label}' was not begun. Run the "
                "same task again to go on."
            )
        else:
            self._outcome.warnings.append(
                f"{actions.describe(action)} ended well, but {missing} yet."
            )


def _gone(action: Action | None) -> str:
    return f"{actions.describe(action or {})} was accepted, but its record is gone."


def _signature(steps: t.Sequence[Step]) -> list[t.Any]:
    return [(step.label, step.method, step.path, step.body) for step in steps]
