"""The Kubernetes inventory: which pods are on this node, by one list and a watch, with names, owners and limits."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from gobs_collectors.kubernetes.pace import Pace
from gobs_collectors.kubernetes.settings import HOST, KubernetesConfig, where
from gobs_core import Inventory, NoData, PluginConfig, Report

if TYPE_CHECKING:
    from gobs_collectors.kubernetes.connection import Api

JOIN = 1.5
"""Seconds the thread gets to end; it ends at once, unless it is connecting."""


class KubernetesInventory(Inventory):
    """Asks the Kubernetes API which pods are on this node; without a cluster nothing of that is even imported."""

    name = "kubernetes"
    needs = ("the Kubernetes API: a pod of its own there, or a kubeconfig",)
    environ: ClassVar[Mapping[str, str]] = os.environ
    pace: ClassVar[Pace] = Pace()

    class Config(KubernetesConfig, frozen=True, kw_only=True):
        """Settings, e.g. `[inventories.kubernetes] kubeconfig = "/root/.kube/config"`."""

    def __init__(self, config: PluginConfig, node: str) -> None:
        super().__init__(config, node)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._api: Api | None = None

    def open(self, report: Report) -> None:
        """Ask from a thread of its own; raises NoData where nothing says that there is a cluster."""
        config = self._settings()
        if config.kubeconfig is None and not where(config, self.environ):
            raise NoData(
                f"this is no pod of Kubernetes ({HOST} is not set), so nobody is asked for names; elsewhere set "
                "inventories.kubernetes.kubeconfig"
            )
        self._thread = threading.Thread(target=self._run, args=(report,), name="gobs kubernetes", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the watch and its thread."""
        self._stop.set()
        if self._api is not None:
            self._api.interrupt()
        if self._thread is not None:
            self._thread.join(JOIN)
            self._thread = None

    def _run(self, report: Report) -> None:
        from importlib.util import find_spec

        if find_spec("kubernetes") is None:
            report.trouble("the package `kubernetes` is not installed: pip install 'gobs-collectors[kubernetes]'")
            return
        from gobs_collectors.kubernetes.connection import Api
        from gobs_collectors.kubernetes.watch import watch

        config = self._settings()
        self._api = api = Api(config, self.environ)
        try:
            watch(api, config, config.node or self.node, report, self.pace, self._stop)
        finally:
            api.forget()

    def _settings(self) -> KubernetesConfig:
        assert isinstance(self.config, KubernetesConfig)
        return self.config
