"""The settings of the Kubernetes inventory, and what they and the environment say of where the API is."""

from __future__ import annotations

from collections.abc import Mapping

from gobs_core import PluginConfig

HOST, PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"
"""What every pod is told of where its API server is."""
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class KubernetesConfig(PluginConfig, frozen=True, kw_only=True):
    """Settings of the Kubernetes inventory. Where nothing says where a cluster is, it asks nobody."""

    node: str | None = None
    """This node's name in Kubernetes; unset: agent.node."""
    kubeconfig: str | None = None
    """A kubeconfig file, for a machine that is no pod; unset: the service account of the agent's own pod."""
    context: str | None = None
    """Which context of the kubeconfig; unset: its current one."""
    server: str | None = None
    """The API server, https://HOST:PORT; unset: where every pod is told it is."""
    service_account: str = SERVICE_ACCOUNT
    """The folder with the service account's `token` and `ca.crt`."""
    labels: tuple[str, ...] | None = None
    """Names of the labels that are kept, `[]` for none; unset: all but those that controllers add, which only repeat
    names."""

    def __post_init__(self) -> None:
        """Refuse an address in the clear: the token would travel with it."""
        if self.server is not None and not self.server.startswith("https://"):
            raise ValueError(f"server: expected https://HOST:PORT, got {self.server!r:.80}")


def where(config: KubernetesConfig, environ: Mapping[str, str]) -> str:
    """The API server's address as far as settings or environment tell; empty where there is no cluster to ask."""
    if config.server is not None:
        return config.server.rstrip("/")
    if not environ.get(HOST):
        return ""
    host = environ[HOST]
    return f"https://{f'[{host}]' if ':' in host else host}:{environ.get(PORT) or 443}"
