"""The way from the original: every value, flag and route of it is in the page, and what the page names is there."""

from __future__ import annotations

import re

import pytest

from scripts.docs.builtin import tables
from scripts.docs.command import commands, flags
from scripts.docs.settings import settings
from tests.docs.markdown import page
from tests.docs.running import Up

PAGE = page("docs/migrating.md")
NODE = {
    "": "node_name timestamp",
    "metrics.cpu.": "user nice system idle iowait irq softirq steal total cpu_percent",
    "metrics.memory.": "mem_total mem_free mem_available buffers cached swap_cached swap_total swap_free "
    "memory_percent",
    "metrics.network.": "bytes_received bytes_transmitted packets_received packets_transmitted errors_received "
    "errors_transmitted rx_rate tx_rate total_rate",
    "metrics.disk.": "reads_completed reads_merged sectors_read time_reading writes_completed writes_merged "
    "sectors_written time_writing read_rate write_rate total_rate",
}
POD = {
    "": "name container_id pid",
    "pod_metrics.cpu.": "utime stime cpu_percent",
    "pod_metrics.memory.": "vm_size vm_rss mem_percent",
    "pod_metrics.network.": "bytes_received bytes_transmitted",
    "pod_metrics.disk.": "read_bytes write_bytes",
    "resource_limits.": "cpu memory",
    "resource_requests.": "cpu memory",
}
PROCESS = {
    "pid_details.": "name state priority nice threads start_time realtime_priority cutime cstime task_cpu kthread "
    "seccomp speculation_indirect_branch cpus_allowed_list mems_allowed_list voluntary_ctxt_switches "
    "nonvoluntary_ctxt_switches vm_peak vm_lck vm_pin packets_received packets_transmitted errors_received "
    "errors_transmitted cancelled_writes cmdline stack open_fds max_fds cgroup vm_data vm_stk vm_exe vm_lib vm_swap",
}
FLAGS = "-grpc-server -interval -hostname -dev -port -grpc-port -mode"
VARIABLES = "NODE_NAME POSTGRES_URL DISCORD_WEBHOOK_URL DEV_MODE"
ROUTES = """
/ /nodes /pods/:node /pods/:node/fragment /pods/:node/metrics /process/:node/:pod /api/pods/:node/:pod/details
/api/pods/:node/:pod/info /api/pods/:node/:pod/flamegraph /api/flamegraph/:task/status /flamegraph/:node/:pod
/alerts/:node /api/alerts/:node /api/alerts/:node/history /api/alerts/:node/fragment
/api/alerts/dismiss/:alert
"""
TARGETS = "build agent agents agents-logs stop proto install-proto-deps clean-proto help"
VALUES = {"Node": NODE, "Pod": POD, "Process": PROCESS}


def columns() -> set[str]:
    return {f"{item.table.name}.{column.name}" for item in tables() for column in item.table.columns}


def coded(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("heading", VALUES)
def test_every_value_of_the_original_is_in_the_page_once(heading: str) -> None:
    expected = [prefix + name for prefix, names in VALUES[heading].items() for name in names.split()]
    assert [name for row in PAGE.rows(heading) for name in coded(row[0])] == expected


@pytest.mark.parametrize("heading", VALUES)
def test_every_value_has_a_column_of_ours_or_says_why_not(heading: str) -> None:
    for original, here, _ in PAGE.rows(heading):
        if original not in ("`node_name`", "`timestamp`"):
            assert columns() & set(coded(here)) or re.match(r"not kept( yet)?: .{10,}", here), original


@pytest.mark.parametrize("heading", VALUES)
def test_every_column_that_is_named_exists(heading: str) -> None:
    named = {
        name
        for _, *ours in PAGE.rows(heading)
        for cell in ours
        for name in coded(cell)
        if re.fullmatch(r"\w+\.\w+", name)
    }
    assert named <= columns()


@pytest.mark.parametrize("flag", FLAGS.split())
def test_every_flag_of_the_original_is_in_the_page(flag: str) -> None:
    assert any(re.search(rf"`{flag}\b", row[0]) for row in PAGE.rows("Flags"))


@pytest.mark.parametrize("name", VARIABLES.split())
def test_every_variable_of_the_original_is_in_the_page(name: str) -> None:
    assert any(name in coded(row[0]) for row in PAGE.rows("Environment variables"))


@pytest.mark.parametrize("route", ROUTES.split())
def test_every_route_of_the_original_is_in_the_page(route: str) -> None:
    assert any(f"{route}`" in row[0] or f"{route} " in row[0] for row in PAGE.rows("Routes"))


@pytest.mark.parametrize("target", TARGETS.split())
def test_every_make_target_of_the_original_is_in_the_page(target: str) -> None:
    assert any(f"make {target}" in coded(row[0]) for row in PAGE.rows("Make targets"))


def ours(heading: str) -> str:
    return "\n".join(cell for row in PAGE.rows(heading) for cell in row[1:])


def test_every_flag_of_ours_that_is_named_exists() -> None:
    for name, rest in re.findall(r"`gobs (\w+)( [^`]*)?`", ours("Flags")):
        known = {flag for action in flags(commands()[name]) for flag in action.option_strings}
        assert set(re.findall(r"--[\w-]+", rest)) <= known
    alone = set(re.findall(r"`(--[\w-]+)", ours("Flags")))
    known = {flag for command in commands().values() for action in flags(command) for flag in action.option_strings}
    assert alone <= known


def test_every_variable_of_ours_that_is_named_exists() -> None:
    later = {"GOBS_NOTIFIERS__DISCORD__WEBHOOK_URL", "GOBS_PROFILERS__PERF__ENABLED"}  # as the page says
    known = {setting.variable for rows in settings().values() for _, setting in rows}
    assert set(re.findall(r"GOBS_\w+", ours("Environment variables"))) <= known | later


def test_every_route_of_ours_that_is_named_is_served(up: Up) -> None:
    node = up.node()
    paths = set(re.findall(r"`GET (/[^`]*)`", ours("Routes")))
    assert len(paths) >= 4
    for path in paths:
        assert up.get(path.replace("{node}", node).replace("{pid}", "1"))
