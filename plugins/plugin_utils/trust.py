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

REMEMBERED = 50_000  # texts


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


class _Texts(dict[str, t.Any]):
    """Texts as data, the first of them remembered: an inventory repeats most of its texts from host to host."""

    def __missing__(self, text: str) -> t.Any:
        data = _data_text(text)
        if len(self) < REMEMBERED:
            self[text] = data
        return data


class _Names(dict[str, str]):
    """Names of keys; a key is renamed once, not once per host."""

    def __init__(self, rename: t.Callable[[str], str]) -> None:
        super().__init__()
        self._rename = rename

    def __missing__(self, key: str) -> str:
        name = self[key] = self._rename(key)
        return name


class Data:
    """Parsed JSON, all the way down, as data and with its keys renamed. Containers are new ones.

    One pass for names, values and safety, and no call for a scalar: this is most of what an inventory costs. JSON's own
    classes only, as a parser makes them.
    """

    def __init__(
        self,
        rename: t.Callable[[str], str] = str,
        keep: t.Collection[str] = frozenset(),
        outermost: t.Callable[[str], str] = str,
    ) -> None:
        self._texts = _Texts()
        self._names = _Names(lambda key: harmless_key(rename(key)))
        self._outermost = _Names(lambda key: outermost(self._names[key]))
        self._kept = _Names(harmless_key)
        self._keep = keep  # fields whose value is a map of data: its keys aren't names

    def text(self, text: str) -> t.Any:
        return self._texts[text]

    def mapping(self, value: dict[str, t.Any]) -> dict[str, t.Any]:
        """An object that isn't in another one: its keys are renamed once more, by `outermost`."""
        return self._mapping(value, self._outermost, self._names)

    def __call__(self, value: t.Any) -> t.Any:
        return self._list([value], self._names)[0]

    def _mapping(self, value: dict[str, t.Any], names: _Names, within: _Names) -> dict[str, t.Any]:
        texts, keep = self._texts, self._keep
        result = {}
        for key, item in value.items():
            kind = item.__class__
            if kind is str:
                item = texts[item]
            elif kind is dict:
                below = self._kept if key in keep else within
                item = self._mapping(item, below, below)
            elif kind is list:
                item = self._list(item, self._kept if key in keep else within)
            result[names[key]] = item
        return result

    def _list(self, value: list[t.Any], names: _Names) -> list[t.Any]:
        texts = self._texts
        result = []
        for item in value:
            kind = item.__class__
            if kind is str:
                item = texts[item]
            elif kind is dict:
                item = self._mapping(item, names, names)
            elif kind is list:
                item = self._list(item, names)
            result.append(item)
        return result
