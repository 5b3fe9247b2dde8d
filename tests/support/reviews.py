"""A Kubernetes API that judges tokens: TokenReview over TLS on a real socket, after the API's schema.

What it stands for: kube-apiserver's POST /apis/authentication.k8s.io/v1/tokenreviews, which checks a token's signature,
its end, its audience and what it is bound to. A real API server cannot run here.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiohttp import web

from gobs_server.settings import TokenReviewSettings
from tests.support.secrets import MARK, marked

AUDIENCE = "gobservability"
ACCOUNT = "gobs/gobs-agent"
SERVER_TOKEN = marked("the-servers-own")


@dataclass
class Cluster:
    """Issues tokens and judges them. Its fields may be changed while it runs."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)
    issued: dict[str, dict[str, Any]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    reviews: list[str] = field(default_factory=list)
    """Tokens of agents that were asked about, in order."""
    answers: Any = None
    """What is answered instead, as (status, body); None: the truth."""
    knows_audiences: bool = True
    """Whether it is new enough to tell whom a token is for."""
    delay: float = 0.0
    at_once: int = 0
    most_at_once: int = 0
    connections: set[Any] = field(default_factory=set)
    url: str = ""

    def issue(
        self, node: str | None, *, account: str = ACCOUNT, audience: str = AUDIENCE, lasts: float = 3600.0
    ) -> str:
        """A token of that account, bound to a pod on that node."""
        namespace, name = account.split("/")
        claims: dict[str, Any] = {
            "aud": [audience],
            "exp": int(time.time() + lasts),
            "iat": int(time.time()),
            "iss": "https://kubernetes.default.svc.cluster.local",
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name, "uid": "0"}},
            "sub": f"system:serviceaccount:{namespace}:{name}",
            "jti": str(len(self.issued)),
        }
        token = ".".join([_part({"alg": "RS256", "kid": "k"}), _part(claims), f"{MARK}{len(self.issued)}"])
        self.issued[token] = {**claims, "node": node}
        return token

    def settings(self, **more: Any) -> TokenReviewSettings:
        """What a server in the cluster would have set."""
        given = {"accounts": (ACCOUNT,), "api": self.url, "timeout": 2.0, **more}
        return TokenReviewSettings(
            ca_file=str(self.folder / "ca.crt"), token_file=str(self.folder / "server-token"), **given
        )

    def judge(self, token: str, audiences: list[str]) -> dict[str, Any]:
        """`status` of a TokenReview."""
        claims = self.issued.get(token)
        if claims is None:
            return {"user": {}, "error": "[invalid bearer token, square/go-jose: error in cryptographic primitive]"}
        if claims["exp"] <= time.time():
            return {"user": {}, "error": "[invalid bearer token, service account token has expired]"}
        if token in self.revoked:
            return {"user": {}, "error": "[invalid bearer token, service account token has been invalidated]"}
        if self.knows_audiences and not set(audiences) & set(claims["aud"]):
            return {"user": {}, "error": "[invalid bearer token, token audiences do not match]"}
        extra = {
            "authentication.kubernetes.io/credential-id": [f"JTI={claims['jti']}"],
            "authentication.kubernetes.io/pod-name": ["agent-x"],
            "authentication.kubernetes.io/pod-uid": [f"pod-{claims['jti']}"],
        }
        if claims["node"] is not None:
            extra["authentication.kubernetes.io/node-name"] = [claims["node"]]
            extra["authentication.kubernetes.io/node-uid"] = [f"uid-of-{claims['node']}"]
        groups = ["system:serviceaccounts", "system:authenticated"]
        status = {
            "authenticated": True,
            "user": {"username": claims["sub"], "uid": "0", "groups": groups, "extra": extra},
        }
        if self.knows_audiences:
            status["audiences"] = [one for one in audiences if one in claims["aud"]]
        return status

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one POST."""
        self.connections.add(request.transport)
        if request.headers.get("Authorization") != f"Bearer {SERVER_TOKEN}":
            return _status(401, "Unauthorized")
        if self.answers is not None:
            status, body = self.answers
            return web.Response(status=status, body=body, content_type="application/json")
        asked = await request.json()
        assert (asked["apiVersion"], asked["kind"]) == ("authentication.k8s.io/v1", "TokenReview")
        token, audiences = asked["spec"]["token"], asked["spec"]["audiences"]
        if token != SERVER_TOKEN:
            self.reviews.append(token)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.delay)
        self.at_once -= 1
        made = {**asked, "metadata": {"creationTimestamp": None}, "status": self.judge(token, audiences)}
        return web.json_response(made, status=201)


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[Cluster]:
    """A cluster whose API answers on loopback, and the files that a pod in it would find."""
    made = Cluster(folder)
    made.authority.cert_pem.write_to_path(str(folder / "ca.crt"))
    (folder / "server-token").write_text(f"{SERVER_TOKEN}\n")
    app = web.Application()
    app.router.add_post("/apis/authentication.k8s.io/v1/tokenreviews", made.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.authority.issue_cert("127.0.0.1").configure_cert(context)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    made.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def _status(code: int, reason: str) -> web.Response:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": reason,
        "code": code,
    }
    return web.json_response(body, status=code)
