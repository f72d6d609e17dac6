# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulator of the ITCare REST API of cegedim.cloud, for tests, rehearsals and benchmarks.

Start it with ``python -m itcare_simulator --help``. It serves

* ``/itcare/...``: the API (``api``), also under its older prefix ``/itcare/api/...``;
* ``/auth/realms/cloud/protocol/openid-connect/token``: the token endpoint (``auth``);
* ``/control/...``: what tests steer it with (``control``), from the loopback interface only;
* ``/openapi.json``: its own description.

Where the public documentation is silent, these choices were made:

* An instance is listed, and found by its id, from the end of its ``vm_create`` action on. Its name is
  taken from the beginning; a creation that fails gives it back. Names are unique whatever their case.
* An instance that is being changed shows its old state until the action ends.
* Filters given as lists match any of their values; several ``tags`` must all match (setting
  ``tags_match``). An empty list is no filter. Unknown query parameters are ignored, malformed values
  are answered with 400, unknown fields of a body too: that finds the typing errors of clients.
* ``recoveryStatus`` filters by ``replicationStatus``, ``types`` by ``type``, ``vlan`` by the network's
  ``technicalId``, ``requestId`` by an action's ``internalId``.
* Lists are sorted by id unless asked otherwise; empty values come first.
* Order of refusals: 401, 403, 400 for the body's form, 404, 409 for an action in progress, then 400 for
  the wrong state and 422 for data that don't fit each other.
* Operations that no right is documented for (patch party, backup, replication) need OPE.
* A body of 401 is empty, the other errors carry the API's four fields (setting ``error_body``).
* A dry run is answered with the status of the real call and an empty body.
* Recovering or deleting a snapshot that isn't there is a 404, a second snapshot a 409.
* Excluding a server clears its patch group; including it clears all that told of the exclusion.
* Backup without a policy's id uses the default policy. Reasons for no backup or no monitoring can't be
  read back, the one for no replication can (``replication.noStoRplExplanation``).
* Beside instances only what is known is served (``resource``, ``rest``): a call, or an operation of a
  product, that nothing public describes is a 501 that says so, not a 404.
* A product's body of creation may have any fields; it needs a name (a load balancer's may be its ``url``),
  and its service must exist, if it names one. It can be deleted in any state.
* The fields of changes are made up, and those of a cluster's nodes taken from instances. A node's deletion
  is an action of the node. A new cluster has three nodes unless it says ``instanceCount``; the first two are for ingress.
* A quota that is used up is a 422 with the code ``QUOTA_EXCEEDED``.
"""

from __future__ import annotations
