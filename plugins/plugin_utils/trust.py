# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strings from the API are data: Ansible must never execute one as a template (design, section 6).

ansible-core 2.19 and later execute only what is marked as trusted, but write every other string of an inventory as
`{"__ansible_unsafe": ...}`, which AWX then compares with plain text. So a string that can't be a template is marked as
trusted, which changes nothing but how it is written, and all others are left as they are: inert. Earlier releases
execute whatever looks like a template unless it is wrapped.
"""

from __future__ import annotations

import typing as t

from ansible import template as ansible_template
from ansible.utils.unsafe_proxy import wrap_var

# ansible-core 2.19 and later
TRUST_IS_GIVEN: bool = hasattr(ansible_template, "trust_as_template")

REMEMBERED = 50_000  # strings; an inventory repeats most of its strings from host to host


def can_be_template(text: str) -> bool:
    """Delimiters start with a brace unless the text changes them, which takes the header."""
    return "{" in text or text.startswith("#jinja2:")


def trust_harmless(value: t.Any) -> t.Any:
    """A scalar that Ansible computed itself: marked as trusted where that is the custom and it can't be a template."""
    if TRUST_IS_GIVEN and isinstance(value, str) and not can_be_template(value):
        return ansible_template.trust_as_template(value)
    return value


def _data_text(text: str) -> str:
    if not text.isascii():
        # JSON can hold half a surrogate pair, which nothing can print.
        text = text.encode("utf-8", "replace").decode("utf-8")
    if TRUST_IS_GIVEN:
        return trust_harmless(text)
    return wrap_var(text) if can_be_template(text) else text


class Data:
    """Marks parsed JSON as data, all the way down; containers are new ones, keys stay."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def __call__(self, value: t.Any) -> t.Any:
        kind = type(value)
        if kind is str:
            known = self._texts.get(value)
            if known is None:
                known = _data_text(value)
                if len(self._texts) < REMEMBERED:
                    self._texts[value] = known
            return known
        if kind is dict:
            return {key: self(item) for key, item in value.items()}
        if kind is list:
            return [self(item) for item in value]
        return value
