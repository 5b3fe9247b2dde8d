"""What the settings of each notifier are, as JSON schema for whoever makes a form of it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from gobs_core import NotifierConfig, Secret

_PASSWORD = msgspec.Meta(extra_json_schema={"format": "password", "writeOnly": True})


def settings_schema(cls: type[NotifierConfig]) -> dict[str, Any]:
    """The JSON schema of a notifier's settings; a secret is a text with the format `password`."""
    fields = [_plain(field) for field in msgspec.structs.fields(cls)]
    plain = msgspec.defstruct(cls.__qualname__, fields, kw_only=True, forbid_unknown_fields=True)
    return msgspec.json.schema(plain)


def _plain(field: msgspec.structs.FieldInfo) -> tuple[str, Any] | tuple[str, Any, Any]:
    kind: Any = field.type
    default = field.default
    if kind is Secret:
        kind = Annotated[str, _PASSWORD]
        default = str(default) if isinstance(default, Secret) else default
    if default is not msgspec.NODEFAULT:
        return field.name, kind, default
    if field.default_factory is not msgspec.NODEFAULT:
        return field.name, kind, msgspec.field(default_factory=field.default_factory)
    return field.name, kind
