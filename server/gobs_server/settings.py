"""What may be set for the server: `[server]` in the settings file, GOBS_SERVER__… in the environment, and flags."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from gobs_core.folders import state_dir
from gobs_core.outgoing import Inside
from gobs_core.settings import Section
from gobs_core.values import Duration, Secret, Size
from gobs_server.access_settings import AccessSettings, OidcSettings, ProxySettings
from gobs_server.alert_settings import AlertSettings

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where Kubernetes puts a pod's own token and the API server's authority."""
_Seconds = Annotated[Duration, msgspec.Meta(gt=0)]
_Count = Annotated[int, msgspec.Meta(ge=1)]


class TokenReviewSettings(Section, frozen=True, kw_only=True):
    """Agents in Kubernetes show a token of their service account, which the Kubernetes API is asked about."""

    accounts: tuple[str, ...] = ()
    """Service accounts of agents, NAMESPACE/NAME; set: each is taken as the node that its token is bound to."""
    audience: str = "gobservability"
    """Whom the tokens are for; the same as in the projected volume of the agent's pod."""
    api: str = ""
    """The API server, https://HOST:PORT; unset: where a pod is told it is."""
    ca_file: str = f"{SERVICE_ACCOUNT}/ca.crt"
    """PEM certificate of the API server's authority; read anew for each question."""
    token_file: str = f"{SERVICE_ACCOUNT}/token"
    """The server's own token; its service account needs the cluster role system:auth-delegator."""
    remember: _Seconds = 60.0
    """How long it is remembered whose token it is."""
    skew: Annotated[Duration, msgspec.Meta(ge=0)] = 30.0
    """How far the clocks of API server and server may be apart."""
    timeout: Annotated[Duration, msgspec.Meta(gt=0, le=8)] = 5.0
    """How long the API server may take to answer."""
    at_once: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8
    """Questions to the API server at once."""

    def __post_init__(self) -> None:
        """Check what one setting alone cannot tell."""
        for account in self.accounts:
            namespace, slash, name = account.partition("/")
            if not (namespace and slash and name) or "/" in name:
                raise ValueError(
                    f"accounts: expected NAMESPACE/NAME such as monitoring/gobs-agent, got {account!r:.100}"
                )
        if self.api and not self.api.startswith("https://"):
            raise ValueError(f"api: expected https://HOST:PORT, got {self.api!r:.100}")
        if not self.audience:
            raise ValueError("audience: expected whom the tokens are for, got nothing")


