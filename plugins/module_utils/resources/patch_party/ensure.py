# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_patch_party."""

from __future__ import annotations

import typing as t

from ...api.actions import Deadline, Waiting
from ...api.case import to_snake
from ...api.client import Client
from ...planning.bulk import (
    NAMED,
    InstanceResult,
    PartialFailureError,
    actions_of,
    apply_all,
    check_concurrency,
    diffs_of,
    operations_of,
    warnings_of,
)
from ...planning.plan import Resource
from ...result import Result
from ..selection.selection import Selection, read_by_id, resolve
from .desired import DesiredPatchParty
from .planner import STAYS_EXCLUDED, plan_patch_party


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_patch_party."""
    desired = DesiredPatchParty.from_options(options)
    deadline = Deadline(client, Waiting.from_options(options))
    concurrency = check_concurrency(options.get("concurrency", 1))
    selection = Selection.from_options(options)
    instances: list[Resource] = to_snake(resolve(client, selection, options.get("max_targets")))
    results = apply_all(
        client,
        instances,
        lambda instance: plan_patch_party(instance, desired),
        lambda instance: to_snake(read_by_id(client, instance["id"])),
        deadline,
        concurrency=concurrency,
        read_back=False,
    )
    values = {
        "instances": [result.report() for result in results],
        "operations": operations_of(results),
        "itcare_actions": actions_of(results),
    }
    warnings = _warnings(results)
    if any(result.error for result in results):
        raise PartialFailureError(results, warnings=warnings, **values)
    return Result(any(result.changed for result in results), values, diffs_of(results), warnings)


def _warnings(results: list[InstanceResult]) -> list[str]:
    """One for all instances that stay excluded."""
    texts = warnings_of(results)
    kept = [result for result in results if STAYS_EXCLUDED in " ".join(result.outcome.warnings)]
    if len(kept) < 2:
        return texts
    named = ", ".join(result.plan.name for result in kept[:NAMED])
    more = f" and {len(kept) - NAMED} more" if len(kept) > NAMED else ""
    return [
        *(text for text in texts if STAYS_EXCLUDED not in text),
        f"{len(kept)} instances stay excluded from patch parties, so their group is left alone: {named}{more}. "
        "Say excluded: false to include them again.",
    ]
