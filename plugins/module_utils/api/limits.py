# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lengths that the API sets (contract, section 5)."""

from __future__ import annotations

from .errors import InputError

CHANGE_REFERENCE_LENGTH = 10


def check_change_reference(text: str | None) -> str | None:
    """The reference, None when it is empty. Raises InputError when it is too long."""
    if text is not None and len(text) > CHANGE_REFERENCE_LENGTH:
        raise InputError(
            f"change_reference has at most {CHANGE_REFERENCE_LENGTH} characters; '{text}' has {len(text)}."
        )
    return text or None
