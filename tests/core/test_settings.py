"""Settings: file below environment below flags, every fault at once with its place, secrets from files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gobs_core import (
    CollectorConfig,
    Duration,
    NotifierConfig,
    Secret,
    SettingsError,
    SinkConfig,
    Size,
    UserError,
)
from gobs_core.plugins import Plugins, load_plugins
from gobs_core.settings import Flag, Section, Setup, load_settings
from gobs_core.settings.sections import AgentSettings
from tests.core.fakes import FakeCollector, FakeEntryPoint, FakeNotifier, FakeProfiler, FakeSink, healthy, module
from tests.server.alerts.theirs import THEIRS, LineNotifier


class Tls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A nested table."""

    ca: str = ""
    verify: bool = True


class GrpcConfig(SinkConfig, frozen=True, kw_only=True):
    """As a sink may have them."""

    server: str = "127.0.0.1:9090"
    token: Secret = Secret("")
    ring: Annotated[Size, msgspec.Meta(ge=1024)] = 16 << 20
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    mode: Literal["fast", "safe"] = "safe"
    tls: Tls = Tls()
    ports: list[int] = msgspec.field(default_factory=list)


class Grpc(FakeSink):
    """A sink with settings."""

    name = "grpc"
    Config = GrpcConfig


class CpuConfig(CollectorConfig, frozen=True, kw_only=True):
    """As a collector may have them."""

    per_cpu: bool = True


class Cpu(FakeCollector):
    """A collector with settings."""

    name = "cpu"
    Config = CpuConfig


class DiscordConfig(NotifierConfig, frozen=True, kw_only=True):
    """As a notifier may have them."""

    webhook_url: Secret


PLUGINS = Plugins(collectors={"cpu": Cpu}, sinks={"grpc": Grpc, "fake": FakeSink})


class ServerSettings(Section, frozen=True, kw_only=True):
    """As the server has them."""

    http: str = "127.0.0.1:8080"
    database: Secret = Secret("")
    retention: Duration = 3600.0


def load(
    toml: str = "",
    environ: Mapping[str, str] | None = None,
    *flags: Flag,
    folder: Path | None = None,
    **rest: Any,
) -> Setup:
    config = None
    if folder is not None:
        (folder / "gobs.toml").write_text(toml)
        config = str(folder / "gobs.toml")
    rest = {"plugins": PLUGINS, "owners": (), "system_file": Path("/nowhere/gobs.toml"), **rest}
    return load_settings(environ=environ or {}, config=config, flags=flags, **rest)


def faults(*args: Any, **rest: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(*args, **rest)
    return list(caught.value.faults)


def faults_if_any(environ: Mapping[str, str], *flags: Flag) -> tuple[str, ...]:
    try:
        load("", environ, *flags)
    except SettingsError as error:
        return error.faults
    return ()


def test_a_wrong_section_of_a_notifier_of_others_breaks_the_channel_it_makes_and_not_the_notifier(
    tmp_path: Path,
) -> None:
    plugins = Plugins(
        notifiers={"line": LineNotifier}, sinks={"fake": FakeSink}, origins={("notifier", "line"): THEIRS}
    )
    file = tmp_path / "gobs.toml"
    file.write_text("[notifiers.line]\npath = 3\n")
    setup = load_settings(environ={}, config=str(file), plugins=plugins)
    assert set(setup.plugins.notifiers) == {"line"}
    assert setup.plugins.failed == ()
    assert "path" in setup.settings.unfit["line"]
    [warning] = setup.settings.warnings
    assert warning.endswith("the channel that these settings make waits until that is mended")
    assert ("notifier", "line") in setup.settings.named


def test_without_any_source_everything_has_its_default() -> None:
    settings = load().settings
    assert settings.agent.interval == 5.0
    assert settings.agent.node
    assert settings.log.format == "auto"
    assert settings.config("collector", Cpu) == CpuConfig()
    assert settings.named == frozenset()


def test_the_environment_counts_more_than_the_file_and_flags_more_than_both(tmp_path: Path) -> None:
    toml = '[agent]\nnode = "file"\nproc_root = "/file"\nsys_root = "/file"\n'
    environ = {"GOBS_AGENT__NODE": "environment", "GOBS_AGENT__PROC_ROOT": "/environment"}
    agent = load(toml, environ, Flag("agent.node", "flag", "--node"), folder=tmp_path).settings.agent
    assert (agent.node, agent.proc_root, agent.sys_root) == ("flag", "/environment", "/file")


def test_sources_mix_within_one_plugin(tmp_path: Path) -> None:
    toml = '[sinks.grpc]\nring = "1MiB"\nlabels = {a = "1"}\n[sinks.grpc.tls]\nca = "x"\n'
    environ = {
        "GOBS_SINKS__GRPC__TLS__VERIFY": "false",
        "GOBS_SINKS__GRPC__LABELS__B": "2",
        "GOBS_SINKS__GRPC__PORTS": "1, 2,3",
        "GOBS_SINKS__GRPC__QUEUE": "7",
    }
    config = load(toml, environ, Flag("sinks.grpc.server", "h:1", "--server"), folder=tmp_path).settings.config(
        "sink", Grpc
    )
    assert config == GrpcConfig(
        ring=1 << 20, labels={"a": "1", "b": "2"}, tls=Tls("x", False), ports=[1, 2, 3], queue=7, server="h:1"
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("5s", 5), ("1500ms", 1.5), ("2m", 120), ("1h", 3600), ("7", 7), ("2.5", 2.5), (" 3 s ", 3)]
)
def test_durations_are_written_as_people_do(text: str, seconds: float) -> None:
    assert load("", {"GOBS_AGENT__INTERVAL": text}).settings.agent.interval == seconds


