# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_patch_party."""

from __future__ import annotations

import typing as t

from ...api.actions import Deadline, Waiting
from ...api.case import to_snake
from ...api.client import Client
from ...api.notices import shortened
from ...planning import bulk
from ...planning.target import Goal
from ...result import Result
from ..selection.queries import read_by_id
from ..selection.selection import Selection, resolve
from .desired import DesiredPatchParty
from .planner import STAYS_EXCLUDED, plan_patch_party


def ensure(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_patch_party."""
    desired = DesiredPatchParty.from_options(options)
    deadline = Deadline(client, Waiting.from_options(options))
    concurrency = bulk.check_concurrency(options.get("concurrency", 1))
    selection = Selection.from_options(options)
    results = bulk.apply_all(
        client,
        deadline,
        Goal(lambda instance: plan_patch_party(instance, desired), read_back=False),
        to_snake(resolve(client, selection, options.get("max_targets"))),
        lambda instance: to_snake(read_by_id(client, instance["id"])),
        concurrency=concurrency,
    )
    rows = [result.report() for result in results]
    return bulk.result_of(results, _warnings(results), instances=rows)


def _warnings(results: list[bulk.InstanceResult]) -> list[str]:
    """One for all instances that stay excluded."""
    texts = bulk.warnings_of(results)
    kept = [result for result in results if STAYS_EXCLUDED in " ".join(result.outcome.warnings)]
    if len(kept) < 2:
        return texts
    names = shortened([result.plan.name for result in kept], most=bulk.NAMED)
    return [
        *(text for text in texts if STAYS_EXCLUDED not in text),
        f"{len(kept)} instances stay excluded from patch parties, so their group is left alone: {names}. "
        "Say excluded: false to include them again.",
    ]
