# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Secrets in texts and data: found in whatever form, and masked."""

from __future__ import annotations

import html
import json
import re
import typing as t
from urllib.parse import quote

MASK = "********"
LONG = 6  # characters from which a secret can't be a part of other words by chance: it is looked for in keys of data, too
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def forms(secret: str) -> tuple[str, ...]:
    """A text as it is, and as JSON, an address or a web page would show it."""
    return (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe=""),
        html.escape(secret),
    )


class Mask:
    """Masks secrets, texts and numbers, wherever they appear. A number is no part of a longer one. Empty texts are none."""

    def __init__(self, secrets: t.Iterable[str | int | float]) -> None:
        texts = {str(secret) for secret in secrets if str(secret).strip()}
        self.secrets = sorted(texts, key=len, reverse=True)  # what holds another one comes first
        self._anywhere = _pattern(self.secrets)
        self._in_keys = _pattern([text for text in self.secrets if len(text) >= LONG])

    @property
    def words(self) -> list[str]:
        """Those of which nothing else is likely to be a part."""
        kept = (secret for secret in self.secrets if len(secret) >= LONG)
        return [secret for secret in kept if not _NUMBER.fullmatch(secret)]

    def text(self, text: str) -> str:
        return self._anywhere.sub(MASK, text) if self.secrets else text

    def value(self, value: t.Any) -> t.Any:
        """Data of any form, masked all the way down."""
        if not self.secrets:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return MASK if str(value) in self.secrets else value
        if isinstance(value, dict):
            return {self._key(key): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value

    def _key(self, key: t.Any) -> t.Any:
        return self._in_keys.sub(MASK, key) if isinstance(key, str) else key


def _pattern(secrets: t.Sequence[str]) -> re.Pattern[str]:
    found = []
    for secret in secrets:
        if _NUMBER.fullmatch(secret):
            found.append(rf"(?<![0-9]){re.escape(secret)}(?![0-9])")
        else:
            found += map(re.escape, sorted(set(forms(secret)), key=len, reverse=True))
    return re.compile("|".join(found) or r"(?!)")