def test_a_duration_in_the_file_is_a_text_or_a_number(tmp_path: Path) -> None:
    for toml in ("interval = 2", "interval = 2.0", 'interval = "2s"'):
        assert load(f"[agent]\n{toml}\n", folder=tmp_path).settings.agent.interval == 2.0


@pytest.mark.parametrize(
    ("text", "size"), [("1024", 1024), ("64KiB", 65536), ("1.5 MiB", 1572864), ("10MB", 10_000_000)]
)
def test_sizes_are_written_as_people_do(text: str, size: int) -> None:
    assert load("", {"GOBS_SINKS__GRPC__RING": text}).settings.config("sink", Grpc).ring == size


def test_lists_in_the_environment_have_commas_or_are_json() -> None:
    for text in ("fake,grpc", '["fake", "grpc"]', " fake , grpc ,"):
        assert load("", {"GOBS_AGENT__SINKS": text}).settings.agent.sinks == ["fake", "grpc"]


def test_all_faults_are_reported_together_each_with_its_place(tmp_path: Path) -> None:
    toml = """
        [agent]
        interval = "0.5s"
        nodee = "x"
        proc_root = 5
        [log]
        level = "loud"
        [collectors.cpu]
        per_cpu = "yes"
        [collectors.cup]
        interval = "5s"
        [sinks.grpc]
        mode = "slow"
        ports = [1, "x"]
        [sinks.grpc.tls]
        cb = 1
        [colectors.cpu]
        interval = "5s"
    """
    file = tmp_path / "gobs.toml"
    found = faults(toml, {"GOBS_SINKS__GRPC__RING": "1KB"}, Flag("agent.sinks", ["grcp"], "--sink"), folder=tmp_path)
    duration = "a duration such as 500ms, 5s, 2m, 1h, or a number of seconds"
    size = "a size such as 64KiB, 16MiB, 1GiB, or a number of bytes"
    expected = [
        f"{file}:agent.interval: expected {duration}, at least 1s, at most 1h, got '0.5s'",
        f"{file}:agent.nodee: expected a setting of [agent], got 'nodee'; did you mean 'node'?",
        f"{file}:agent.proc_root: expected a text, got 5",
        f"{file}:log.level: expected one of debug, info, warning, error, got 'loud'",
        f"{file}:colectors.cpu.interval: expected a known section, got 'colectors'; did you mean 'collectors'?",
        f"{file}:collectors.cpu.per_cpu: expected true or false, got 'yes'",
        f"{file}:collectors.cup.interval: expected the name of a collector, got 'cup'; did you mean 'cpu'?",
        f"{file}:sinks.grpc.mode: expected one of fast, safe, got 'slow'",
        f"{file}:sinks.grpc.ports[1]: expected a list of whole numbers, got [1, 'x']",
        f"{file}:sinks.grpc.tls.cb: expected a setting of [sinks.grpc.tls], got 'cb'; there is ca, verify",
        f"GOBS_SINKS__GRPC__RING: expected {size}, at least 1KiB, got '1KB'",
        "--sink: expected the name of a sink, got 'grcp'; did you mean 'grpc'?",
    ]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("node", ["", " ", "a\nb", "\x1b[31m", "x" * 254, " padded", "\u202e"])
