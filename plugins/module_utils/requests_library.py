# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one library that users must install, imported in one place: without it Ansible can still read documentation."""

from __future__ import annotations

import traceback

__all__ = ["REQUESTS_IMPORT_ERROR", "requests"]

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    import requests.adapters
    import requests.auth
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
    requests = None  # type: ignore[assignment]
