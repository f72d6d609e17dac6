# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor resources, private to the collection. The work of the module itcare_snapshot_info."""

from __future__ import annotations

import typing as t

from ...api.client import Client
from ...result import Result
from ..selection.selection import Selection, fetch
from .state import listed, report


def gather(client: Client, options: t.Mapping[str, t.Any]) -> Result:
    """The work of the module itcare_snapshot_info."""
    found = fetch(client, Selection.from_options(options))
    instances, warnings = listed(client, found, ask=True)
    results = [report(client, instance, instance) for instance in instances]
    return Result(False, {"snapshots": results}, warnings=warnings)