def test_a_node_name_that_no_page_could_show_is_refused(node: str) -> None:
    [fault] = faults("", {}, Flag("agent.node", node, "--node"))
    assert fault.startswith("--node: expected 1 to 253 printable characters, got ")
    assert fault.isprintable()


def test_a_section_where_a_value_belongs_and_the_reverse(tmp_path: Path) -> None:
    found = faults("agent = 5\nsinks = 3\n[log.level]\nx = 1\n", folder=tmp_path)
    file = tmp_path / "gobs.toml"
    assert found == [
        f"{file}:agent: expected a table, got 5",
        f"{file}:log.level.x: expected one of debug, info, warning, error, got {{'x': 1}}",
        f"{file}:sinks: expected a table of sinks, got 3",
    ]


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"missing\.toml: cannot be read: No such file"):
        load_settings(environ={"GOBS_CONFIG": str(tmp_path / "missing.toml")}, plugins=PLUGINS)


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    assert "expected TOML" in faults("[agent\n", folder=tmp_path)[0]
    assert "nested too deeply" in faults("x = " + "[" * 5000, folder=tmp_path)[0]
    (tmp_path / "gobs.toml").write_bytes(b"[agent]\nnode = '\xff'\n")
    with pytest.raises(SettingsError, match="expected UTF-8 text, got other bytes at offset 16"):
        load_settings(environ={}, config=str(tmp_path / "gobs.toml"), plugins=PLUGINS)


def test_the_file_is_the_named_one_else_the_users_else_the_systems(tmp_path: Path) -> None:
    system, user, named = (tmp_path / name for name in ("system.toml", "config/gobservability/gobs.toml", "named.toml"))
    user.parent.mkdir(parents=True)
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert load("", environ, system_file=system).settings.agent.proc_root == "/proc"
    for file in (system, user, named):
        file.write_text(f'[agent]\nproc_root = "/{file.stem}"\n')
    assert load("", {}, system_file=system).settings.agent.proc_root == "/system"
    assert load("", environ, system_file=system).settings.agent.proc_root == "/gobs"
    assert load("", {**environ, "GOBS_CONFIG": str(named)}, system_file=system).settings.agent.proc_root == "/named"


def test_the_variables_of_the_original_still_work_below_our_own() -> None:
    class Discord(FakeNotifier):
        name = "discord"
        Config = DiscordConfig

    class Perf(FakeProfiler):
        name = "perf"

    plugins = Plugins(notifiers={"discord": Discord}, profilers={"perf": Perf})
    environ = {
        "NODE_NAME": "rack7",
        "POSTGRES_URL": "postgres://u:p@h/db",
        "DISCORD_WEBHOOK_URL": "https://discord.example/x",
        "ENABLE_FLAMEGRAPH": "false",
    }
    sections = {"server": ServerSettings}
    settings = load("", environ, plugins=plugins, sections=sections).settings
    assert settings.agent.node == "rack7"
    assert settings.section(ServerSettings).database == "postgres://u:p@h/db"
    assert settings.config("notifier", Discord).webhook_url == "https://discord.example/x"
    assert not settings.config("profiler", Perf).enabled
    assert load("", {**environ, "GOBS_AGENT__NODE": "ours"}, plugins=plugins).settings.agent.node == "ours"


def test_a_variable_of_the_original_that_nobody_here_reads_is_no_fault() -> None:
    environ = {"DISCORD_WEBHOOK_URL": "x", "ENABLE_FLAMEGRAPH": "true", "POSTGRES_URL": "x", "NODE_NAME": ""}
    assert load("", environ).settings.agent.node


def test_sections_of_programs_that_are_not_here_are_accepted(tmp_path: Path) -> None:
    load('[server]\nanything = 1\n[notifiers.discord]\nwebhook_url = "x"\n', folder=tmp_path)


