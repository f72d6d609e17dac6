# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What instances are made of: platforms, products, services, clouds, policies, patch parties.

Thousands of instances share these objects. Each carries its part of an instance as a ``Fragment``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from .clock import DAY, stamp
from .fields import Fields, Fragment
from .places import ENVIRONMENTS, PRODUCTION, Network, Site, make_networks, make_sites, region_zones

AUTHENTICATION_DOMAINS = ("CGDM-EMEA", "CGDM-AMER")
MAX_CPU, MAX_RAM = 64, 512


@dataclass(frozen=True)
class Platform:
    code: str
    kind: str
    backup_allowed: bool
    system_disk: int
    fragment: Fragment


@dataclass(frozen=True)
class Product:
    code: str | None
    fragment: Fragment


@dataclass(frozen=True)
class Cloud:
    id: int
    fragment: Fragment


@dataclass(frozen=True)
class Service:
    id: int
    environment: str
    application: str
    team: str
    cloud: Cloud
    fragment: Fragment


@dataclass(frozen=True, eq=False)
class Policy:
    """A backup policy, of servers or of databases."""

    id: str
    scope: str
    off_site: bool
    fields: Fields


def parse_sizing(text: str) -> tuple[int, int] | None:
    """CPUs and GB of a sizing such as ``2cpu4gb``; nothing for one that isn't offered."""
    match = re.fullmatch(r"([1-9]\d{0,2})cpu([1-9]\d{0,3})gb", text)
    if match is None:
        return None
    cpu, ram = int(match[1]), int(match[2])
    return (cpu, ram) if cpu <= MAX_CPU and ram <= MAX_RAM else None


# code: type, family, name, version, backup allowed, days from now to the ends of sale, of support
# and of extended support
_PLATFORMS: dict[str, tuple[str, str, str, str, bool, int, int, int]] = {
    "deb8": ("LINUX", "DEBIAN", "Debian", "8", True, -2900, -2300, -1600),
    "deb11": ("LINUX", "DEBIAN", "Debian", "11", True, -90, 45, 700),
    "deb12": ("LINUX", "DEBIAN", "Debian", "12", True, 600, 960, 1700),
    "rhel8": ("LINUX", "RHEL", "Red Hat Enterprise Linux", "8", True, -30, 920, 2000),
    "rhel9": ("LINUX", "RHEL", "Red Hat Enterprise Linux", "9", True, 900, 2000, 3100),
    "centos7": ("LINUX", "CENTOS", "CentOS", "7", True, -1500, -600, 300),
    "ubuntu2204": ("LINUX", "UBUNTU", "Ubuntu", "22.04", True, 100, 400, 2200),
    "win2016": ("WINDOWS", "WINDOWS", "Windows Server", "2016", True, -900, 30, 1100),
    "win2019": ("WINDOWS", "WINDOWS", "Windows Server", "2019", True, -60, 1100, 2200),
    "win2022": ("WINDOWS", "WINDOWS", "Windows Server", "2022", True, 1100, 1900, 2900),
    "aix72": ("AIX", "AIX", "AIX", "7.2", False, 20, 500, 1500),
}

_PRODUCTS = {
    "rmq11": ("RabbitMQ", "11"),
    "pgs15": ("PostgreSQL", "15"),
    "mdb106": ("MariaDB", "10.6"),
    "rds7": ("Redis", "7"),
    "mssql2019": ("SQL Server", "2019"),
}

# (application, team)
_APPLICATIONS = (
    ("MYAPP", "core"),
    ("WEB", "front"),
    ("CRM", "sales"),
    ("PAY", "finance"),
    ("LABO", "health"),
    ("FHIR", "health"),
    ("PHARM", "health"),
    ("EDI", "exchange"),
    ("BI", "data"),
    ("AUTH", "core"),
)

_CLOUDS = ("Health Solutions", "Business Services", "Shared Platform")


def _patch_day(year: int, quarter: int, production: bool) -> date:
    middle = date(year, quarter * 3 - 1, 1)
    day = middle + timedelta(days=(3 - middle.weekday()) % 7 + 7)  # the second Thursday
    return day + timedelta(days=24) if production else day  # a Sunday


