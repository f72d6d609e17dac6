# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API, outside ``/itcare``: for tests, from the loopback interface, without a token.

* ``GET /control/requests[?since=N]``: the request log, from number N on, and the number that comes
  next. ``DELETE`` clears it. An entry holds ``n``, ``time``, ``method``, ``path``, ``query`` (repeated
  parameters joined by commas), ``page`` (the number of the page that was served), ``client_id``,
  ``dry_run``, ``body``, ``status``, ``executed`` (the write started an action, the token was granted;
  reads never count), ``fault`` when one was hit, ``action_id`` and, for tokens, ``grant_type``.
* ``POST /control/faults``: a rule as in ``faults``, which says what each field does: ``{"method"?, "path"?,
  "query"?, "skip"?, "count"?, "fault": {...}}``; what can't be is refused. ``GET`` lists those left, ``DELETE``
  clears them.
* ``POST /control/clock`` ``{"advance": seconds}``.
* ``GET``, ``POST /control/settings``: see ``settings``. ``dry_run: ignore`` executes and omits the
  header; ``no_snapshot`` and ``snapshot_answer`` are the shapes of that answer, ``listed_snapshot`` is
  what the list shows of a snapshot; ``writes: forbid`` answers 403 to every call of the API but GET,
  and counts them in ``forbidden_writes``; ``quota`` limits the instances; ``effect_lag`` are seconds
  from an action's end to its effect, as with replicas; ``ignored_filters`` are parameters of the
  list's query that do nothing, ``default_sort`` is its order unless asked otherwise;
  ``rest_lists`` is the form of ``/changes``, of a resource's history and of a cluster's nodes;
  ``count_offset`` makes ``totalElements`` wrong by so much; ``latency`` are
  seconds before each answer.
* ``POST /control/actions`` ``{"fail": n, "process"?, "message"?}``: the next n actions end in ERROR.
* ``POST /control/instances``: one more instance, raw fields put over a generated one, ``tags`` too, or
  ``{"count": n, ...}`` of them. ``GET``, ``PATCH``, ``DELETE /control/instances/{id}``: see it, tags
  too; override raw fields; let it vanish. Objects within the fields are merged. ``moreSnapshots`` is a
  list of others beside the snapshot, which never go by themselves.
* ``POST /control/resources`` ``{"path": "/databases/redis", ...}``: one more resource that isn't an
  instance, with raw fields. ``GET``, ``PATCH``, ``DELETE /control/resources/{id}``: as for instances.
