# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor trust, private to the collection. Strings from the API are data: Ansible must never execute one as a template (docs/ansible.md#texts).

ansible-core 2.19 and later execute only what is marked as trusted, but write every other string of an inventory as
`{"__ansible_unsafe": ...}`, which AWX then compares with plain text. So a string that can't be a template is marked as
trusted, which changes nothing but how it is written, and all others are left as they are: inert. Nothing that an
expression makes of a string is trusted.

Earlier releases execute whatever looks like a template unless it is wrapped, and forget that it was when an expression
reads nothing else. So every string is wrapped of which an expression could make a template by taking something away,
and what `compose` makes is wrapped again. A key's wrapping doesn't count for them: keys can't be templates at all
(`naming.harmless_key`).
"""

from __future__ import annotations

import typing as t

from ansible import template as ansible_template
from ansible.utils.unsafe_proxy import wrap_var
from jinja2 import Environment, TemplateError, nodes

from ..module_utils.api.case import harmless_key

# ansible-core 2.19 and later
TRUST_IS_GIVEN: bool = hasattr(ansible_template, "trust_as_template")

REMEMBERED = 50_000  # strings; an inventory repeats most of its strings from host to host


def can_be_template(text: str) -> bool:
    """Delimiters start with a brace unless the text changes them, which takes the header."""
    return "{" in text or text.startswith("#jinja2:")


def may_become_template(text: str) -> bool:
    """Whether it is one, or what is left of it may be when an expression has stripped, split or replaced something."""
    return "{" in text or ("#jinja2:" if TRUST_IS_GIVEN else "#") in text


def is_constant(expression: t.Any) -> bool:
    """Whether an expression names no variable at all: its text is what the user wrote."""
    try:
        return Environment().parse(f"{{{{{expression}}}}}").find(nodes.Name) is None
    except (TemplateError, RecursionError, ValueError):
        return False


def trust_harmless(value: t.Any) -> t.Any:
    """A scalar that Ansible computed itself: marked as trusted where that is the custom and it can't be a template."""
    if TRUST_IS_GIVEN and isinstance(value, str) and not may_become_template(value):
        return ansible_template.trust_as_template(value)
    return value


def as_data(value: t.Any) -> t.Any:
    """What Ansible computed of data, all the way down, as data again: decoding brings up braces that nobody saw."""
    if TRUST_IS_GIVEN:
        return trust_harmless(value)
    if isinstance(value, str):
        return wrap_var(value) if may_become_template(value) else value
    if isinstance(value, dict):
        return {_harmless_key(key): as_data(item) for key, item in value.items()}
    for kind in (list, tuple, set):
        if isinstance(value, kind):
            return kind(map(as_data, value))
    return value


def _harmless_key(key: t.Any) -> t.Any:
    return harmless_key(key) if isinstance(key, str) else key


def _data_text(text: str) -> str:
    if not text.isascii():
        # JSON can hold half a surrogate pair, which nothing can print.
        text = text.encode("utf-8", "replace").decode("utf-8")
    if TRUST_IS_GIVEN:
        return trust_harmless(text)
    return wrap_var(text) if may_become_template(text) else text


class _Renamed(dict[str, str]):
    """Names of keys; a key is renamed once, not once per host."""

    def __init__(self, rename: t.Callable[[str], str]) -> None:
        super().__init__()
        self._rename = rename

    def __missing__(self, key: str) -> str:
        name = self[key] = self._rename(key)
        return name


class Data:
    """Parsed JSON, all the way down, as data and with its keys renamed. Containers are new ones.

    One pass, and no call for a scalar: this is most of what an inventory costs.
    """

    def __init__(
        self, rename: t.Callable[[str], str] = str, keep: t.Collection[str] = frozenset()
    ) -> None:
        self._texts: dict[str, str] = {}
        self._names = _Renamed(lambda key: harmless_key(rename(key)))
        self._kept = _Renamed(harmless_key)
        self._keep = keep  # fields whose value is a map of data: its keys aren't names

    def text(self, text: str) -> str:
        known = self._texts.get(text)
        if known is None:
            known = _data_text(text)
            if len(self._texts) < REMEMBERED:
                self._texts[text] = known
        return known

    def mapping(self, value: dict[str, t.Any], rename: bool = True) -> dict[str, t.Any]:
        known, names = self._texts.get, self._names if rename else self._kept
        result = {}
        for key, item in value.items():
            kind = type(item)
            if kind is str:
                item = known(item) or self.text(item)
            elif kind is dict or kind is list:
                item = self(item, rename and key not in self._keep)
            result[names[key]] = item
        return result

    def __call__(self, value: t.Any, rename: bool = True) -> t.Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.mapping(value, rename)
        if isinstance(value, list):
            return [self(item, rename) for item in value]
        return value