class Catalogue:
    """All of it. Dates are counted from the moment at which the simulator starts."""

    def __init__(self, start: float) -> None:
        self.start = start
        self.last_backup = stamp(start - start % DAY - DAY + 2 * 3600)
        self.sites = make_sites()
        self.networks = make_networks(self.sites)
        self._networks: dict[tuple[str, str], list[Network]] = {}
        for network in self.networks:
            self._networks.setdefault((network.zone, network.environment), []).append(network)
        self.platforms = {code: self._platform(code) for code in _PLATFORMS}
        self.products = {code: self._product(code) for code in _PRODUCTS}
        self.no_product = Product(
            None, Fragment({"productCode": None, "productName": None, "productVersion": None})
        )
        self.clouds = {
            number: Cloud(number, Fragment({"cloudId": number, "cloudName": name}))
            for number, name in enumerate(_CLOUDS, start=1)
        }
        self.services = self._services()
        self.policies = {policy.id: policy for policy in self._policies()}
        self._patch_parties: dict[tuple[bool, str | None], Fields] = {}

    def networks_of(self, site: Site, environment: str) -> list[Network]:
        """The default network comes first."""
        return self._networks[site.zone, environment]

    def default_policies(self, off_site: bool, product: Product) -> tuple[Policy, ...]:
        """That of servers, and with a product that of databases."""
        scopes = ("SERVER",) if product.code is None else ("SERVER", "DATABASE")
        return tuple(
            policy
            for policy in self.policies.values()
            if policy.scope in scopes and policy.off_site is off_site
        )

    def patch_party(self, environment: str, group: str | None = None) -> Fields:
        """The patch party of servers that aren't excluded, shared by all of a group."""
        key = (environment == PRODUCTION, group)
        if key not in self._patch_parties:
            self._patch_parties[key] = self._patch_party(*key)
        return self._patch_parties[key]

    def _platform(self, code: str) -> Platform:
        kind, family, name, version, backup, sale, support, extended = _PLATFORMS[code]
        if extended < 0:
            phase = "END_OF_SUPPORT"
        elif support < 0:
            phase = "EXTENDED"
        elif sale < 0:
            phase = "END_OF_SALE"
        else:
            phase = "STANDARD"
        midnight = self.start - self.start % DAY
        fields = {
            "category": "SERVER",
            "endOfSalesAt": stamp(midnight + sale * DAY),
            "endOfSupportAt": stamp(midnight + support * DAY),
            "extendedSupportAt": stamp(midnight + extended * DAY),
            "family": family,
            "imageCode": code,
            "internalType": "LPAR" if kind == "AIX" else "VM",
            "osName": f"{name} {version}",
            "osType": kind,
            "parentResourceType": None,
            "path": f"/compute/instances/{kind.title()}/{name.split()[0]}{version}",
            "releasedAt": stamp(midnight + (sale - 1800) * DAY),
            "resourceType": "INSTANCE",
            "supportPhase": phase,
            "technology": "POWERVM" if kind == "AIX" else "VMWARE",
            "type": kind,
        }
        return Platform(code, kind, backup, 60 if kind == "WINDOWS" else 30, Fragment(fields))

    @staticmethod
    def _product(code: str) -> Product:
        name, version = _PRODUCTS[code]
        return Product(
            code, Fragment({"productCode": code, "productName": name, "productVersion": version})
        )

    def _services(self) -> dict[int, Service]:
        services: dict[int, Service] = {}
        number = 13  # the service of the reference's own sample
        for index, (application, team) in enumerate(_APPLICATIONS):
            for environment in ENVIRONMENTS:
                fragment = Fragment(
                    {
                        "environment": environment,
                        "serviceId": number,
                        "serviceKey": f"{application}-{environment[:4]}",
                        "serviceName": f"{application.title()} {environment.lower()}",
                    }
                )
                cloud = self.clouds[1 + index % len(self.clouds)]
                services[number] = Service(number, environment, application, team, cloud, fragment)
                number += 1
        return services

    def _policies(self) -> list[Policy]:
        policies = []
        for scope in ("SERVER", "DATABASE"):
            for off_site in (False, True):
                identity = f"{scope[:3]}-DAILY" + ("-OFFSITE" if off_site else "")
                fields = {
                    "backupLastDate": self.last_backup,
                    "backupSize": 12,
                    "durationInHours": 4,
                    "frequencies": {"DAILY": 14, "WEEKLY": 4, "MONTHLY": 3},
                    "label": f"Every day at 22:00{', copied off site' if off_site else ''}",
                    "name": identity.lower(),
                    "policyId": identity,
                    "replication": off_site,
                    "scope": scope,
                    "startTime": "22:00",
                    "timezone": "Europe/Paris",
                    "type": "INCREMENTAL",
                }
                policies.append(Policy(identity, scope, off_site, fields))
        return policies

    def next_parties(self, production: bool) -> Iterator[tuple[int, str, float]]:
        """Year after year the id, tag and moment of each, production's three weeks after the others'."""
        today = datetime.fromtimestamp(self.start, timezone.utc).date()
        for number in itertools.count((today.month - 1) // 3):
            year, quarter = today.year + number // 4, number % 4 + 1
            day = _patch_day(year, quarter, production)
            if day > today:
                at = datetime(day.year, day.month, day.day, 20, tzinfo=timezone.utc).timestamp()
                yield year * 100 + quarter * 10 + int(production), f"{year}-Q{quarter}", at

    def _patch_party(self, production: bool, group: str | None) -> Fields:
        identity, tag, at = next(self.next_parties(production))
        return {
            "excluded": False,
            "excludedBy": None,
            "exclusionDate": None,
            "exclusionReason": None,
            "id": identity,
            "name": f"Patch party {tag} {'production' if production else 'non-production'}",
            "patchDate": stamp(at),
            "patchGroup": group,
            "patchTag": tag,
        }

    def summary(self) -> Fields:
        """What can be named when an instance is created, for tests and rehearsals."""
        return {
            "regions": region_zones(),
            "platforms": list(self.platforms),
            "products": list(self.products),
            "services": [
                {**service.fragment.fields, "cloudId": service.cloud.id}
                for service in self.services.values()
            ],
            "clouds": list(self.clouds),
            "networks": [network.fragment.fields for network in self.networks],
            "backupPolicies": list(self.policies),
            "authenticationDomains": list(AUTHENTICATION_DOMAINS),
        }
