# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's types, named and spelled as in its reference (docs/api.md#fields)."""

from __future__ import annotations

from typing import Annotated, Any, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _split(value: Any) -> Any:
    """List values come comma separated, or with the parameter repeated, or both."""
    if value is None:
        return None
    parts = value if isinstance(value, list) else [value]
    items = [item.strip() for part in parts for item in str(part).split(",")]
    return [item for item in items if item] or None


Strings = Annotated[list[str] | None, BeforeValidator(_split)]
Integers = Annotated[list[int] | None, BeforeValidator(_split)]
Number = Annotated[str | None, Field(pattern=r"^\d{1,9}$")]
ChangeReference = Annotated[str | None, Field(max_length=10)]


class ListQuery(BaseModel):
    """Query of the list of instances; parameters that aren't known are ignored."""

    services: Integers = None
    names: Strings = None
    types: Strings = None
    families: Strings = None
    environments: Strings = None
    statuses: Strings = None
    tags: Strings = None
    monitoringStatus: bool | None = None
    monitoringOnCallStatus: bool | None = None
    backupStatus: bool | None = None
    recoveryStatus: bool | None = None
    includedInPatchParty: bool | None = None
    az: Strings = None
    ip: Strings = None
    vlan: Strings = None
    clouds: Integers = None
    page: Number = None
    size: Number = None
    sort: list[str] | None = None


class ActionsQuery(BaseModel):
    """Query of the list of actions."""

    resourceName: str | None = None
    resourceId: int | None = None
    serviceId: int | None = None
    statuses: Strings = None
    requestId: int | None = None


# --- answers: every field may be null ------------------------------------------------------------


class AvailabilityZone(BaseModel):
    availabilityZoneGroup: str | None
    datacenterId: str | None
    defaultZone: bool | None
    id: str | None
    location: str | None
    routable: bool | None


class Area(BaseModel):
    availabilityZones: list[AvailabilityZone] | None
    defaultArea: bool | None
    id: str | None
    location: str | None
    regulation: str | None


class Region(BaseModel):
    areas: list[Area] | None
    dataCenter: str | None
    id: str | None
    location: str | None


class Backup(BaseModel):
    backupSystem: str | None
    filesNb: int | None
    lastDate: str | None
    size: int | None
    type: str | None


class BackupRun(BaseModel):
    backupLastDate: str | None
    backupSize: int | None
    id: int | None
    type: str | None


class BackupPolicy(BaseModel):
    backupLastDate: str | None
    backupSize: int | None
    durationInHours: int | None
    frequencies: dict[str, Any] | None
    label: str | None
    name: str | None
    policyId: str | None
    replication: bool | None
    scope: str | None
    startTime: str | None
    timezone: str | None
    type: str | None


class BackupPolicyDetails(BaseModel):
    backups: list[BackupRun] | None
    policies: list[BackupPolicy] | None


class LoadBalancer(BaseModel):
    id: int | None
    memberCount: int | None
    monitoringEnabled: bool | None
    name: str | None
    serviceId: int | None
    status: str | None


class Dns(BaseModel):
    alias: str | None
    domain: str | None


class Network(BaseModel):
    area: str | None
    cidr: str | None
    cloud: str | None
    defaultNetwork: bool | None
    description: str | None
    dns: list[Dns] | None
    environment: str | None
    gateway: str | None
    id: int | None
    ipAddress: str | None
    ipFreeNumber: int | None
    isIpRangePublic: bool | None
    mask: str | None
    networkShortDescription: str | None
    region: str | None
    scope: str | None
    shortDescription: str | None
    technicalId: str | None
    usedPercent: int | None


class PatchParty(BaseModel):
    excluded: bool | None
    excludedBy: str | None
    exclusionDate: str | None
    exclusionReason: str | None
    id: int | None
    name: str | None
    patchDate: str | None
    patchGroup: str | None
    patchTag: str | None


class Replication(BaseModel):
    noStoRplExplanation: str | None
    storageClass: str | None
    storageClassOverride: str | None
    storageMoveInProgress: bool | None
    storageMoveTicket: str | None
    storageReplicationClass: str | None


class Snapshot(BaseModel):
    changeReference: str | None
    createdAt: str | None
    createdBy: str | None
    description: str | None
    expiresAt: str | None
    id: str | None
    label: str | None
    recoveredAt: str | None
    snapshotSize: int | None


class FileSystem(BaseModel):
    free: int | None
    mountingPoint: str | None
    sizeOf: int | None
    type: str | None


class StorageInformation(BaseModel):
    fileSystems: list[FileSystem] | None
    totalSizeDisks: int | None
    totalSizeFileSystems: int | None


