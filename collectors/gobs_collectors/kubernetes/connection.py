"""The one place that uses the official client: configured from a service account or a kubeconfig, asked for raw bytes.

Its typed models are never touched, and the package itself is imported at the first question: in an agent that asks
nobody it costs nothing. Meant for one thread, but for `interrupt`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from gobs_collectors.kubernetes.plumbing import plumbing
from gobs_collectors.kubernetes.settings import KubernetesConfig, where
from gobs_collectors.kubernetes.trouble import TooLarge, Trouble, refused
from gobs_core.later import put_off

_UNUSED = tuple(f"kubernetes.{name}" for name in ("config", "dynamic", "watch", "stream", "leaderelection", "informer"))
"""Parts that the package brings along and that are not used here, or seldom: with what they import, 8 MiB."""
_CONNECT = 5.0
"""Seconds to connect, TLS included."""
_REFUSAL = 65_536
_CHUNK = 65_536


class Api:
    """A connection to the API server, made anew after `forget`. `close` it; safe twice."""

    def __init__(self, config: KubernetesConfig, environ: Mapping[str, str]) -> None:
        self._config = config
        self._environ = environ
        self._client: Any = None
        self._answer: Any = None
        self._ended = False
        put_off((*_UNUSED, "yaml"))
        self.requests = 0
        """How often anything was asked."""

    @contextmanager
    def get(self, path: str, query: Mapping[str, str], *, patience: float) -> Iterator[Iterator[bytes]]:
        """The chunks of an answer as they come; each may take `patience` seconds. Raises Trouble and Gone."""
        import urllib3.exceptions
        from kubernetes.client.exceptions import ApiException

        self.requests += 1
        try:
            client = self._connected()
            asked = client.param_serialize(
                "GET",
                path,
                query_params=list(query.items()),
                header_params={"Accept": "application/json"},
                auth_settings=["BearerToken"],
            )
            self._answer = answer = client.call_api(*asked, _request_timeout=(_CONNECT, patience)).response
            try:
                if self._ended:
                    raise Trouble("nobody asks any more")
                if answer.status != 200:
                    body = answer.read(_REFUSAL)
                    raise refused(answer.status, body, answer.headers.get("Retry-After"), self._shown())
                yield answer.stream(_CHUNK)
            finally:
                self._answer = None
                answer.close()
        except (ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            raise Trouble(self._told(error)) from error

    def read(self, path: str, query: Mapping[str, str], *, patience: float, most: int) -> bytes:
        """A whole answer of at most so many bytes; raises TooLarge, Trouble and Gone."""
        parts: list[bytes] = []
        size = 0
        with self.get(path, query, patience=patience) as chunks:
            for chunk in chunks:
                parts.append(chunk)
                size += len(chunk)
                if size > most:
                    raise TooLarge(f"an answer of the Kubernetes API is larger than {most >> 20} MiB")
        return b"".join(parts)

    def interrupt(self) -> None:
        """Let whoever reads an answer, now or later, find it at its end; from any thread."""
        self._ended = True
        answer = self._answer
        with suppress(Exception):
            answer.connection.sock.shutdown(socket.SHUT_RDWR)

    def forget(self) -> None:
        """Read token, certificates and kubeconfig anew before anything is asked again."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> Any:
        if self._client is None:
            from kubernetes.utils.keepalive import tcp_keepalive_socket_options

            client, configuration = plumbing()
            made = configuration()
            made.retries = False  # how long to wait before the next attempt is decided in one place
            made.connection_pool_maxsize = 1
            made.socket_options = tcp_keepalive_socket_options(idle=20, interval=10, count=3)
            if self._config.kubeconfig is not None:
                self._from_kubeconfig(made)
            else:
                self._from_service_account(made)
            self._client = client(made)
            self._client.user_agent = "gobservability-agent"
        elif self._config.kubeconfig is None:
            self._client.configuration.api_key["BearerToken"] = self._token()
        return self._client

    def _from_kubeconfig(self, made: Any) -> None:
        from kubernetes.config import load_kube_config
        from kubernetes.config.config_exception import ConfigException

        try:
            load_kube_config(  # type: ignore[no-untyped-call]  # the client's configuration has no types
                config_file=self._config.kubeconfig,
                context=self._config.context,
                client_configuration=made,
                persist_config=False,
            )
        except ConfigException as error:
            raise Trouble(f"inventories.kubernetes.kubeconfig: {error}") from None

    def _from_service_account(self, made: Any) -> None:
        made.host = where(self._config, self._environ)
        authority = Path(self._config.service_account, "ca.crt")
        if not authority.is_file():
            raise Trouble(
                f"{authority}: there is no such file, so the Kubernetes API cannot be trusted: let the agent's pod "
                "have its service account (automountServiceAccountToken: true), or name a kubeconfig"
            )
        made.ssl_ca_cert = str(authority)
        made.api_key["BearerToken"] = self._token()

    def _token(self) -> str:
        """The token as it is in its file now: the kubelet writes a new one before the old one ends."""
        path = Path(self._config.service_account, "token")
        try:
            return f"Bearer {path.read_text(encoding='ascii', errors='replace').strip()}"
        except OSError as error:
            raise Trouble(
                f"{path}: {error.strerror}, so the Kubernetes API cannot be asked: let the agent's pod have its "
                "service account (automountServiceAccountToken: true)"
            ) from None

    def _shown(self) -> str:
        return self._config.kubeconfig or str(Path(self._config.service_account, "token"))

    def _told(self, error: Exception) -> str:
        host = self._client.configuration.host if self._client is not None else where(self._config, self._environ)
        text = str(error).partition("\n")[0] if not str(error).startswith("SSLError") else str(error)
        said = " ".join((str(getattr(error, "reason", None) or text)).split())[:300]
        if "certificate" in said.lower() or "ssl" in said.lower():
            return (
                f"the certificate of the Kubernetes API at {host} is not accepted ({said}): it is checked with "
                "ca.crt of inventories.kubernetes.service_account, and must be for that name"
            )
        return f"the Kubernetes API at {host} cannot be reached: {said or type(error).__name__}"
