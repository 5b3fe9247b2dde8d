"""An OpenID provider that speaks the protocol over TLS on a real socket, and can be told to be wrong in any way."""

from __future__ import annotations

import hmac
import json
import ssl
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import trustme
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet, RSAKey
from quart import Quart, Response, jsonify, request

from gobs_server.serving import WebServer
from tests.support.secrets import MARK

CLIENT, SECRET = "gobs", f"{MARK} the client's secret: %/+"
Wrong = Callable[[dict[str, Any]], dict[str, Any]]


def _same(found: dict[str, Any]) -> dict[str, Any]:
    return found


class Provider:
    """One provider. Whatever is set on it holds from the next request on."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.issuer = ""
        self.now = now
        self.keys: list[Key] = [rsa_key("one")]
        self.sign_with: Key | None = None
        """Another key than the first."""
        self.forge: Callable[[dict[str, Any]], str] | None = None
        """Makes a token in another way."""
        self.header: dict[str, Any] = {}
        """More of the token's header."""
        self.person: dict[str, Any] = {"sub": "248289", "preferred_username": "Jane", "groups": ["ops"]}
        self.metadata: Wrong = _same
        self.claims: Wrong = _same
        self.given: Wrong = _same
        """What the token endpoint answers."""
        self.userinfo: dict[str, Any] = {}
        self.answer: dict[str, Response] = {}
        """Path -> what is answered in place of the protocol."""
        self.denied = ""
        """Why nobody is let in; empty: everybody is."""
        self.methods: list[str] | None = None
        self.asked: list[str] = []
        self.seen: list[str] = []
        """Everything that came in, whole."""
        self._codes: dict[str, dict[str, str]] = {}

    def app(self) -> Quart:
        """The provider as an app."""
        app = Quart("provider")

        @app.before_request
        async def note() -> Response | None:
            self.asked.append(f"{request.method} {request.path}")
            body = await request.get_data()
            self.seen.append(f"{request.full_path} {dict(request.headers)} {body!r}")
            return self.answer.get(request.path)

        @app.get("/.well-known/openid-configuration")
        async def configuration() -> Response:
            found: dict[str, Any] = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "more": {"that": "nobody reads"},
            }
            if self.methods is not None:
                found["token_endpoint_auth_methods_supported"] = self.methods
            return jsonify(self.metadata(found))

        @app.get("/keys")
        async def keys() -> Response:
            odd = {"kty": "AKP", "kid": "of another time", "alg": "ML-DSA-44", "pub": "x"}
            return jsonify({"keys": [odd, *KeySet(self.keys).as_dict(private=False)["keys"]]})

        @app.get("/authorize")
        async def authorize() -> Response:
            asked = request.args.to_dict()
            assert asked["response_type"] == "code"
            assert asked["client_id"] == CLIENT
            assert asked["code_challenge_method"] == "S256"
            assert "openid" in asked["scope"].split()
            back: dict[str, str] = {"state": asked["state"]}
            if self.denied:
                back |= {"error": self.denied, "error_description": "<b>no</b>"}
            else:
                code = f"code-{len(self._codes)}"
                self._codes[code] = asked
                back |= {"code": code, "iss": self.issuer}
            return Response(b"", 302, {"Location": f"{asked['redirect_uri']}?{urlencode(back)}"})

        @app.post("/token")
        async def token() -> Any:
            form = (await request.form).to_dict()
            asked = self._codes.pop(form.get("code", ""), None)
            if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
                return jsonify({"error": "invalid_grant"}), 400
            if (
                urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
                != asked["code_challenge"]
            ):
                return jsonify({"error": "invalid_grant", "error_description": "PKCE"}), 400
            if self._shown(form) != SECRET:
                return jsonify({"error": "invalid_client"}), 401
            given = {"access_token": "the access token", "token_type": "Bearer", "id_token": self._token(asked)}
            return jsonify(self.given(given))

        @app.get("/userinfo")
        async def userinfo() -> Any:
            if request.headers.get("Authorization") != "Bearer the access token":
                return jsonify({"error": "invalid_token"}), 401
            return jsonify(self.userinfo)

        return app

    def _shown(self, form: dict[str, str]) -> str:
        header = request.headers.get("Authorization", "")
        if header.startswith("Basic "):
            name, _, secret = b64decode(header[6:]).decode().partition(":")
            return unquote_plus(secret) if unquote_plus(name) == CLIENT else ""
        return form.get("client_secret", "")

    def _token(self, asked: dict[str, str]) -> str:
        now = int(self.now())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
        }
        if self.forge is not None:
            return self.forge(claims)
        key = self.sign_with or self.keys[0]
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        header = {"alg": algorithm, **({"kid": key.kid} if key.kid else {}), **self.header}
        return jwt.encode(header, self.claims(claims), key, algorithms=["RS256", "ES256"])


@cache
def rsa_key(kid: str) -> RSAKey:
    """A key; making one takes long."""
    return RSAKey.generate_key(2048, {"kid": kid} if kid else None)


@cache
def _authority() -> trustme.CA:
    return trustme.CA()


def forged(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """A token that is signed with a secret, or not at all."""
    content = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return f"{content}.{_base64(hmac.digest(secret, content.encode(), 'sha256')) if secret else ''}"


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


@asynccontextmanager
async def provider(folder: Path, now: Callable[[], float]) -> AsyncIterator[tuple[Provider, Path]]:
    """Run a provider; with it comes the file of who vouches for its certificate."""
    authority = _authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusted = folder / "provider-ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    made = Provider(now)
    server = WebServer(made.app(), "127.0.0.1:0", drain=0.1, tls=context)
    address = await server.start()
    made.issuer = f"https://localhost:{address.rpartition(':')[2]}"
    try:
        yield made, trusted
    finally:
        await server.stop()


def query_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
