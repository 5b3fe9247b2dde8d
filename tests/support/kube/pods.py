"""Pods as the Kubernetes API writes them: whole objects of the usual size, changed as a kubelet would change them."""

from __future__ import annotations

import copy
import random
import uuid
from typing import Any

Object = dict[str, Any]
STARTED = "2026-11-23T10:00:00Z"


def pod(
    name: str,
    *,
    namespace: str = "shop",
    node: str = "worker-1",
    uid: str | None = None,
    containers: tuple[str, ...] = ("app",),
    owner: tuple[str, str] | None = None,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    requests: dict[str, str] | None = None,
    limits: dict[str, str] | None = None,
    host_network: bool = False,
) -> Object:
    """Return a pod that was taken up by its node and whose containers have not started."""
    resources = {"requests": requests or {"cpu": "100m", "memory": "64Mi"}, "limits": limits or {"memory": "128Mi"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": uid or str(uuid.uuid4()),
            "creationTimestamp": STARTED,
            "labels": labels or {"app": name},
            "annotations": annotations
            or {"example.org/checksum": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd1"},
            "ownerReferences": [_owner(*owner)] if owner else [],
            "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1": _managed()}],
        },
        "spec": {
            "nodeName": node,
            "hostNetwork": host_network,
            "serviceAccountName": "default",
            "containers": [
                {
                    "name": one,
                    "image": f"registry.example.org/{one}:1.2.3",
                    "resources": resources,
                    "volumeMounts": [{"name": "kube-api-access", "mountPath": "/var/run/secrets", "readOnly": True}],
                    "env": [{"name": f"SETTING_{n}", "value": "x" * 40} for n in range(8)],
                }
                for one in containers
            ],
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300}],
        },
        "status": {
            "phase": "Pending",
            "qosClass": "Burstable",
            "startTime": STARTED,
            "podIP": "10.42.0.7",
            "podIPs": [{"ip": "10.42.0.7"}],
            "conditions": [{"type": kind, "status": "False"} for kind in ("Initialized", "Ready", "ContainersReady")],
            "containerStatuses": [
                {"name": one, "ready": False, "restartCount": 0, "state": {"waiting": {"reason": "ContainerCreating"}}}
                for one in containers
            ],
        },
    }


def _owner(kind: str, name: str) -> Object:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": str(uuid.uuid4()), "controller": True}


def _managed() -> Object:
    return {f"f:{field}": {f"f:{n}": {} for n in range(12)} for field in ("metadata", "spec", "status")}


def container_id(dice: random.Random) -> str:
    """Return an id as containerd makes them."""
    return f"{dice.getrandbits(256):064x}"


def running(old: Object, dice: random.Random) -> Object:
    """Return the pod with every container running, under a new id."""
    new = copy.deepcopy(old)
    new["status"]["phase"] = "Running"
    for status in new["status"]["containerStatuses"]:
        status |= {
            "containerID": f"containerd://{container_id(dice)}",
            "ready": True,
            "state": {"running": {"startedAt": STARTED}},
        }
    return new


def crashed(old: Object, place: int = 0, *, reason: str = "Error", code: int = 1) -> Object:
    """Return the pod with one container ended and waiting for its next attempt."""
    new = copy.deepcopy(old)
    status = new["status"]["containerStatuses"][place]
    ended = {"reason": reason, "exitCode": code, "containerID": status.get("containerID")}
    status |= {
        "ready": False,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off restarting failed container"}},
        "lastState": {"terminated": ended},
    }
    return new


def restarted(old: Object, dice: random.Random, place: int = 0) -> Object:
    """Return the pod with one container running again, under a new id."""
    new = copy.deepcopy(old)
    status = new["status"]["containerStatuses"][place]
    status |= {
        "containerID": f"containerd://{container_id(dice)}",
        "ready": True,
        "restartCount": status["restartCount"] + 1,
        "state": {"running": {"startedAt": STARTED}},
    }
    return new


def ended(old: Object, phase: str = "Succeeded", reason: str = "Completed", code: int = 0) -> Object:
    """Return the pod with every container ended for good."""
    new = copy.deepcopy(old)
    new["status"]["phase"] = phase
    for status in new["status"]["containerStatuses"]:
        status |= {"ready": False, "state": {"terminated": {"reason": reason, "exitCode": code}}}
    return new
