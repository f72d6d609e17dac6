# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor api, private to the collection. Secrets in texts and data: found in whatever form, and masked."""

from __future__ import annotations

import base64
import html
import json
import re
import typing as t
from urllib.parse import quote, quote_plus

from .errors import printable

MASK = "********"
LONG = 6  # characters from which a secret can't be a part of other words by chance: it is looked for in keys of data and in base64, too
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def scrubbed(text: str, secrets: t.Iterable[str | None]) -> str:
    """`text` without any of the secrets."""
    known = {text for secret in secrets if secret for text in (secret, quote_plus(_bytes(secret)))}
    # The second of them is what a server is sent that takes id and secret as RFC 6749 says.
    found = {form for text in known for form in forms(text)}
    for form in sorted(found, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def forms(secret: str) -> t.Iterator[str]:
    """As it is, and as JSON, an address, a web page or base64 would show it; also read in the encoding that HTTP takes for given."""
    raw = _bytes(secret)
    for text in (secret, raw.decode("latin-1")):
        yield text
        yield printable(text)  # as errors and warnings show it
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
        yield repr(text)[1:-1]
        yield html.escape(text)
        yield html.escape(text).replace("&#x27;", "&#39;")
        yield html.escape(text, quote=False)
    for quoted in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        yield quoted
        yield re.sub("%..", lambda code: code[0].lower(), quoted)
    if len(secret) >= LONG:
        for before in range(3):
            yield from _in_base64(raw, before)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # the environment may hold any bytes


def _in_base64(secret: bytes, before: int) -> t.Iterator[str]:
    """The characters that it alone decides, with so many bytes before it, whatever they are."""
    first, end = -(-before * 8 // 6), (before + len(secret)) * 8 // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(b"-" * before + secret)[first:end].decode()


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
