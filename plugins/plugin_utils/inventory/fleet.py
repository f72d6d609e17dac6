# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Floor inventory, private to the collection.
What an inventory source is made of: everything that the API has to say about it, fetched at once, and cached raw.
"""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
import zlib
from dataclasses import asdict, dataclass, replace

from ...module_utils.api import checks
from ...module_utils.api.answers import Item
from ...module_utils.api.client import Client
from ...module_utils.api.connection_options import ConnectionOptions
from ...module_utils.api.notices import shortened
from ...module_utils.resources.instance.parts import add_parts
from ...module_utils.resources.selection.selection import Selection, fetch, ids_with_tag
from .presence import Origin

CACHE_SCHEMA = 1  # raise it when what is cached changes its form


@dataclass(frozen=True)
class FleetQuery:
    """What is asked of the API; the same question has the same answer, so it is what the cache goes by."""

    selection: Selection
    tag_groups: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    narrowed_by: tuple[str, ...] = ()  # the selection as the user has written it, for messages

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> FleetQuery:
        tags = tuple(dict.fromkeys(checks.tags(options["tag_groups"], "tag_groups")))
        return cls(
            Selection.from_options(options),
            tags,
            tuple(dict.fromkeys(options["include"])),
            tuple(_narrowing(options)),
        )

    def cache_key(self, connection: ConnectionOptions) -> str:
        """Different for another API, account or question. Secrets go in as a hash only."""
        parts = [
            CACHE_SCHEMA,
            connection.api_url.rstrip("/"),
            connection.identity,
            asdict(replace(self, narrowed_by=())),
        ]
        text = json.dumps(parts, sort_keys=True)
        return "cegedim_cloud_itcare_" + hashlib.sha256(text.encode()).hexdigest()[:32]


def _narrowing(options: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    given = {option: options.get(option) for option in ("names", "exclude_names", "ids")}
    for name, value in (options.get("filters") or {}).items():
        given[f"filters.{name}"] = value
    for option, value in given.items():
        if value is not None:
            text = shortened(map(str, value)) if isinstance(value, (list, tuple)) else value
            yield f"{option}: {text}"


def origin(connection: ConnectionOptions) -> Origin:
    """Whose ids these are. A token is told by its hash."""
    api_url = connection.api_url.rstrip("/")
    who = connection.identity
    if who == [connection.access_token]:
        digest = hashlib.sha256(who[0].encode()).hexdigest()
        return Origin(api_url, f"the token {digest[:8]}")
    if len(who) == 2:
        token_url, client = who
        return Origin(api_url, f"the account {client}", token_url)
    issuer, client, subject = who
    return Origin(api_url, f"the account {client} ({subject} of {issuer})")


@dataclass(frozen=True)
class Fleet:
    """The answer: instances as the API shows them, and the ids of those that have a tag."""

    instances: list[Item]
    tagged: dict[str, frozenset[object]]

    def to_cache(self) -> dict[str, object]:
        """As one short string: cache plugins copy, escape and walk what they store, which is slow for a large tree."""
        tagged = {tag: sorted(ids, key=str) for tag, ids in self.tagged.items()}
        data = {"instances": self.instances, "tagged": tagged}
        packed = zlib.compress(json.dumps(data, separators=(",", ":")).encode(), level=1)
        return {"schema": CACHE_SCHEMA, "data": base64.b64encode(packed).decode()}

    @classmethod
    def from_cache(cls, stored: t.Any) -> Fleet:
        """Raises ValueError, KeyError, TypeError or zlib.error when it isn't what `to_cache` made."""
        if stored["schema"] != CACHE_SCHEMA:
            raise ValueError("another form")
        data = json.loads(zlib.decompress(base64.b64decode(stored["data"])))
        instances, tagged = data["instances"], data["tagged"]
        if not isinstance(instances, list) or not all(isinstance(item, dict) for item in instances):
            raise ValueError("no instances")
        return cls(instances, {tag: frozenset(ids) for tag, ids in tagged.items()})


def merged(fleets: t.Sequence[Fleet]) -> Fleet:
    """What several selections of an account have found: each instance once, and all that is known of it from one of them."""
    if len(fleets) == 1:
        return fleets[0]
    instances: list[Item] = []
    tagged: dict[str, set[object]] = {tag: set() for fleet in fleets for tag in fleet.tagged}
    seen: set[object] = set()
    for fleet in fleets:
        new = {_known_by(item): item for item in fleet.instances if _known_by(item) not in seen}
        instances += new.values()
        seen |= new.keys()
        for tag, having in fleet.tagged.items():
            tagged[tag] |= having & new.keys()
    return Fleet(instances, {tag: frozenset(having) for tag, having in tagged.items()})


def _known_by(instance: Item) -> object:
    """Its id, or all of it where it shows none."""
    identity = instance.get("id")
    return json.dumps(instance, sort_keys=True) if identity is None else identity


def fetch_fleet(client: Client, query: FleetQuery, *, page_size: int, workers: int) -> Fleet:
    """Everything, or an error."""
    selection = query.selection
    instances = fetch(client, selection, page_size=page_size, workers=workers)
    tagged = {}
    for tag in query.tag_groups:
        tagged[tag] = ids_with_tag(client, selection, tag, page_size=page_size, workers=workers)
    add_parts(client, instances, query.include, workers)
    return Fleet(instances, tagged)
