"""The settings of notifiers as JSON schema."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from gobs_core import NotifierConfig, Secret
from gobs_notifiers.apprise import AppriseNotifier
from gobs_notifiers.discord import DiscordNotifier
from gobs_notifiers.webhook import WebhookNotifier
from gobs_server.alerts.conditions.change import ChangeParameters
from gobs_server.api.alerting.kinds import settings_schema


class Many(NotifierConfig, frozen=True, kw_only=True):
    """Settings of every shape."""

    key: Secret
    """What the service knows
    us by."""
    other: Secret = Secret()
    count: Annotated[int, msgspec.Meta(ge=1)] = 3
    words: list[str] = msgspec.field(default_factory=list)


def of(cls: type[msgspec.Struct]) -> dict[str, Any]:
    schema = settings_schema(cls)
    Draft202012Validator.check_schema(schema)
    found: dict[str, Any] = schema["$defs"][cls.__qualname__]
    return found


@pytest.mark.parametrize("notifier", [AppriseNotifier, DiscordNotifier, WebhookNotifier])
def test_those_of_every_notifier_there_is_can_be_told(notifier: Any) -> None:
    schema = of(notifier.Config)
    lacking = [name for name, told in schema["properties"].items() if not told.get("description")]
    assert lacking == [], "each says what it is"
    assert set(schema["properties"]) == {field.name for field in msgspec.structs.fields(notifier.Config)}


def test_a_secret_is_a_password_and_the_rest_keeps_its_limits_and_defaults() -> None:
    schema = of(Many)
    assert schema["required"] == ["key"]
    assert schema["properties"]["key"] == {
        "type": "string",
        "format": "password",
        "writeOnly": True,
        "description": "What the service knows us by.",
    }
    assert schema["properties"]["other"] == {"type": "string", "format": "password", "writeOnly": True, "default": ""}
    assert schema["properties"]["count"] == {"type": "integer", "minimum": 1, "default": 3}
    assert schema["properties"]["words"]["default"] == []


def test_parameters_of_conditions_say_what_they_are() -> None:
    schema = of(ChangeParameters)
    assert schema["properties"]["within_seconds"]["description"]
    assert schema["required"] == ["change"]