* ``GET /control/catalogue``: the regions, platforms, services that instances can be created with.
* ``DELETE /control/tokens``: no token is valid any more.
* ``POST /control/stop``: end the process.
* ``POST /control/reset`` ``{"instances"?, "seed"?}``: as if started anew. ``GET /control/state``: a summary.
"""

from __future__ import annotations

import signal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .action import Failures
from .checks import find
from .clock import moment
from .context import simulator_of
from .faults import Rule
from .fields import Fields, merge
from .problems import Problem, from_validation, invalid
from .resource import BY_PATH, Resource
from .store import Store


class ClockBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    advance: Annotated[float, Field(ge=0)]


class FailuresBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fail: Annotated[int, Field(ge=1)]
    process: str | None = None
    message: str = "The action failed"


class ResetBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instances: Annotated[int, Field(ge=0)] | None = None
    seed: int | None = None


def _only_loopback(request: Request) -> None:
    host = request.client.host if request.client else ""
    if not (host.startswith("127.") or host in ("::1", "::ffff:127.0.0.1")):
        raise Problem(403, "The control API is for the loopback interface only")


def _store(request: Request) -> Store:
    store = simulator_of(request).store
    store.settle()
    return store


router = APIRouter(
    prefix="/control", dependencies=[Depends(_only_loopback)], include_in_schema=False
)


@router.get("/requests")
async def get_requests(request: Request, since: int = 0) -> JSONResponse:
    return JSONResponse(simulator_of(request).log.since(since))


@router.delete("/requests", status_code=204, response_model=None)
async def clear_requests(request: Request) -> None:
    simulator_of(request).log.clear()


@router.get("/faults")
async def get_faults(request: Request) -> list[Fields]:
    return simulator_of(request).faults.listed()


@router.post("/faults", status_code=204, response_model=None)
async def add_fault(request: Request, rule: Rule) -> None:
    simulator_of(request).faults.add(rule)


@router.delete("/faults", status_code=204, response_model=None)
async def clear_faults(request: Request) -> None:
    simulator_of(request).faults.clear()


@router.post("/clock")
async def move_clock(request: Request, body: ClockBody) -> Fields:
    simulator_of(request).clock.advance(body.advance)
    return _store(request).summary()


@router.get("/settings")
async def get_settings(request: Request) -> Fields:
    simulator = simulator_of(request)
    return {**simulator.settings.model_dump(), "forbidden_writes": simulator.forbidden_writes}


@router.post("/settings")
async def change_settings(request: Request, body: Fields) -> Fields:
    settings = simulator_of(request).settings
    try:
        checked = type(settings).model_validate({**settings.model_dump(), **body})
    except ValidationError as error:
        raise from_validation(error.errors()) from error
    for name in body:
        setattr(settings, name, getattr(checked, name))
    return await get_settings(request)


@router.post("/actions", status_code=204, response_model=None)
async def fail_actions(request: Request, body: FailuresBody) -> None:
    _store(request).failures.append(Failures(body.fail, body.process, body.message))


def _shown(store: Store, identity: int) -> Fields:
    instance = find(store, identity)
    return {**instance.document(), "tags": list(instance.tags)}


def _checked(fields: Fields) -> tuple[Fields, list[str] | None]:
    """The raw fields and the tags of a body."""
    tags: Any = fields.pop("tags", None)
    if tags is not None and not (isinstance(tags, list) and all(isinstance(t, str) for t in tags)):
        raise invalid("tags", "expected a list of key:value")
    more = fields.get("moreSnapshots", [])
    if not (isinstance(more, list) and all(isinstance(snapshot, dict) for snapshot in more)):
        raise invalid("moreSnapshots", "expected a list of objects")
    for snapshot in (fields.get("snapshot"), *more):
        dates = snapshot if isinstance(snapshot, dict) else {}
        for name in ("createdAt", "expiresAt"):
            try:
                moment(dates.get(name) or "2026-01-01T00:00:00Z")
            except ValueError as error:
                raise invalid(f"snapshot.{name}", str(error)) from error
    return fields, tags


@router.post("/instances", status_code=201)
async def add_instances(request: Request, body: Fields) -> Any:
    store = _store(request)
    count = body.pop("count", None)
    fields, tags = _checked(body)
    identity = fields.get("id", 0)
    if not isinstance(identity, int) or identity in store.instances:
        raise invalid("id", "expected an integer that no instance has")
    added = [store.generate(fields, tags).id for _each in range(1 if count is None else count)]
    documents = [_shown(store, identity) for identity in added]
    return documents[0] if count is None else documents


@router.get("/instances/{identity}")
async def get_instance(request: Request, identity: int) -> Fields:
    return _shown(_store(request), identity)


@router.patch("/instances/{identity}")
async def override_instance(request: Request, identity: int, body: Fields) -> Fields:
    store = _store(request)
    store.override(find(store, identity), *_checked(body))
    return _shown(store, identity)


@router.delete("/instances/{identity}", status_code=204, response_model=None)
async def remove_instance(request: Request, identity: int) -> None:
    store = _store(request)
    store.remove(find(store, identity))


@router.post("/resources", status_code=201)
async def add_resource(request: Request, body: Fields) -> Fields:
    store = _store(request)
    family = BY_PATH.get(body.pop("path", ""))
    if family is None:
        raise invalid("path", f"expected one of {', '.join(BY_PATH)}")
    identity = store.take_resource_id()
    name = body.pop("name", f"{family.short}-{identity}")
    service = next(iter(store.catalogue.services.values()))
    resource = Resource(identity, family, name, service, store.clock.now(), "control", shown=body)
    store.resources[identity] = resource
    return resource.document()


def _resource(store: Store, identity: int) -> Resource:
    if identity not in store.resources:
        raise invalid("id", f"no resource {identity}")
    return store.resources[identity]


@router.get("/resources/{identity}")
async def get_resource(request: Request, identity: int) -> Fields:
    return _resource(_store(request), identity).document()


@router.patch("/resources/{identity}")
async def override_resource(request: Request, identity: int, body: Fields) -> Fields:
    resource = _resource(_store(request), identity)
    resource.shown = merge(resource.shown, body)
    return resource.document()


@router.delete("/resources/{identity}", status_code=204, response_model=None)
async def remove_resource(request: Request, identity: int) -> None:
    store = _store(request)
    del store.resources[_resource(store, identity).id]


@router.get("/catalogue")
async def get_catalogue(request: Request) -> Fields:
    return _store(request).catalogue.summary()


@router.delete("/tokens", status_code=204, response_model=None)
async def revoke_tokens(request: Request) -> None:
    simulator_of(request).tokens.revoke_all()


@router.post("/stop", status_code=202, response_model=None)
async def stop() -> None:
    signal.raise_signal(signal.SIGTERM)


@router.post("/reset")
async def reset(request: Request, body: ResetBody | None = None) -> Fields:
    body = body or ResetBody()
    simulator_of(request).reset(instances=body.instances, seed=body.seed)
    return await get_state(request)


@router.get("/state")
async def get_state(request: Request) -> Fields:
    simulator = simulator_of(request)
    return {
        **_store(request).summary(),
        "settings": await get_settings(request),
        "faults": simulator.faults.listed(),
        "clients": {client.id: client.profile for client in simulator.clients},
        "started_with": simulator.started_with,
    }
