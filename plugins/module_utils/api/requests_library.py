# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. The one library that users must install, imported in one place: without it Ansible can still read documentation."""

from __future__ import annotations

import contextlib
import traceback
import typing as t
import warnings

__all__ = ["REQUESTS_IMPORT_ERROR", "requests", "urllib3", "without_warnings"]

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    import requests.adapters
    import requests.auth
    import urllib3.exceptions
    from urllib3.exceptions import InsecureRequestWarning
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
    requests = urllib3 = None  # type: ignore[assignment]


@contextlib.contextmanager
def without_warnings() -> t.Iterator[None]:
    """For as long as this lasts, certificates that aren't checked are told of by us, once, and not at each request."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureRequestWarning)
        yield
