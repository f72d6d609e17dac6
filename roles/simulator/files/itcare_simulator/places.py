# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where instances are: regions, areas and availability zones, and the networks there."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Fields, Fragment

PRODUCTION = "PRODUCTION"
ENVIRONMENTS = (PRODUCTION, "PREPRODUCTION", "TEST", "DEVELOPMENT")


@dataclass(frozen=True)
class Site:
    """An availability zone, with the area and the region it is in."""

    region: str
    area: str
    zone: str
    regulation: str
    default_area: bool
    default_zone: bool
    fragment: Fragment


@dataclass(frozen=True)
class Network:
    id: int
    technical_id: str
    region: str
    zone: str
    environment: str
    first_address: int
    size: int
    domain: str
    fragment: Fragment

    def address(self, number: int) -> str:
        """The address of the n-th host."""
        value = self.first_address + 10 + number % (self.size - 20)
        return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


# region: location, data centre, {area: (regulation, zones)}
_REGIONS: dict[str, tuple[str, str, dict[str, tuple[str, tuple[str, ...]]]]] = {
    "EB": (
        "Boulogne-Billancourt",
        "EB5",
        {"EB-STD": ("STANDARD", ("EB-A", "EB-B")), "EB-HDS": ("HDS", ("EB-C",))},
    ),
    "EB4": ("Boulogne-Billancourt", "EB4", {"EB4-STD": ("STANDARD", ("EB4-A", "EB4-B"))}),
    "ET": (
        "Toulouse-Labege",
        "ET1",
        {"ET-STD": ("STANDARD", ("ET-A",)), "ET-HDS": ("HDS", ("ET-B",))},
    ),
}


def make_sites() -> list[Site]:
    return [
        _site(region, area, zone)
        for region in map(_region_fields, _REGIONS)
        for area in region["areas"]
        for zone in area["availabilityZones"]
    ]


def _region_fields(region: str) -> Fields:
    """A region as the API shows it, with its areas and their zones."""
    location, datacenter, areas = _REGIONS[region]
    return {
        "areas": [
            {
                "availabilityZones": [
                    {
                        "availabilityZoneGroup": area,
                        "datacenterId": datacenter,
                        "defaultZone": zone == zones[0],
                        "id": zone,
                        "location": location,
                        "routable": True,
                    }
                    for zone in zones
                ],
                "defaultArea": area == next(iter(areas)),
                "id": area,
                "location": location,
                "regulation": regulation,
            }
            for area, (regulation, zones) in areas.items()
        ],
        "dataCenter": datacenter,
        "id": region,
        "location": location,
    }


def _site(region: Fields, area: Fields, zone: Fields) -> Site:
    location, datacenter = region["location"], region["dataCenter"]
    fragment = Fragment(
        {
            "area": area,
            "availabilityZone": zone,
            "region": region,
            "labelArea": f"{location} ({area['id']})",
            "labelAvailabilityZone": f"{location} ({zone['id']})",
            "labelDataCenter": f"{location} {datacenter}",
            "labelRegion": f"{location} ({region['id']})",
        }
    )
    return Site(
        region["id"],
        area["id"],
        zone["id"],
        area["regulation"],
        area["defaultArea"],
        zone["defaultZone"],
        fragment,
    )


def make_networks(sites: list[Site]) -> list[Network]:
    """A LAN for each environment and a DMZ for production, in each zone."""
    kinds = [*((environment, "LAN") for environment in ENVIRONMENTS), (PRODUCTION, "DMZ8")]
    wanted = [(site, environment, kind) for site in sites for environment, kind in kinds]
    return [_network(number, *what) for number, what in enumerate(wanted)]


def _network(number: int, site: Site, environment: str, kind: str) -> Network:
    size = 1 << 14  # a /18
    prefix = f"10.{32 + number // 4}.{number % 4 * 64}"
    technical_id = f"{site.region}_{1100 + number}_{kind}"
    fields = {
        "area": site.area,
        "cidr": f"{prefix}.0/18",
        "cloud": "Shared Platform",
        "defaultNetwork": kind == "LAN",
        "description": f"{kind} of {site.zone} for {environment.lower()}",
        "environment": environment,
        "gateway": f"{prefix}.1",
        "id": 1100 + number,
        "ipFreeNumber": 4000 - number,
        "isIpRangePublic": False,
        "mask": "255.255.192.0",
        "networkShortDescription": kind,
        "region": site.region,
        "scope": "PRIVATE",
        "shortDescription": f"{kind} {environment}",
        "technicalId": technical_id,
        "usedPercent": 40 + number % 50,
    }
    return Network(
        1100 + number,
        technical_id,
        site.region,
        site.zone,
        environment,
        first_address=(10 << 24) + (32 << 16) + number * size,
        size=size,
        domain=f"{site.region.lower()}.cloud.example.com",
        fragment=Fragment(fields),
    )


def region_zones() -> Fields:
    """The zones of each area of each region."""
    return {
        region: {area: list(zones) for area, (_regulation, zones) in areas.items()}
        for region, (_location, _datacenter, areas) in _REGIONS.items()
    }
