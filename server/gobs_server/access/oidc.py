"""Logging in at a provider: OpenID Connect, the code flow with PKCE, from the redirect there to who came back."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from gobs_server.access.people import People, Person
from gobs_server.access.provider import Provider, ProviderFault
from gobs_server.access_settings import OidcSettings
from gobs_server.clock import Clock

CALLBACK = "/login/oidc/callback"
LASTS = 600.0
"""Seconds somebody may be away at the provider."""
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
_KEYS = ("RSA", "EC", "OKP")
_SKEW = 60
_MOST_GROUPS = 2000


class NotLetIn(ProviderFault):
    """The provider knows who that is, and nothing here lets that one in."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name[:100]!r} is in no group that server.oidc lets in")
        self.name = name


class Away(msgspec.Struct, frozen=True):
    """What a browser carries while somebody is at the provider. Signed by the server, so nobody else can begin one."""

    state: str
    nonce: str
    verifier: str
    goal: str
    until: float


class Departure(NamedTuple):
    """Where to send a browser, and what it is to carry meanwhile."""

    url: str
    cookie: str


class OidcLogin:
    """Lives as long as the server; a login that is under way when it starts anew has to begin again."""

    def __init__(self, settings: OidcSettings, url: str, people: People, clock: Clock) -> None:
        self.provider = Provider(settings, clock)
        self._settings = settings
        self._redirect = url.rstrip("/") + CALLBACK
        self._people = people
        self._clock = clock
        self._key = secrets.token_bytes(32)

    async def depart(self, goal: str) -> Departure:
        """Begin; raises ProviderFault."""
        metadata = await self.provider.metadata()
        away = Away(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            goal=goal,
            until=self._clock.wall() + LASTS,
        )
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect,
            "scope": self._settings.scope,
            "state": away.state,
            "nonce": away.nonce,
            "code_challenge": _base64(sha256(away.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return Departure(f"{metadata.authorization_endpoint}{joint}{urlencode(query)}", self._sealed(away))

    async def arrive(self, query: Mapping[str, str], cookie: str) -> tuple[Person, str]:
        """Return who came back, and where they wanted to go; raises ProviderFault, Unavailable."""
        away = self._opened(cookie)
        if away is None or not hmac.compare_digest(away.state.encode(), query.get("state", "").encode()):
            raise ProviderFault("what came back does not belong to a login that this browser began in the last minutes")
        if query.get("iss", self._settings.issuer) != self._settings.issuer:
            raise ProviderFault(f"another provider has answered: {query['iss'][:200]!r}")
        if "code" not in query:
            said = f"{query.get('error', 'nothing')[:60]} {query.get('error_description', '')[:200]}".strip()
            raise ProviderFault(f"it let nobody in: {said}")
        given = await self.provider.exchange(query["code"], away.verifier, self._redirect)
        claims = await self._claims(given, away.nonce)
        subject = f"{self._settings.issuer} {claims['sub']}"
        name, groups = self._name(claims), self._groups(claims)
        role = self._settings.role(name, groups)
        if role is None:
            raise NotLetIn(name)
        return await self._people.arrived(subject, name, role), away.goal

    async def _claims(self, given: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        token = given.get("id_token")
        if not isinstance(token, str):
            raise ProviderFault("it gave no id_token")
        claims = await self._verified(token)
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        if len(audience) > 1 and claims.get("azp") != self._settings.client_id:
            raise ProviderFault("its id_token is for several parties and not issued to this one")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise ProviderFault("its id_token is of another login (nonce)")
        if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255:
            raise ProviderFault("its id_token names nobody (sub)")
        access = given.get("access_token")
        if isinstance(access, str) and self._settings.groups_claim not in claims:
            more = await self.provider.userinfo(access)
            if more and more.get("sub") != claims["sub"]:
                raise ProviderFault("its userinfo is about somebody else")
            claims = {**more, **claims}
        return claims

    async def _verified(self, token: str) -> dict[str, Any]:
        from joserfc.errors import JoseError

        try:
            return self._decoded(token, await self.provider.keys())
        except (JoseError, ValueError, TypeError, KeyError) as first:
            keys = await self.provider.keys(anew=True)  # it may have changed its keys since
            try:
                return self._decoded(token, keys)
            except (JoseError, ValueError, TypeError, KeyError):
                raise ProviderFault(f"its id_token cannot be believed: {type(first).__name__}: {first}") from None

    def _decoded(self, token: str, keys: dict[str, Any]) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.jwk import KeySet

        usable = [key for key in keys["keys"] if key.get("kty") in _KEYS and key.get("use", "sig") == "sig"]
        key_set = KeySet.import_key_set({"keys": usable})
        found = jwt.decode(token, key_set, algorithms=_ALGORITHMS)
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.wall()),
            leeway=_SKEW,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": self._settings.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        registry.validate(found.claims)
        return found.claims

    def _name(self, claims: Mapping[str, Any]) -> str:
        for claim in (self._settings.name_claim, "email", "sub"):
            value = claims.get(claim)
            if isinstance(value, str) and value.strip() and value.isprintable():
                return value.strip()[:150]
        return "somebody"

    def _groups(self, claims: Mapping[str, Any]) -> frozenset[str]:
        found = claims.get(self._settings.groups_claim, [])
        listed = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        # a group called `user:…` would pass for a single person's entry
        return frozenset(group for group in listed[:_MOST_GROUPS] if isinstance(group, str) and group[:5] != "user:")

    def _sealed(self, away: Away) -> str:
        content = _base64(msgspec.json.encode(away))
        return f"{content}.{self._seal(content)}"

    def _opened(self, cookie: str) -> Away | None:
        content, _, seal = cookie.partition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(content).encode()):
            return None
        away = msgspec.json.decode(urlsafe_b64decode(content + "=="), type=Away)
        return away if self._clock.wall() < away.until else None

    def _seal(self, content: str) -> str:
        return _base64(hmac.digest(self._key, content.encode(), "sha256"))


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
