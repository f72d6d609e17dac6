# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor grouping, private to the collection. The way in: nothing outside this folder knows which way of grouping it gets."""

from __future__ import annotations

import typing as t

from .fast import FastGrouping
from .plain import PlainGrouping


def make_grouping(plugin: t.Any) -> PlainGrouping:
    """What applies the expressions of an inventory plugin's options: the fast one, unless the options or Ansible forbid it."""
    if plugin.get_option("grouping") == "fast":
        try:
            grouping = FastGrouping(plugin)
            grouping.check()
            return grouping
        except Exception as error:  # whatever a release of Ansible does that isn't known here
            plugin.display.v(
                "This release of Ansible isn't known well enough for the option grouping: fast. "
                f"grouping: plain is used instead, which is slower ({error!r})."
            )
    return PlainGrouping(plugin)