class Instance(BaseModel):
    area: Area | None
    authenticationDomain: str | None
    availabilityZone: AvailabilityZone | None
    backup: Backup | None
    backupPolicyDetails: BackupPolicyDetails | None
    backupStatus: bool | None
    category: str | None
    cloudId: int | None
    cloudName: str | None
    comment: str | None
    cpu: int | None
    creationTime: str | None
    creationUser: str | None
    endOfSalesAt: str | None
    endOfSupportAt: str | None
    environment: str | None
    extendedSupportAt: str | None
    family: str | None
    id: int
    imageCode: str | None
    internalResourceId: int | None
    internalType: str | None
    ipAddress: str | None
    isExternalIngressNode: bool | None
    isInternalIngressNode: bool | None
    isMemberOFLoadBalancer: bool | None
    label: str | None
    labelArea: str | None
    labelAvailabilityZone: str | None
    labelDataCenter: str | None
    labelRegion: str | None
    loadbalancers: list[LoadBalancer] | None
    metrologyUrl: str | None
    monitoringAlerting: bool | None
    monitoringEnabled: bool | None
    monitoringOnCallEnabled: bool | None
    monitoringRequested: bool | None
    name: str | None
    network: Network | None
    osName: str | None
    osType: str | None
    parentResourceType: str | None
    patchParty: PatchParty | None
    path: str | None
    prettyLabel: str | None
    productCode: str | None
    productName: str | None
    productVersion: str | None
    ram: int | None
    region: Region | None
    releasedAt: str | None
    replication: Replication | None
    replicationStatus: bool | None
    resourceType: str | None
    serviceId: int | None
    serviceKey: str | None
    serviceName: str | None
    snapshot: Snapshot | None
    status: str | None
    storage: int | None
    storageInformation: StorageInformation | None
    storageMoveInProgress: bool | None
    supportPhase: str | None
    technology: str | None
    type: str | None


class Sort(BaseModel):
    ascending: bool
    direction: str
    ignoreCase: bool
    nullHandling: str
    property: str


class Pageable(BaseModel):
    offset: int
    pageNumber: int
    pageSize: int
    paged: bool
    sort: list[Sort]
    unpaged: bool


class InstancePage(BaseModel):
    content: list[Instance]
    empty: bool
    first: bool
    last: bool
    number: int
    numberOfElements: int
    pageable: Pageable
    size: int
    sort: list[Sort]
    totalElements: int
    totalPages: int


class SubmittedAction(BaseModel):
    """What a write answers."""

    family: str
    id: int
    internalId: int
    lastUpdatedAt: str
    message: str
    process: str
    resourceName: str
    resourceType: str
    status: str


class Action(BaseModel):
    """What ``/actions`` shows."""

    completedAt: str | None
    family: str
    id: int
    lastUpdatedAt: str
    message: str
    process: str
    resourceName: str
    resourceType: str
    status: str
    submittedAt: str
    submittedBy: str


class ErrorBody(BaseModel):
    status: str
    errorCode: str
    errorDesc: str
    errorMessage: str


class Health(BaseModel):
    status: str


# --- bodies: strict, so that a wrong type or a misspelled field is found --------------------------


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Property(Body):
    defaultValue: str | None = None
    description: str | None = None
    displayed: bool | None = None
    editable: bool | None = None
    key: str
    mandatory: bool | None = None
    value: str | None = None


class Volume(Body):
    description: str | None = None
    editable: int | None = None
    exclFromSnap: int | None = None
    id: str
    mandatory: bool | None = None
    max: int | None = None
    min: int | None = None
    order: int | None = None
    sizeGb: Annotated[int, Field(ge=1)]
    system: bool | None = None


class CreateBody(Body):
    area: str | None = None
    authenticationDomainId: str | None = None
    availabilityZone: str | None = None
    backupEnabled: bool | None = None
    backupOffSiteEnabled: bool | None = None
    cloudId: int | None = None
    dbBackupPolicyId: str | None = None
    monitoringAlerting: bool | None = None
    monitoringEnabled: bool | None = None
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$")]
    networkId: int | None = None
    noBackupProdReason: str | None = None
    noMonitoringProdReason: str | None = None
    noReplicationProdReason: str | None = None
    onCallSupervision: bool | None = None
    platform: Annotated[str, Field(min_length=1)]
    productCode: str | None = None
    properties: list[Property] | None = None
    region: Annotated[str, Field(min_length=1)]
    regulation: Annotated[str | None, Field(pattern="^(HDS|STANDARD)$")] = None
    replicationEnabled: bool | None = None
    resourceId: Annotated[str, Field(min_length=1)]
    serverBackupPolicyId: str | None = None
    serviceId: int
    specificRequest: str | None = None
    storagePool: str | None = None
    volumes: list[Volume] | None = None


class PatchBody(Body):
    operation: str
    options: dict[str, Any] | None = None


class DeleteBody(Body):
    changeReference: ChangeReference = None


class SnapshotBody(Body):
    changeReference: ChangeReference = None
    description: Annotated[str | None, Field(max_length=100)] = None


# --- options of the PATCH operations -------------------------------------------------------------


class PowerOptions(Body):
    changeReference: ChangeReference = None


class ResetOptions(Body):
    comment: str | None = None


class ResizeOptions(Body):
    sizing: str
    changeReference: ChangeReference = None


class MonitoringOptions(Body):
    state: bool | None = None
    alerting: bool | None = None


class PatchPartyChoice(Body):
    excluded: bool
    exclusionReason: str | None = None
    patchGroup: Annotated[int | None, Field(ge=1, le=3)] = None


class PatchPartyOptions(Body):
    patchParty: PatchPartyChoice


class SwitchOptions(Body):
    """Backup and replication."""

    state: bool
    deactivationReason: str | None = None


def scalar_paths(model: type[BaseModel], prefix: str = "") -> set[str]:
    """The properties of a model that a list can be sorted by, nested ones with dots."""
    paths: set[str] = set()
    for name, field in model.model_fields.items():
        kinds = getattr(field.annotation, "__args__", (field.annotation,))
        for kind in kinds:
            if kind in (str, int, bool):
                paths.add(prefix + name)
            elif (
                isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, BaseModel)
            ):
                paths |= scalar_paths(kind, f"{prefix}{name}.")
    return paths
