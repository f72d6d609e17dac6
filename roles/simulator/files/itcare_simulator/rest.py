# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls beside those of instances, as far as they are known (docs/api.md#rest)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from . import resource_writes as writes
from .api import Identity, answer, as_json, need, settings_of, store_of, submit
from .clock import DAY, moment, stamp
from .context import client_of, entry_of
from .fields import Fields
from .instance import Instance
from .listing import page_fields, page_of, selected
from .models import ListQuery, Strings
from .problems import Problem, invalid
from .resource import FAMILIES, HEAD, KUBERNETES, Family, Resource
from .store import Store

YEARS = 2  # of patch parties that are planned


class OperationBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    operation: str
    options: dict[str, Any] | None = None


class ChangesQuery(BaseModel):
    """The query of changes; parameters that aren't known are ignored."""

    maintenanceTypes: Strings = None
    environments: Strings = None
    start: str | None = None
    end: str | None = None


# Not in the simulator's description, which is that of the reference.
router = APIRouter(prefix="/itcare", include_in_schema=False)
ListQueryParameters = Annotated[ListQuery, Query()]


def _in_progress(store: Store, identity: int, id_type: str) -> list[Fields]:
    running = store.running.get(identity)
    return [running.document(submission=True, id_type=id_type)] if running else []


def _shown(request: Request, resource: Resource) -> Fields:
    """All of a resource, with what happens to it now."""
    store, id_type = store_of(request), settings_of(request).action_id_type
    return {
        "actionsInProgress": _in_progress(store, resource.id, id_type),
        "availableActions": writes.available_actions(store, resource),
        **resource.document(),
    }


def _page(request: Request, things: Iterable[Any], query: ListQuery, shown: Any) -> Response:
    """A page of things in the order of their ids, unless asked otherwise."""
    settings = settings_of(request)
    asked = query.model_copy(update=dict.fromkeys(settings.ignored_filters))
    ordered = sorted(things, key=lambda thing: thing.id)
    found = selected(store_of(request), ordered, asked)
    number, body = page_of(settings, found, asked, lambda thing: as_json(shown(thing)))
    entry_of(request)["page"] = number
    return answer(request, body)


def _list(request: Request, documents: list[Fields]) -> Response:
    """An array, or a page that holds all: which of them isn't known."""
    if settings_of(request).rest_lists == "list":
        return answer(request, as_json(documents))
    count = len(documents)
    rest = page_fields(0, max(20, count), count, count, [])
    return answer(request, as_json({"content": documents, **rest}))


# --- resources and changes -----------------------------------------------------------------------


@router.get("/compute/resources")
async def list_resources(request: Request, query: ListQueryParameters) -> Response:
    """No filter of it is known."""
    store = store_of(request)
    things = itertools.chain(store.instances.values(), store.resources.values())
    asked = ListQuery(page=query.page, size=query.size, sort=query.sort)
    return _page(request, things, asked, _head)


def _head(thing: Instance | Resource) -> Fields:
    document = thing.document()
    return {name: document.get(name) for name in HEAD}


@router.get("/compute/resources/{id}/history")
async def get_history(request: Request, identity: Identity) -> Response:
    store, id_type = store_of(request), settings_of(request).action_id_type
    if identity not in store.instances and identity not in store.resources:
        raise Problem(404, f"No resource with id {identity}", field="id", code="NOT_FOUND")
    actions = store.actions_of(identity)
    return _list(request, [a.document(submission=False, id_type=id_type) for a in actions])


@router.get("/changes")
async def list_changes(request: Request, query: Annotated[ChangesQuery, Query()]) -> Response:
    """Patch parties are the only changes that the simulator knows."""
    start, end = _moment("start", query.start, 0), _moment("end", query.end, float("inf"))
    parties = sorted(_parties(store_of(request)), key=lambda party: str(party["start"]))
    return _list(
        request,
        [
            party
            for party in parties
            if start <= moment(party["start"]) <= end
            and party["maintenanceType"] in (query.maintenanceTypes or [party["maintenanceType"]])
            and party["environment"] in (query.environments or [party["environment"]])
        ],
    )


def _moment(field: str, text: str | None, default: float) -> float:
    try:
        return default if text is None else moment(text)
    except ValueError as error:
        raise invalid(field, str(error)) from error


def _parties(store: Store) -> list[Fields]:
    """The fields are made up: none is known."""
    found = []
    for production in (False, True):
        parties = store.catalogue.next_parties(production)
        for identity, tag, at in itertools.islice(parties, 4 * YEARS):
            label = f"Patch party {tag} {'production' if production else 'non-production'}"
            party = {"id": identity, "name": label, "maintenanceType": "PATCH_PARTY"}
            party["environment"] = "PROD" if production else "NONPROD"
            found.append({**party, "start": stamp(at), "end": stamp(at + DAY / 4)})
    return found


# --- the same calls for each family --------------------------------------------------------------


def _write(method: str, path: str, profile: str) -> Callable[[Any], Any]:
    return router.api_route(path, methods=[method], dependencies=[need(profile)])


def _serve(family: Family) -> None:
    one = family.path + "/{id}"

    @router.get(family.path)
    async def list_family(request: Request, query: ListQueryParameters) -> Response:
        resources = store_of(request).resources.values()
        kept = {*family.filters, "page", "size", "sort"}
        asked = ListQuery(**query.model_dump(include=kept))
        those = [resource for resource in resources if resource.family is family]
        return _page(request, those, asked, lambda resource: _shown(request, resource))

    @router.get(one)
    async def get_one(request: Request, identity: Identity) -> Response:
        resource = writes.find(store_of(request), family, identity)
        return answer(request, as_json(_shown(request, resource)))

    @_write("POST", family.path, "pow")
    async def create(request: Request, body: Annotated[Fields, Body()]) -> Response:
        change = writes.create(store_of(request), family, body, client_of(request).id)
        return submit(request, change)

    @_write("PATCH", one, "ope")
    async def patch(request: Request, identity: Identity, body: OperationBody) -> Response:
        store, options = store_of(request), body.options or {}
        return submit(request, writes.patch(store, family, identity, body.operation, options))

    @_write("DELETE", one, "pow")
    async def delete(
        request: Request, identity: Identity, body: Annotated[Fields | None, Body()] = None
    ) -> Response:
        return submit(request, writes.delete(store_of(request), family, identity))


for _family in FAMILIES:
    _serve(_family)


# --- nodes of Kubernetes clusters ----------------------------------------------------------------

_NODES = KUBERNETES.path + "/{id}/nodes"


@router.get(_NODES)
async def list_nodes(request: Request, identity: Identity) -> Response:
    cluster = writes.find(store_of(request), KUBERNETES, identity)
    return _list(request, [node.document() for node in cluster.nodes.values()])


@router.get(_NODES + "/{nodeId}")
async def get_node(request: Request, identity: Identity, nodeId: int) -> Response:
    cluster = writes.find(store_of(request), KUBERNETES, identity)
    return answer(request, as_json(writes.find_node(cluster, nodeId).document()))


@_write("DELETE", _NODES + "/{nodeId}", "pow")
async def delete_node(request: Request, identity: Identity, nodeId: int) -> Response:
    return submit(request, writes.delete_node(store_of(request), identity, nodeId))
