# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doing a plan: the one place that sends writes, and that takes care that nothing is done twice."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from . import actions
from .actions import Action, Deadline, Waiting
from .client import Client, pause
from .errors import (
    ActionTimeoutError,
    ApiError,
    ConflictError,
    ConnectionFailedError,
    ItcareError,
    NotFoundError,
    UnsureWriteError,
)
from .plan import Plan, Resource, Step

LOOKS = 5  # for what became of a write whose answer was lost, with pauses that grow to seconds
MOST_ATTEMPTS = 4  # how often one step is sent again after it surely or probably wasn't executed


@dataclass
class Outcome:
    """What applying a plan came to."""

    current: Resource | None
    operations: list[str] = field(default_factory=list)
    itcare_actions: list[Action] = field(default_factory=list)


class Applier:
    """Does the steps of one plan, never twice.

    `read` fetches the resource afresh; `replan` makes the plan for a resource that changed meanwhile.
    `busy` are the actions known to be in progress on it, when somebody has looked already; `read_back: False` spares the
    last read and answers the predicted resource.
    """

    def __init__(
        self,
        client: Client,
        waiting: Waiting,
        read: t.Callable[[], Resource | None],
        replan: t.Callable[[Resource | None], Plan],
        *,
        deadline: Deadline | None = None,
        busy: list[Action] | None = None,
        read_back: bool = True,
    ) -> None:
        self._client = client
        self._waiting = waiting
        self._deadline = deadline or Deadline(client, waiting)
        self._read = read
        self._replan = replan
        self._known_busy = busy
        self._known = {action["id"] for action in busy or ()}  # not begun by us
        self._sent_at: datetime.datetime | None = None
        self._conflicts = 0
        self._read_back = read_back
        self._outcome = Outcome(None)

    def carry_out(self, plan: Plan) -> Outcome:
        """Applies the plan; in check mode sends nothing, in a dry run sends it for validation only."""
        self._outcome = Outcome(plan.current, plan.operations)
        if not plan.steps:
            return self._outcome
        if self._client.dry_run:
            self._validate(plan)
            self._outcome.current = plan.predicted
        elif self._client.read_only:
            self._outcome.current = plan.predicted
        else:
            self._outcome.operations = []
            try:
                self._apply(plan)
            except ItcareError as error:
                error.details["operations"] = self._outcome.operations
                failed = error.details.get("itcare_actions", [])
                error.details["itcare_actions"] = [
                    *(
                        a
                        for a in self._outcome.itcare_actions
                        if a["id"] not in {f["id"] for f in failed}
                    ),
                    *failed,
                ]
                raise
        return self._outcome

    # -- for validation only ------------------------------------------------------------------------------------------

    def _validate(self, plan: Plan) -> None:
        for step in plan.steps:
            if step.waits_for_previous:
                continue  # refused as things stand now, although it would be right then
            try:
                self._send(step, plan)
            except ConflictError:
                if not self._busy(plan):
                    raise
                # an action in progress: for real, the task would have waited for it

    # -- for real -----------------------------------------------------------------------------------------------------

    def _apply(self, plan: Plan) -> None:
        plan, steps = self._settle(plan)
        while steps:
            step, rest = steps[0], steps[1:]
            if self._deadline.over:
                raise ActionTimeoutError(
                    f"'{step.label}' of {plan.kind} {plan.name} was not begun, as the {self._waiting.timeout:g} s of "
                    "wait_timeout were over. Run the same task again to go on."
                )
            action, settled = self._submit(plan, step)
            if settled is not None:
                # Something else was going on: what is left has been planned anew.
                plan, steps = settled, settled.steps
                continue
            if rest or self._waiting.wait:
                self._finish(plan, step, action)
                if rest and "{id}" in rest[0].path and plan.resource_id is None:
                    plan.current = self._await_state(plan, step)
            elif action is not None:
                self._outcome.itcare_actions.append(action)
            self._outcome.operations.append(step.label)
            steps = rest
        self._outcome.current = self._read() if self._read_back else plan.predicted

    def _settle(self, plan: Plan) -> tuple[Plan, list[Step]]:
        """Before the first write: waits for what is in progress already, and adopts it when it is what comes next.

        Only the first step can be in progress: had one behind it been begun, the plan wouldn't hold those before it.
        """
        listed = self._listed(plan) if self._known_busy is None else self._known_busy
        self._known.update(action["id"] for action in listed)
        busy = [action for action in listed if action["status"] == actions.IN_PROGRESS]
        if not busy:
            return plan, plan.steps
        step = plan.steps[0]
        same: Action | None = None
        for action in busy:
            ours = bool(step.process) and step.process == action.get("process")
            if ours and step.told_by_process and len(plan.steps) == 1 and not self._waiting.wait:
                self._adopt(step, action)
                return plan, []
            ended = actions.wait_for(self._client, action, self._deadline)
            if ours and ended["status"] == actions.SUCCESS:
                same = ended
        current = self._read()
        adopted = same is not None and (step.blind or step.is_reached(current))
        if same is not None and adopted:
            self._adopt(step, same)
        if plan.repeats:
            plan.current = current
            return plan, plan.steps[1:] if adopted else plan.steps
        plan = self._replan(current)
        return plan, plan.steps

    def _adopt(self, step: Step, action: Action) -> None:
        self._outcome.operations.append(step.label)
        self._outcome.itcare_actions.append(action)

    def _submit(self, plan: Plan, step: Step) -> tuple[Action | None, Plan | None]:
        """Sends one step; answers its action, or the plan made anew when there is nothing more to do as planned."""
        unsure = False
        for _attempt in range(MOST_ATTEMPTS):
            try:
                return self._send(step, plan), None
            except (ConnectionFailedError, ApiError) as error:
                failure: ConnectionFailedError | ApiError = error
            unsure = unsure or failure.arrived
            if unsure:
                executed, action = self._trace(plan, step)
                if executed:
                    return action, None
                if step.blind:
                    raise UnsureWriteError(
                        f"It isn't known whether '{step.label}' was executed on {plan.kind} {plan.name}. {failure} "
                        "Look at it before running this task again."
                    )
            if isinstance(failure, ConflictError):
                if not self._give_way(plan):
                    raise failure
                if not plan.repeats:
                    return None, self._replan(self._read())
            elif isinstance(failure, NotFoundError) and step.method == "DELETE":
                if step.is_reached(self._read()):
                    return None, None
                raise failure
            elif not failure.arrived:
                raise failure
        raise failure

    def _send(self, step: Step, plan: Plan) -> Action | None:
        path = step.path.replace("{id}", str(plan.resource_id))
        self._sent_at = self._client.server_time
        return actions.read_action(
            self._client.write(step.method, path, step.body, media_type=step.media_type).data
        )

    def _give_way(self, plan: Plan) -> bool:
        """After a conflict: waits for what is in progress. False when that can't be the reason."""
        self._conflicts += 1
        busy = self._busy(plan)
        self._known.update(action["id"] for action in busy)
        for action in busy:
            actions.wait_for(self._client, action, self._deadline)
        # One that is over by now may have been the reason, once.
        return self._conflicts < MOST_ATTEMPTS and (bool(busy) or self._conflicts == 1)

    def _trace(self, plan: Plan, step: Step) -> tuple[bool, Action | None]:
        """After a write whose answer was lost: was it executed, and what is its action?

        The server may still be at it, so this looks for a while before it says no.
        """
        for look in range(LOOKS):
            if look:
                self._client.sleep(pause(look))
            new = self._new(plan)
            for action in new:
                if self._may_be(action, step):
                    return True, action
            for action in new:  # somebody else's, or ours by a name that we don't know
                actions.wait_for(self._client, action, self._deadline)
            if not step.blind and step.is_reached(self._read()):
                return True, None
        return False, None

    def _new(self, plan: Plan) -> list[Action]:
        """The actions on the resource that began after the last write was sent.

        Where only those in progress were looked at before it, one that has ended is told from older ones by its date.
        """
        own = {action["id"] for action in self._outcome.itcare_actions}
        return [
            action
            for action in self._listed(plan)
            if action["id"] not in self._known | own
            and (
                self._known_busy is None
                or action["status"] == actions.IN_PROGRESS
                or actions.submitted_since(action, self._sent_at)
            )
        ]

    @staticmethod
    def _may_be(action: Action, step: Step) -> bool:
        return action.get("process") in (None, "", step.process)

    def _listed(self, plan: Plan) -> list[Action]:
        return actions.of_resource(self._client, plan.resource_id, plan.name)

    def _busy(self, plan: Plan) -> list[Action]:
        return actions.in_progress(self._client, plan.resource_id, plan.name)

    def _finish(self, plan: Plan, step: Step, action: Action | None) -> None:
        if action is None:  # 202 with an empty body, or done meanwhile
            action = next((a for a in self._new(plan) if self._may_be(a, step)), None)
        if action is None:
            if not step.blind:
                plan.current = self._await_state(plan, step)
            return
        ended = actions.wait_for(self._client, action, self._deadline)
        self._outcome.itcare_actions.append(actions.check_success(ended))

    def _await_state(self, plan: Plan, step: Step) -> Resource | None:
        """Reads the resource until it shows what the step did."""
        current = self._read()
        for _look in self._deadline.looks():
            if step.is_reached(current):
                break
            current = self._read()
        if step.is_reached(current):
            return current
        raise ActionTimeoutError(
            f"{plan.kind.capitalize()} {plan.name} doesn't show the effect of '{step.label}' "
            f"after {self._waiting.timeout:g} s (wait_timeout). Run the same task again to resume."
        )
