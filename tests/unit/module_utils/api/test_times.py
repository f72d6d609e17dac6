# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moments in answers: those that can be told are read, the others are none."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.cegedim.cloud.plugins.module_utils.api.times import parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2016-06-01T12:27:19.000+0200", "2016-06-01T10:27:19+00:00"),
        ("2016-06-01T12:27:19.123Z", "2016-06-01T12:27:19.123000+00:00"),
        ("2016-06-01T12:27:19+02:00", "2016-06-01T10:27:19+00:00"),
        (" 2016-06-01T12:27:19Z ", "2016-06-01T12:27:19+00:00"),
        ("2016-06-01", None),
        ("2016-06-01T12:27:19", None),
        ("soon", None),
        ("", None),
        (None, None),
        # other spellings of one moment
        ("2016-06-01T12:27:19.123456789+0200", "2016-06-01T10:27:19.123456+00:00"),
        ("2016-06-01T12:27:19.5Z", "2016-06-01T12:27:19.500000+00:00"),
        ("2016-06-01 12:27:19+0200", "2016-06-01T10:27:19+00:00"),
        ("2016-06-01T12:27:19,25+02", "2016-06-01T10:27:19.250000+00:00"),
        ("2016-06-01t12:27:19z", "2016-06-01T12:27:19+00:00"),
        (1464780439, "2016-06-01T11:27:19+00:00"),
        ("1464780439", "2016-06-01T11:27:19+00:00"),
        (1464780439500, "2016-06-01T11:27:19.500000+00:00"),
        # which moment, can't be told
        ("01/06/2016 12:27:19+0200", None),
        ("2016-06-01 12:27:19", None),
        ("2016-06-01T25:27:19Z", None),
        ("2016-06-01T12:27:19Z02", None),
        (20160601, None),
        (1464780439.5, None),
        (True, None),
        ({}, None),
    ],
)
def test_dates(text: Any, expected: str | None) -> None:
    found = parse_time(text)
    assert (found and found.astimezone(datetime.timezone.utc).isoformat()) == expected
