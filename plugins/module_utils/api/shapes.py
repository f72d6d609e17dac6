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
    """As `read_party` reads it: the API may show the group as a number, or none."""

    excluded: bool
    exclusion_reason: str | None
    patch_group: str  # "none" for no preference


class Instance(t.TypedDict, total=False):
    id: int | str | None
    name: str | None
    status: str | None
    environment: str | None
    service_name: str | None
    cpu: int | None
    ram: int | None
    monitoring_enabled: bool | None
    monitoring_alerting: bool | None
    monitoring_on_call_enabled: bool | None
    backup_status: bool | None
    backup_policy_details: dict[str, t.Any] | None
    replication_status: bool | None
    patch_party: dict[str, t.Any] | None  # as the API shows it, for `read_party`
    snapshot: Snapshot | None  # once it is read by snapshot/state.py
    other_snapshots: list[Snapshot]  # added by this collection
