# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the API, below ``/itcare``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from fastapi.security import HTTPBearer

from . import creation, operations, snapshots
from .action import Change
from .checks import find
from .context import DRY_RUN_HEADER, client_of, entry_of, is_dry_run, simulator_of
from .fields import dump
from .models import (
    Action,
    ActionsQuery,
    CreateBody,
    DeleteBody,
    ErrorBody,
    Health,
    Instance,
    InstancePage,
    ListQuery,
    Network,
    PatchBody,
    Snapshot,
    SnapshotBody,
    StorageInformation,
    SubmittedAction,
)
from .problems import Problem
from .settings import Settings
from .store import Store

MEDIA_TYPE = "application/vnd.cegedim-it.v1+json"
_UTC_DATE = re.compile(rb'("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z"')


def answer(request: Request, body: bytes, status: int = 200) -> Response:
    """A body that is JSON already."""
    if settings_of(request).date_style == "offset":
        body = _UTC_DATE.sub(rb'\1+0000"', body)
    return Response(body, status, media_type=MEDIA_TYPE if body else None)


def refusal(request: Request, problem: Problem) -> Response:
    with_body = settings_of(request).error_body == "json"
    return answer(request, as_json(problem.body()) if with_body else b"", problem.status)


def as_json(value: Any) -> bytes:
    return dump(value).encode()


def store_of(request: Request) -> Store:
    return simulator_of(request).store


def settings_of(request: Request) -> Settings:
    return simulator_of(request).settings


def need(profile: str) -> Any:
    """Refuse clients whose profile is too low, before anything else of the request is looked at."""

    def check(request: Request) -> None:
        client = client_of(request)
        if not client.may(profile):
            message = f"Client {client.id} lacks the profile {profile.upper()}"
            raise Problem(403, message, code="ACCESS_DENIED")

    return Depends(check)


def submit(request: Request, change: Change) -> Response:
    """Start the action of a change that has passed all checks, unless this is a dry run."""
    settings = settings_of(request)
    if is_dry_run(request.headers) and settings.dry_run == "honour":
        response = answer(request, b"", settings.accepted_status)
        response.headers[DRY_RUN_HEADER] = "true"
        return response
    action = store_of(request).start(change, client_of(request).id)
    entry_of(request).update(executed=True, action_id=action.id)
    document = action.document(submission=True, id_type=settings.action_id_type)
    body = as_json(document) if settings.accepted_body == "action" else b""
    return answer(request, body, settings.accepted_status)


# The token is checked before (see ``access_middleware``); this one is for the description.
_described = Depends(HTTPBearer(auto_error=False))
_errors: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody},
    401: {"description": "No valid token"},
    403: {"model": ErrorBody},
    404: {"model": ErrorBody},
}
_write_errors = {**_errors, 409: {"model": ErrorBody}, 422: {"model": ErrorBody}}

router = APIRouter(prefix="/itcare", dependencies=[_described], responses=_errors)
Identity = Annotated[int, Path(ge=0, alias="id")]
ActionIdentity = Annotated[int, Path(ge=0, alias="actionId")]


def _read(path: str, model: Any, summary: str) -> Callable[[Any], Any]:
    return router.get(path, summary=summary, responses={200: {"model": model}})


def _write(method: str, path: str, profile: str, summary: str) -> Callable[[Any], Any]:
    return router.api_route(
        path,
        methods=[method],
        summary=summary,
        status_code=202,
        dependencies=[need(profile)],
        responses={**_write_errors, 202: {"model": SubmittedAction}},
    )


# --- instances -----------------------------------------------------------------------------------


