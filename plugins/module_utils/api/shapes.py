# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. What results are made of, in snake case: the fields that are named somewhere in the code.

ITCare shows more of them, and any may be null or missing (docs/api.md#instances).
"""

from __future__ import annotations

import typing as t


class Action(t.TypedDict, total=False):
    id: int | str
    status: str
    process: str | None
    resource_name: str | None
    message: str | None
    submitted_at: str | None
    last_updated_at: str | None
    completed_at: str | None


class Snapshot(t.TypedDict, total=False):
    id: str | None  # None while it is being made
    description: str | None
    change_reference: str | None
    created_at: str | None
    expires_at: str | None
    recovered_at: str | None
    seconds_left: int | None  # added by this collection


class PatchParty(t.TypedDict, total=False):
    excluded: bool
    exclusion_reason: str | None
    patch_group: str
    patch_date: str | None


class Instance(t.TypedDict, total=False):
    id: int
    name: str
    status: str
    environment: str | None
    service_name: str | None
    cpu: int
    ram: int
    monitoring_enabled: bool
    monitoring_alerting: bool
    monitoring_on_call_enabled: bool
    backup_status: bool
    backup_policy_details: dict[str, t.Any] | None
    replication_status: bool
    patch_party: PatchParty | None
    snapshot: Snapshot | None
    other_snapshots: list[Snapshot]  # added by this collection