class ServerSettings(Section, frozen=True, kw_only=True):
    """Settings of the server. A value; made once at start."""

    http: str = ""
    """HOST:PORT of pages and REST; 0.0.0.0:8080 for `gobs server` and 127.0.0.1:8080 for `gobs up` unless set."""
    grpc: str = ""
    """HOST:PORT agents connect to; 0.0.0.0:9090 for `gobs server` and 127.0.0.1:9090 for `gobs up` unless set."""
    allowed_hosts: str = ""
    """More names the pages may be asked for under, with commas between them; a name that is not known is refused."""
    url: str = ""
    """The address people open, e.g. https://gobs.example.org; links lead there, and its name is allowed."""
    http_cert_file: str = ""
    """PEM certificate for the pages, with its chain; unset: they are served in plain text, for a proxy that has one."""
    http_key_file: str = ""
    """PEM key of that certificate."""
    data: str = ""
    """Folder for what outlives the server; the XDG state folder unless set."""
    database: Secret = Secret("")
    """postgres://… or sqlite://…; a SQLite file in `data` unless set."""
    token: Secret = Secret("")
    """What agents must show before anything they send is read; unset: any agent may join."""
    cert_file: str = ""
    """PEM certificate for agents' connections, with its chain; unset: one of the server's own making in `data`, and on
    loopback plain text."""
    key_file: str = ""
    """PEM key of the certificate."""
    client_ca_file: str = ""
    """PEM certificates one of which must have signed an agent's own (mTLS), which names its node; unset: agents need no
    certificate."""
    cert_names: tuple[str, ...] = ()
    """More names and addresses agents reach the server by, for a certificate of its own making."""
    insecure: bool = False
    """Take agents of other machines without TLS: everything, their tokens too, travels in the clear."""
    stale: _Seconds = 10.0
    """Silence after which a node is stale; two of its intervals if that is longer."""
    down: _Seconds = 60.0
    """Silence after which a node is down; later by as much as `stale` had to be."""
    history: Annotated[Duration, msgspec.Meta(ge=0)] = 3600.0
    """How much of the past is kept in memory; 0: nothing."""
    history_bytes: Annotated[Size, msgspec.Meta(ge=0)] = 256 << 20
    """Memory all history together may take before the oldest is let go."""
    max_agents: _Count = 5000
    """Streams served at once; more are refused."""
    max_nodes: _Count = 5000
    """Nodes known at once; an agent of a further name is refused until one is forgotten."""
    forget: _Seconds = 7 * 86400.0
    """How long a node may be down before it is forgotten, in the database too."""
    refresh: Annotated[Duration, msgspec.Meta(ge=0.5, le=3600)] = 2.0
    """Time between two polls of a page, unless whoever looks at it has chosen another."""
    gallery: bool = False
    """Whether there is a page at /gallery with every component of the pages, for those who build them."""
    drain: Annotated[Duration, msgspec.Meta(ge=0)] = 5.0
    """How long requests under way are given when the server ends."""
    stream_age: Annotated[Duration, msgspec.Meta(ge=10)] = 1800.0
    """Longest life of an agent's stream; it is then asked who it is anew, and loses nothing."""
    stream_grace: Annotated[Duration, msgspec.Meta(ge=0)] = 3600.0
    """How much longer streams stay while nobody can tell who they are, e.g. because the Kubernetes API is down."""
    profiles: Annotated[Duration, msgspec.Meta(gt=0)] = 30 * 86400.0
    """How long a profile is kept in the database, unless it is pinned."""
    profiles_bytes: Annotated[Size, msgspec.Meta(ge=1 << 20)] = 1 << 30
    """What all profiles together may take in the database before the oldest is let go."""
    inside_targets: tuple[str, ...] = ()
    """Networks, addresses and host names on the inside that channels of alerts may call, e.g. 10.1.0.0/16; unset: none,
    so that whoever may make a channel cannot reach what only the server can."""
    tokenreview: TokenReviewSettings = TokenReviewSettings()
    access: AccessSettings = AccessSettings()
    oidc: OidcSettings = OidcSettings()
    proxy: ProxySettings = ProxySettings()
    alerts: AlertSettings = AlertSettings()

    def folder(self) -> Path:
        """The folder for what outlives the server; raises UserError where nothing says which."""
        return Path(self.data).expanduser() if self.data else state_dir(os.environ)

    def __post_init__(self) -> None:
        """Refuse what only makes sense together."""
        if self.url and (wrong := _wrong_url(self.url)):
            raise ValueError(f"url: expected {wrong}, got {self.url!r:.200}")
        if self.oidc.issuer and not self.url:
            raise ValueError("url: expected the address people open, which the provider of [server.oidc] sends them to")
        try:
            Inside.parse(self.inside_targets)
        except ValueError as error:
            raise ValueError(f"inside_targets: {error}") from None
        if bool(self.http_cert_file) != bool(self.http_key_file):
            raise ValueError("http_cert_file: expected http_key_file beside it, got only one of them")


def _wrong_url(url: str) -> str:
    """Return what an address of the pages must be if this is none."""
    parts = urlsplit(url)
    good = (
        parts.scheme in ("http", "https") and parts.hostname and not (parts.query or parts.fragment or parts.username)
    )
    if not good:
        return "an address such as https://gobs.example.org"
    return "" if parts.path in ("", "/") else "an address without a path"