@_read("/compute/instances", InstancePage, "List instances")
async def list_instances(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
    number, body = simulator_of(request).listing.page(query)
    entry_of(request)["page"] = number
    return answer(request, body)


@_write("POST", "/compute/instances", "pow", "Create an instance")
async def create_instance(request: Request, body: CreateBody) -> Response:
    return submit(request, creation.create(store_of(request), body, client_of(request).id))


@_read("/compute/instances/{id}", Instance, "Get an instance")
async def get_instance(request: Request, identity: Identity) -> Response:
    return answer(request, find(store_of(request), identity).json())


@_write("PATCH", "/compute/instances/{id}", "ope", "Perform an operation on an instance")
async def patch_instance(request: Request, identity: Identity, body: PatchBody) -> Response:
    return submit(
        request, operations.patch(store_of(request), identity, body, client_of(request).id)
    )


@_write("DELETE", "/compute/instances/{id}", "pow", "Delete an instance")
async def delete_instance(
    request: Request, identity: Identity, body: DeleteBody | None = None
) -> Response:
    return submit(request, creation.delete(store_of(request), identity))


@_read("/compute/instances/{id}/storage", StorageInformation, "Get an instance's storage")
async def get_storage(request: Request, identity: Identity) -> Response:
    document = find(store_of(request), identity).document()
    return answer(request, as_json(document["storageInformation"]))


@_read("/compute/instances/{id}/networks", Network, "Get an instance's network")
async def get_network(request: Request, identity: Identity) -> Response:
    return answer(request, as_json(find(store_of(request), identity).document()["network"]))


# --- snapshots -----------------------------------------------------------------------------------


@_read("/compute/instances/{id}/snapshots", Snapshot, "Get an instance's snapshot")
async def get_snapshot(request: Request, identity: Identity) -> Response:
    settings = settings_of(request)
    instance = find(store_of(request), identity)
    snapshot = instance.path("snapshot")
    every = [*([] if snapshot is None else [snapshot]), *instance.more_snapshots]
    if not every:
        if settings.no_snapshot == "204":
            return answer(request, b"", 204)
        nulls = dict.fromkeys(Snapshot.model_fields)
        shapes: dict[str, Any] = {"list": [], "page": {"content": []}, "null_fields": nulls}
        return answer(
            request,
            as_json(shapes[settings.no_snapshot]) if settings.no_snapshot in shapes else b"",
        )
    several = every if len(every) > 1 else every[0]
    shapes = {"object": several, "list": every, "page": {"content": every}}
    return answer(request, as_json(shapes[settings.snapshot_answer]))


@_write("POST", "/compute/instances/{id}/snapshots", "ope", "Create a snapshot")
async def create_snapshot(
    request: Request, identity: Identity, body: SnapshotBody | None = None
) -> Response:
    store, by = store_of(request), client_of(request).id
    return submit(request, snapshots.create(store, identity, body, by))


@_write("PATCH", "/compute/instances/{id}/snapshots", "pow", "Recover the snapshot")
async def recover_snapshot(request: Request, identity: Identity) -> Response:
    return submit(request, snapshots.recover(store_of(request), identity))


@_write("DELETE", "/compute/instances/{id}/snapshots/{snapshotId}", "ope", "Delete the snapshot")
async def delete_snapshot(request: Request, identity: Identity, snapshotId: str) -> Response:
    return submit(request, snapshots.delete(store_of(request), identity, snapshotId))


# --- actions -------------------------------------------------------------------------------------


@_read("/actions", list[Action], "List actions")
async def list_actions(request: Request, query: Annotated[ActionsQuery, Query()]) -> Response:
    statuses = {status.upper() for status in query.statuses or ()}
    found = [
        action
        for action in store_of(request).actions_of(query.resourceId)
        if query.resourceName in (None, action.resource_name)
        and query.serviceId in (None, action.service_id)
        and query.requestId in (None, action.internal_id)
        and (not statuses or action.status in statuses)
    ]
    id_type = settings_of(request).action_id_type
    documents = [action.document(submission=False, id_type=id_type) for action in found]
    return answer(request, as_json(documents))


@_read("/actions/{actionId}", Action, "Get an action")
async def get_action(request: Request, identity: ActionIdentity) -> Response:
    action = store_of(request).actions.get(identity)
    if action is None:
        raise Problem(404, f"No action with id {identity}", field="id", code="NOT_FOUND")
    id_type = settings_of(request).action_id_type
    return answer(request, as_json(action.document(submission=False, id_type=id_type)))


# --- health, without a token ---------------------------------------------------------------------

health_router = APIRouter(prefix="/itcare")


@health_router.get("/health", summary="Health", responses={200: {"model": Health}})
async def health(request: Request) -> Response:
    return answer(request, as_json({"status": "UP"}))
