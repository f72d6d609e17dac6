# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be set while the simulator runs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0)]


class Settings(BaseModel):
    """The settings with their defaults; see ``control`` for what the less obvious ones do."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    action_delay: Seconds = 0.2
    effect_lag: Seconds = 0
    max_page_size: Annotated[int, Field(ge=1)] = 200
    latency: Seconds = 0
    dry_run: Literal["honour", "ignore"] = "honour"
    names_match: Literal["exact", "prefix", "ignorecase"] = "exact"
    tags_match: Literal["all", "any"] = "all"
    ignored_filters: list[str] = []
    default_sort: str = "id"
    no_snapshot: Literal["204", "empty", "list", "page", "null_fields"] = "204"
    snapshot_answer: Literal["object", "list", "page"] = "object"
    listed_snapshot: Literal["shown", "null", "missing"] = "shown"
    action_id_type: Literal["int", "str"] = "int"
    rest_lists: Literal["list", "page"] = "list"
    accepted_status: Literal[200, 201, 202] = 202
    accepted_body: Literal["action", "empty"] = "action"
    error_body: Literal["json", "empty"] = "json"
    date_style: Literal["utc", "offset"] = "utc"
    token_lifetime: Seconds = 1200
    refresh_lifetime: Seconds = 7200
    writes: Literal["allow", "forbid"] = "allow"
    quota: Annotated[int, Field(ge=0)] | None = None
    count_offset: int = 0
