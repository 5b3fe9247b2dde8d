"""The reference of settings: complete, from the structs themselves."""

from __future__ import annotations

import msgspec

from gobs_core.plugins import Plugins, load_plugins
from gobs_core.plugins.registry import CONTRACTS
from gobs_core.settings.load import OWN
from gobs_core.settings.reference import Setting, list_settings, section_help
from gobs_core.settings.sources import variable
from tests.core.test_settings import PLUGINS, ServerSettings


def listed(plugins: Plugins = PLUGINS) -> dict[str, Setting]:
    return {setting.path: setting for setting in list_settings(plugins, {"server": ServerSettings}, owners=())}


def test_a_setting_is_listed_with_all_there_is_to_know() -> None:
    found = listed()
    assert found["agent.interval"] == Setting(
        "agent.interval",
        "a duration such as 500ms, 5s, 2m, 1h, or a number of seconds, at least 1s, at most 1h",
        '"5s"',
        "Time between two readings.",
        "GOBS_AGENT__INTERVAL",
        "",
        False,
    )
    assert found["agent.node"].original == "NODE_NAME"
    assert found["sinks.grpc.ring"].default == '"16MiB"'
    assert found["sinks.grpc.tls.verify"].variable == "GOBS_SINKS__GRPC__TLS__VERIFY"
    assert found["sinks.grpc.token"].secret
    assert (
        found["sinks.grpc.queue"].help == "Frames that may wait for this sink before the oldest is dropped and counted."
    )
    assert found["server.database"].original == "POSTGRES_URL"
    assert found["log.level"].type == "one of debug, info, warning, error"


def test_no_setting_is_left_out() -> None:
    found = listed()
    structs: dict[str, type[msgspec.Struct]] = {**OWN, "server": ServerSettings}
    for name, struct in structs.items():
        for field in msgspec.structs.fields(struct):
            assert any(f"{path}.".startswith(f"{name}.{field.name}.") for path in found), field.name
    for contract in CONTRACTS:
        for name, cls in PLUGINS.of_kind(contract.kind).items():
            for field in msgspec.structs.fields(cls.Config):
                assert any(path.startswith(f"{contract.section}.{name}.{field.name}") for path in found)


def test_everything_of_the_installed_plugins_and_programs_has_a_help_text() -> None:
    bare = [setting.path for setting in list_settings(load_plugins()) if not setting.help]
    assert bare == []


def test_sections_say_what_they_are_for() -> None:
    assert all(section_help(struct) for struct in OWN.values())


def test_a_variable_is_the_path_in_capitals() -> None:
    assert variable("sinks.grpc.server") == "GOBS_SINKS__GRPC__SERVER"