def test_sections_of_programs_that_are_installed_are_checked(tmp_path: Path) -> None:
    owner = FakeEntryPoint("server", ServerSettings)
    [fault] = faults("[server]\nhtpp = 1\n", folder=tmp_path, owners=[owner])
    assert "did you mean 'http'?" in fault
    load("", owners=[FakeEntryPoint("server", RuntimeError("imported without need"))])
    load("[server]\nx = 1\n", folder=tmp_path, owners=[FakeEntryPoint("server", ImportError("broken"))])


def test_a_programs_own_section_is_given_back_as_its_struct() -> None:
    settings = load("", {"GOBS_SERVER__RETENTION": "2h"}, sections={"server": ServerSettings}).settings
    assert settings.section(ServerSettings).retention == 7200.0
    with pytest.raises(KeyError):
        load().settings.section(ServerSettings)


def test_secrets_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("  geheim\n")
    by_variable = load("", {"GOBS_SINKS__GRPC__TOKEN_FILE": str(tmp_path / "token")})
    by_key = load(f'[sinks.grpc]\ntoken_file = "{tmp_path}/token"\n', folder=tmp_path)
    for setup in (by_variable, by_key):
        token = setup.settings.config("sink", Grpc).token
        assert token == "geheim"
        assert isinstance(token, Secret)
        assert setup.settings.secrets() == {"geheim"}


