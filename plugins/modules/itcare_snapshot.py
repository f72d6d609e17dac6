#!/usr/bin/python
# Copyright (c) 2026, the cegedim.cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: itcare_snapshot
short_description: Take, recover and delete snapshots of instances at cegedim.cloud
version_added: 0.1.0
description:
  - Takes, recovers or deletes the snapshot of one instance, or of all instances of a selection.
  - ITCare keeps one active snapshot per instance, for 3 days. To replace one, it is deleted and a new one is taken. In
    between there is none, and if taking the new one fails, the task fails and says that there is none now.
  - A snapshot that has expired by the server's clock doesn't count. Should ITCare show several snapshots of an instance, the
    newest is the current one, or the one that O(snapshot_id) names, and V(absent) deletes all of them.
  - The instance list may not show a snapshot that there is. Where it shows none, O(state=recovered) asks for the snapshots of
    each instance, O(state=absent) does so for up to 50 of them. Of more, it asks for all if the list doesn't know the field at
    all, else for 20 and, if one of those has a snapshot, for all.
  - Everything is checked before the first change. One instance that fails doesn't keep the others from being done; the
    task fails at the end and its result holds every outcome.
author:
  - cegedim.cloud collection contributors (@cegedim-cloud)
extends_documentation_fragment:
  - cegedim.cloud.itcare
  - cegedim.cloud.itcare.attributes
  - cegedim.cloud.itcare.selection
  - cegedim.cloud.itcare.targets
  - cegedim.cloud.itcare.write
attributes:
  idempotent:
    support: partial
    description: >-
      O(replace) and O(force) do what they say at each run. Without them a second run changes nothing.
options:
  state:
    description:
      - V(present) - each instance has a snapshot. An existing one is kept as it is, whatever its description, unless
        O(max_age) or O(replace) say otherwise.
      - V(absent) - no instance has a snapshot, or not the one that O(snapshot_id) names.
      - V(recovered) - each instance is set back to its snapshot. Everything written on its disks since the snapshot was
        taken is lost - files, database contents, logs, also those of a running application - and can't be brought back. The
        snapshot must exist. One that was recovered already isn't recovered again, with a warning that says when it was,
        unless O(force=true).
    type: str
    choices: [present, absent, recovered]
    default: present
  description:
    description: Description of a new snapshot, 100 characters at most.
    type: str
  max_age:
    description:
      - With O(state=present), replace a snapshot that is older than this.
      - A number with a unit, such as V(90m), V(12h) or V(2d).
    type: str
  replace:
    description: With O(state=present), replace an existing snapshot at each run.
    type: bool
    default: false
  snapshot_id:
    description:
      - Delete, recover or replace only the snapshot of this id, such as V(123-snap-42).
      - With O(state=absent), another snapshot is left alone. With O(state=recovered) and when replacing, it is an error.
    type: str
  force:
    description: With O(state=recovered), recover a snapshot also when it was recovered before.
    type: bool
    default: false
  concurrency:
    description: How many instances are worked on at a time, 1 to 32.
    type: int
    default: 5
notes:
  - The rights of the API account's profile count. POW is needed to recover, OPE to take and delete a snapshot.
seealso:
  - module: cegedim.cloud.itcare_snapshot_info
"""

EXAMPLES = r"""
- name: A snapshot before the risky change, not older than half a day
  cegedim.cloud.itcare_snapshot:
    names: [PEB4WEB01]
    description: Before the upgrade
    change_reference: RFC_123
    max_age: 12h

- name: One for every web server of production, but never for more than 20
  cegedim.cloud.itcare_snapshot:
    filters:
      tags: [app:web]
      environments: [PRODUCTION]
    max_targets: 20

- name: Back to the snapshot, because the change failed
  cegedim.cloud.itcare_snapshot:
    names: [PEB4WEB01]
    state: recovered
    force: true # also when it was recovered before

- name: It isn't needed any more
  cegedim.cloud.itcare_snapshot:
    names: [PEB4WEB01]
    state: absent
"""

RETURN = r"""
snapshots:
  description: What came of each instance of the selection.
  returned: success, and on failure once instances were worked on
  type: list
  elements: dict
  contains:
    instance_id:
      description: Id of the instance.
      type: int
      returned: always
    instance_name:
      description: Its name.
      type: str
      returned: always
    snapshot:
      description: Its snapshot after the task, null when there is none. C(seconds_left) is the time until C(expires_at).
      type: dict
      returned: always
    changed:
      description: Whether something changed, or would in check mode.
      type: bool
      returned: always
    before:
      description: What changed, as it was before.
      type: dict
      returned: always
    after:
      description: What changed, as it is after.
      type: dict
      returned: always
    action:
      description: The last asynchronous action, null when there was none.
      type: dict
      returned: always
    error:
      description: Why this instance failed, null when it didn't.
      type: str
      returned: always
  sample:
    - instance_id: 10007
      instance_name: PEB4WEB01
      changed: true
      before:
        snapshot: null
      after:
        snapshot:
          description: Before the upgrade
      snapshot:
        id: 10007-snap-42
        description: Before the upgrade
        created_at: "2026-05-08T22:40:00.750Z"
        expires_at: "2026-05-11T22:40:00.750Z"
        seconds_left: 259200
      action:
        id: 1333
        process: vm_create_snapshot
        status: SUCCESS
      error: null
operations:
  description: The kinds of operations that this task did, or would do in check mode. What others did isn't among them.
  returned: success, and on failure what was done before
  type: list
  elements: str
  sample: [delete snapshot, create snapshot]
itcare_actions:
  description:
    - The asynchronous actions of the task, and those of others that it found to do just the same, as ITCare showed them last.
      With O(wait=false), they may be in progress.
  returned: success, and on failure those known by then
  type: list
  elements: dict
  sample:
    - id: 1333
      process: vm_create_snapshot
      resource_name: PEB4WEB01
      status: SUCCESS
itcare_error:
  description: Facts about the failure for programs, such as C(status), C(method), C(path) and the API's own C(error_code).
  returned: failure
  type: dict
  sample:
    status: 403
    method: POST
    path: /compute/instances/10007/snapshots
"""

from ansible_collections.cegedim.cloud.plugins.module_utils.old_python import refuse_old_python

refuse_old_python()

from ansible_collections.cegedim.cloud.plugins.module_utils.module import TARGETS, WRITE, run
from ansible_collections.cegedim.cloud.plugins.module_utils.resources.snapshot.ensure import ensure


def main() -> None:
    run(
        ensure,
        {
            **TARGETS,
            **WRITE,
            "state": {
                "type": "str",
                "choices": ["present", "absent", "recovered"],
                "default": "present",
            },
            "description": {"type": "str"},
            "max_age": {"type": "str"},
            "replace": {"type": "bool", "default": False},
            "snapshot_id": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "concurrency": {"type": "int", "default": 5},
        },
    )


if __name__ == "__main__":
    main()
