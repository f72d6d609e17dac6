# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. How a client introduces itself, so that the provider can tell who asks (docs/api.md#headers)."""

from __future__ import annotations

VERSION = "0.1.0"  # galaxy.yml's, which no module can read where it runs


def user_agent(runs_in: str = "") -> str:
    """`runs_in`: the program that the client is part of, as `name/version`. Scripts have none."""
    ours = f"ansible-cegedim.cloud/{VERSION}"
    return f"{ours} ({runs_in})" if runs_in else ours