def test_a_secret_and_its_file_in_one_source_are_one_too_many_but_a_higher_source_wins(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("file")
    toml = f'[sinks.grpc]\ntoken = "a"\ntoken_file = "{tmp_path}/token"\n'
    assert "expected one of token and token_file, got both" in faults(toml, folder=tmp_path)[0]
    toml = f'[sinks.grpc]\ntoken_file = "{tmp_path}/token"\n'
    environ = {"GOBS_SINKS__GRPC__TOKEN": "environment"}
    assert load(toml, environ, folder=tmp_path).settings.config("sink", Grpc).token == "environment"
    environ = {"GOBS_SINKS__GRPC__TOKEN_FILE": str(tmp_path / "token")}
    toml = '[sinks.grpc]\ntoken = "toml"\n'
    assert load(toml, environ, folder=tmp_path).settings.config("sink", Grpc).token == "file"


def test_a_secrets_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name, says in (("missing", "No such file"), ("binary", "UTF-8 text"), ("", "directory")):
        [fault] = faults("", {"GOBS_SINKS__GRPC__TOKEN_FILE": str(tmp_path / name)})
        assert fault.startswith("GOBS_SINKS__GRPC__TOKEN_FILE: expected a ")
        assert says in fault


def test_a_file_is_read_for_secrets_alone() -> None:
    [fault] = faults("", {"GOBS_SINKS__GRPC__SERVER_FILE": "/etc/hostname"})
    assert "expected a setting of [sinks.grpc], got 'server_file'" in fault


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    setup = load('[sinks.grpc]\ntoken = "geheim"\n', folder=tmp_path)
    assert "geheim" not in repr(setup)
    [fault] = faults("[sinks.grpc]\ntoken = 12345\n", folder=tmp_path)
    assert fault.endswith("sinks.grpc.token: expected a text, got ***")


def test_a_plugin_that_misses_a_setting_does_not_stop_the_others(tmp_path: Path) -> None:
    class Needy(FakeNotifier):
        name = "needy"
        Config = DiscordConfig

    plugins = Plugins(notifiers={"needy": Needy})
    settings = load("", {}, plugins=plugins).settings
    assert settings.incomplete == {("notifier", "needy"): "notifiers.needy.webhook_url: expected a text, got nothing"}
    [fault] = faults("[notifiers.needy]\nenabled = true\n", folder=tmp_path, plugins=plugins)
    assert fault == "notifiers.needy.webhook_url: expected a text, got nothing"


def test_settings_of_a_plugin_that_could_not_be_loaded_are_no_fault(tmp_path: Path) -> None:
    points = [
        FakeEntryPoint("good", module(collectors=[healthy("good")])),
        FakeEntryPoint("acme", ImportError("no")),
        FakeEntryPoint("off", module(collectors=[healthy("off")])),
    ]
    plugins = load_plugins(points, deny=["off"])
    toml = '[collectors.acme]\nx = 1\n[collectors.off]\ninterval = "5s"\n[collectors.acme_disk]\ny = 1\n'
    settings = load(toml, folder=tmp_path, plugins=plugins).settings
    assert len(settings.warnings) == 1, "it may be a plugin of the broken entry point, so it is no fault"
    assert "'acme_disk'" in settings.warnings[0]


def test_settings_of_what_only_a_server_has_are_left_to_the_server(tmp_path: Path) -> None:
    points = [
        FakeEntryPoint("good", module(collectors=[healthy("good")], notifiers=[FakeNotifier])),
        FakeEntryPoint("conditions", module(), group="gobs.server"),
    ]
    toml = "[notifiers.discord]\nx = 1\n[conditions.threshold]\ny = 1\n"
    settings = load(toml, folder=tmp_path, plugins=load_plugins(points, server=False)).settings
    assert settings.warnings == ()
    [fault, *_] = faults(toml, folder=tmp_path, plugins=load_plugins(points[:1]))
    assert "expected the name of a notifier, got 'discord'" in fault


def test_allow_and_deny_reach_the_loader_and_unknown_names_are_a_warning() -> None:
    def loader(chosen: Any) -> Plugins:
        points = [FakeEntryPoint(name, module(collectors=[healthy(name)])) for name in ("cpu", "disk")]
        return load_plugins(points, allow=chosen.allow, deny=chosen.deny)

    setup = load("", {"GOBS_PLUGINS__ALLOW": "cpu", "GOBS_PLUGINS__DENY": "memroy,cpv"}, plugins=loader)
    assert set(setup.plugins.collectors) == {"cpu"}
    assert setup.settings.warnings == (
        "plugins.deny: no plugin here is called 'memroy'; there is cpu, disk",
        "plugins.deny: no plugin here is called 'cpv'; did you mean 'cpu'?",
    )


def test_a_variable_with_one_underscore_too_few_is_a_warning() -> None:
    environ = {"GOBS_AGENT_INTERVAL": "1s", "GOBS_SERVER_PORT": "tcp://10.0.0.1:80", "GOBS_SINKS_GRPC_QUEUE": "1"}
    assert load("", environ).settings.warnings == (
        "GOBS_AGENT_INTERVAL is not read; did you mean GOBS_AGENT__INTERVAL?",
        "GOBS_SINKS_GRPC_QUEUE is not read; did you mean GOBS_SINKS__GRPC__QUEUE?",
    )


def test_what_somebody_gave_settings_to_is_known(tmp_path: Path) -> None:
    settings = load("[sinks.fake]\n", {"GOBS_COLLECTORS__CPU__INTERVAL": "2s"}, folder=tmp_path).settings
    assert settings.named == {("sink", "fake"), ("collector", "cpu")}


names = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.lists(
            st.sampled_from(["AGENT", "NODE", "SINKS", "GRPC", "TLS", "X", "INTERVAL"]), min_size=1, max_size=4
        ).map(lambda steps: "GOBS_" + "__".join(steps)),
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20),
        max_size=5,
    )
)
def test_any_environment_is_taken_or_told_why_not(environ: dict[str, str]) -> None:
    environ.pop("GOBS_CONFIG", None)
    assert all(": expected " in fault for fault in faults_if_any(environ))


paths = st.sampled_from(
    ["agent", "agent.node", "agent.interval", "sinks", "sinks.grpc", "sinks.grpc.ports", "log.level"]
)


@given(st.lists(st.tuples(paths, values), max_size=4))
def test_any_value_for_any_setting_is_taken_or_told_why_not(given_values: list[tuple[str, Any]]) -> None:
    flags = [Flag(path, value, f"--{path}") for path, value in given_values]
    assert all(": expected " in fault for fault in faults_if_any({}, *flags))


@pytest.mark.parametrize(
    ("toml", "found"),
    [("", "/sys"), ('proc_root = "/host/proc"', "/host/sys"), ('proc_root = "/a"\nsys_root = "/b"', "/b")],
)
def test_sys_is_looked_for_beside_proc_unless_it_is_said(toml: str, found: str) -> None:
    assert msgspec.convert(tomllib.loads(toml), AgentSettings).sys == found
