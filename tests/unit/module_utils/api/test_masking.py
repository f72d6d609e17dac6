# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are taken out of a text in every form in which a server may repeat them."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.errors import ItcareError
from ansible_collections.cegedim.cloud.plugins.module_utils.api.masking import MASK, Mask, scrubbed
from support.secret_scan import forms

SECRETS = ["kQ7vXw2LpZ/+&<\"\u00e9'>= %tR9mYb4NcJ", "eyJhbGciOi.JIUzI1NiIs_x-", "s3cret"]


@pytest.mark.parametrize("secret", SECRETS)
def test_each_form(secret: str) -> None:
    for form, texts in forms(secret).items():
        if form not in ("beginning", "end", "JSON in JSON"):
            for text in texts:
                found = scrubbed(f"before {text.decode()} behind", [secret])
                assert found in (f"before {MASK} behind", f"before {MASK}== behind"), form


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("encode", [quote, quote_plus, html.escape, json.dumps])
def test_of_what_is_sent_form_encoded(secret: str, encode: object) -> None:
    assert callable(encode)
    assert MASK in scrubbed(str(encode(quote_plus(secret))), [secret])


def test_read_in_the_wrong_encoding() -> None:
    read = SECRETS[0].encode().decode("latin-1")
    assert scrubbed(f"<{read}>", [SECRETS[0]]) == f"<{MASK}>"


@pytest.mark.parametrize(
    "secret", ["-----BEGIN KEY\r\nkQ7vXw2L\r\n", "zero\u200bwidth", "hard\u00a0space"]
)
def test_as_an_error_shows_it(secret: str) -> None:
    """Without what a terminal obeys, such as the line ends of a key."""
    said = str(ItcareError(f"before {secret} behind"))
    assert secret not in said
    assert scrubbed(said, [secret]) == Mask([secret]).text(said) == f"before {MASK} behind"


@pytest.mark.parametrize("before", range(4))
def test_within_base64(before: int) -> None:
    encoded = base64.b64encode(b"x" * before + SECRETS[1].encode() + b"yy").decode()
    found = scrubbed(encoded, [SECRETS[1]])
    assert MASK in found
    assert len(found) < len(MASK) + 2 * before + 8


def test_several_secrets_of_which_one_is_in_another() -> None:
    assert scrubbed("abcdef abc", ["abc", "abcdef", None, ""]) == f"{MASK} {MASK}"


def test_what_no_text_can_hold() -> None:
    """An environment variable that isn't UTF-8."""
    assert scrubbed("a b\udcffc d", ["b\udcffc"]) == f"a {MASK} d"


def test_a_short_secret_is_not_looked_for_in_base64() -> None:
    assert scrubbed("QUJD", ["ABC"]) == "QUJD"
