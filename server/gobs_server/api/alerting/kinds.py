"""What may be set for each notifier and condition, as JSON schema for whoever makes a form of it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from gobs_core import Secret
from gobs_core.settings.reference import field_helps

_PASSWORD = msgspec.Meta(extra_json_schema={"format": "password", "writeOnly": True})


def settings_schema(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON schema of settings or parameters, each with its help; a secret has the format `password`."""
    helps = field_helps(cls)
    fields = [_plain(field, helps.get(field.name)) for field in msgspec.structs.fields(cls)]
    plain = msgspec.defstruct(cls.__qualname__, fields, kw_only=True, forbid_unknown_fields=True)
    return msgspec.json.schema(plain)


def _plain(field: msgspec.structs.FieldInfo, told: str | None) -> tuple[str, Any] | tuple[str, Any, Any]:
    kind: Any = field.type
    default = field.default
    if kind is Secret:
        kind = Annotated[str, _PASSWORD]
        default = str(default) if isinstance(default, Secret) else default
    if told:
        kind = Annotated[kind, msgspec.Meta(description=told)]
    if default is not msgspec.NODEFAULT:
        return field.name, kind, default
    if field.default_factory is not msgspec.NODEFAULT:
        return field.name, kind, msgspec.field(default_factory=field.default_factory)
    return field.name, kind
