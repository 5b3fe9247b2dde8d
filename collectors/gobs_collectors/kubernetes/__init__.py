"""The Kubernetes API: what the pods of this node are called, who owns them, and what they are promised."""

from __future__ import annotations

from gobs_collectors.kubernetes.inventory import KubernetesInventory
from gobs_core import Inventory, hookimpl

__all__ = ["KubernetesInventory", "gobs_register_inventories"]


@hookimpl
def gobs_register_inventories() -> list[type[Inventory]]:
    """Announce the inventory."""
    return [KubernetesInventory]
