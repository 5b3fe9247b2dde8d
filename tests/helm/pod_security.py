"""The Pod Security Standards, as far as a chart can break them: which controls a pod's specification does not keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

BASELINE_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip


def baseline(pod: dict[str, Any]) -> set[str]:
    """What the level "baseline" forbids and the pod has."""
    return set(_baseline(pod))


def restricted(pod: dict[str, Any]) -> set[str]:
    """What the level "restricted" forbids or wants and the pod has or lacks, baseline's included."""
    return set(_baseline(pod)) | set(_restricted(pod))


def _baseline(pod: dict[str, Any]) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(name):
            yield name
    for volume in pod.get("volumes", []):
        if "hostPath" in volume:
            yield f"hostPath {volume['hostPath']['path']}"
    yield from _unconfined(pod.get("securityContext", {}))
    for container in _containers(pod):
        security = container.get("securityContext", {})
        yield from _unconfined(security)
        if security.get("privileged"):
            yield "privileged"
        for capability in security.get("capabilities", {}).get("add", []):
            if capability not in BASELINE_CAPABILITIES:
                yield f"capability {capability}"
        if any(port.get("hostPort") for port in container.get("ports", [])):
            yield "hostPort"


def _unconfined(context: dict[str, Any]) -> Iterator[str]:
    for name in ("seccompProfile", "appArmorProfile"):
        if context.get(name, {}).get("type") == "Unconfined":
            yield f"{name} Unconfined"


def _restricted(pod: dict[str, Any]) -> Iterator[str]:
    for volume in pod.get("volumes", []):
        kind = next(key for key in volume if key != "name")
        if kind not in RESTRICTED_VOLUMES and kind != "hostPath":
            yield f"volume {kind}"
    of_pod = pod.get("securityContext", {})
    for container in _containers(pod):
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            yield "allowPrivilegeEscalation"
        if own.get("runAsNonRoot", of_pod.get("runAsNonRoot")) is not True:
            yield "runAsNonRoot"
        if own.get("runAsUser", of_pod.get("runAsUser")) == 0:
            yield "runAsUser 0"
        if own.get("seccompProfile", of_pod.get("seccompProfile", {})).get("type") not in {
            "RuntimeDefault",
            "Localhost",
        }:
            yield "seccomp"
        capabilities = own.get("capabilities", {})
        if capabilities.get("drop") != ["ALL"]:
            yield "capabilities drop"
        for capability in capabilities.get("add", []):
            if capability != "NET_BIND_SERVICE":
                yield f"capability {capability}"


def _containers(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from pod.get(kind, [])
