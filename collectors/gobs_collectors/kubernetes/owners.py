"""Who made a pod in the end, as far as names tell: the Deployment behind a ReplicaSet, the CronJob behind a Job."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from gobs_collectors.kubernetes.objects import Metadata, OwnerReference

_TEMPLATES = {"pod-template-hash": "Deployment", "rollouts-pod-template-hash": "Rollout"}
"""The label that ends a ReplicaSet's name, and what kind of owner put it there."""
_SCHEDULED = re.compile(r"(.+)-\d{8}")
"""A CronJob calls its Jobs by the minute they were due at, counted since 1970."""


class Owners(NamedTuple):
    """`KIND/NAME` each; empty for a pod that nobody owns."""

    owner: str = ""
    controller: str = ""


def owners(metadata: Metadata) -> Owners:
    """The owner and the controller of a pod."""
    references = metadata.owner_references or ()
    found = next((one for one in references if one.controller), references[0] if references else None)
    if found is None:
        return Owners()
    return Owners(_owner(found, metadata.labels or {}), f"{found.kind}/{found.name}")


def _owner(controller: OwnerReference, labels: Mapping[str, str]) -> str:
    if controller.kind == "ReplicaSet":
        for label, kind in _TEMPLATES.items():
            name = controller.name.removesuffix(f"-{labels.get(label, '')}")
            if labels.get(label) and name and name != controller.name:
                return f"{kind}/{name}"
    if controller.kind == "Job" and (job := _SCHEDULED.fullmatch(controller.name)):
        return f"CronJob/{job[1]}"
    return f"{controller.kind}/{controller.name}"
