"""A diagnosis says what is seen, what is not, and what would change it, by trying and not by what should be."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gobs_core import Forbidden, PluginState
from gobs_core.doctor import Finding, diagnose
from gobs_core.doctor.kernel import kernel
from gobs_core.doctor.own import Own
from gobs_core.doctor.plugged import plugged
from gobs_core.doctor.processes import processes
from gobs_core.proc import Proc
from gobs_core.testing import FakeProc
from tests.support.house import ROOT
from tests.support.programs import searched

ALL = frozenset({"SYS_PTRACE", "DAC_READ_SEARCH", "PERFMON", "SYSLOG"})
TRUSTED = Own(61234, ALL, host_pids=True, host_groups=True)
BASIC = Own(61234, frozenset(), host_pids=False, host_groups=False)


class Closed(FakeProc):
    """A machine that refuses to let some files be read."""

    refused: tuple[str, ...] = ()

    def open(self, path: str) -> int:
        if path.rpartition("/")[2] in self.refused:
            raise Forbidden(f"{path} may not be read")
        return super().open(path)

    def names(self, path: str) -> list[str]:
        if path.rpartition("/")[2] in self.refused:
            raise Forbidden(f"{path} may not be listed")
        return super().names(path)


@pytest.fixture
def machine(tmp_path: Path) -> Closed:
    made = Closed(tmp_path)
    made.write("2/comm", "kthreadd\n")
    made.write("2/cmdline", "")
    for pid in (10, 11):
        made.write(f"{pid}/cmdline", "nginx\0")
        made.write(f"{pid}/io", "read_bytes: 0\n")
        made.write(f"{pid}/smaps_rollup", "Rss: 1 kB\n")
        made.write(f"{pid}/fd/0", "")
    made.write("pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
    made.write("sys/kernel/kptr_restrict", "1\n")
    made.write_sys("fs/cgroup/cgroup.controllers", "cpu io memory pids\n")
    return made


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {one.what: one for one in findings}


def test_an_agent_that_may_see_everything_says_so(machine: Closed) -> None:
    findings = [*processes(machine, TRUSTED), *kernel(machine, TRUSTED)]
    assert {one.what: one.state for one in findings} == dict.fromkeys((one.what for one in findings), "ok")
    assert not any(one.lost or one.change for one in findings)


def test_an_agent_with_the_least_says_what_it_misses_and_which_value_changes_it(machine: Closed) -> None:
    machine.refused = ("io", "smaps_rollup")
    found = by_name([*processes(machine, BASIC), *kernel(machine, BASIC)])
    assert found["process io"].state == "none"
    assert "read_bytes" in found["process io"].lost
    assert "agent.profile=process" in found["process io"].change
    assert found["process memory in detail"].state == "none"
    assert (found["host pids"].state, "agent.profile=profiling" in found["host pids"].change) == ("limited", True)
    assert (found["kernel symbols"].state, "CAP_SYSLOG" in found["kernel symbols"].change) == ("limited", True)
    assert found["control groups"].state == "ok", "the machine's own tree is mounted where no namespace hides it"


def test_what_is_refused_of_some_processes_is_counted(machine: Closed) -> None:
    class Some(Closed):
        def open(self, path: str) -> int:
            if path == "11/io":
                raise Forbidden("no")
            return super().open(path)

    found = by_name(processes(Some(machine.folder), TRUSTED))["process io"]
    assert (found.state, found.found) == ("limited", "/proc/PID/io may not be read of 1 of 2 processes tried")


def test_a_proc_of_one_container_is_told_from_the_machine_s(machine: Closed) -> None:
    machine.remove("2")
    found = by_name(processes(machine, TRUSTED))["processes"]
    assert found.state == "limited"
    assert "--proc-root /host/proc" in found.change


def test_without_anything_mounted_nothing_is_seen_and_nothing_breaks(tmp_path: Path) -> None:
    empty = Proc(tmp_path / "no/proc", tmp_path / "no/sys")
    found = by_name(diagnose(empty, empty, []))
    assert found["processes"].state == "none"
    assert (found["control groups"].state, "agent.sys_root" in found["control groups"].change) == ("none", True)
    assert (found["pressure"].state, "psi=1" in found["pressure"].change) == ("none", True)
    assert "capabilities: none" in found["privileges"].found


def test_version_1_of_control_groups_is_said(machine: Closed) -> None:
    machine.remove_sys("fs/cgroup/cgroup.controllers")
    machine.write_sys("fs/cgroup/cpuacct/cgroup.procs", "")
    machine.write_sys("fs/cgroup/memory/cgroup.procs", "")
    found = by_name(kernel(machine, TRUSTED))["control groups"]
    assert (found.state, "version 1" in found.found) == ("limited", True)
    assert "unified_cgroup_hierarchy" in found.change


def test_plugins_say_in_their_own_words_what_keeps_them() -> None:
    states = [
        PluginState(kind="profiler", name="perf", state="no data", error="it needs PERFMON: agent.profile=profiling"),
        PluginState(kind="inventory", name="kubernetes", state="failing", error="the API does not let us look (403)"),
        PluginState(kind="inventory", name="other", state="ok"),
        PluginState(kind="profiler", name="off", state="disabled"),
        PluginState(kind="profiler", name="far", state="starting"),
        PluginState(kind="collector", name="cpu", state="failing", error="not asked here"),
    ]
    found = by_name(plugged(states))
    assert {name: one.state for name, one in found.items()} == {
        "recording with perf": "none",
        "names from kubernetes": "limited",
        "names from other": "ok",
        "recording with off": "none",
        "recording with far": "limited",
    }
    assert found["recording with far"].found == "it was not tried yet"
    assert found["recording with perf"].change == "it needs PERFMON: agent.profile=profiling"
    assert "profilers.off.enabled=true" in found["recording with off"].change


def test_every_chart_value_it_names_is_one_of_the_chart(machine: Closed, tmp_path: Path) -> None:
    machine.refused = ("io", "smaps_rollup")
    off = [PluginState(kind="inventory", name="kubernetes", state="disabled"),
           PluginState(kind="profiler", name="perf", state="disabled")]  # fmt: skip
    nothing = Proc(tmp_path / "nothing")
    texts = [
        one.change for one in (*diagnose(machine, nothing, off), *kernel(machine, BASIC), *processes(machine, BASIC))
    ]
    named = {value for text in texts for value in re.findall(r"chart: ([\w.]+)=", text)}
    assert {"agent.profile", "agent.kubernetes.enabled"} <= named
    schema = json.loads((ROOT / "helm/gobservability/values.schema.json").read_text())
    for value in named:
        assert _in_schema(schema, value.split(".")), value


def _in_schema(schema: dict[str, Any], path: list[str]) -> bool:
    here: Any = schema
    for name in path:
        while "$ref" in here:
            here = schema["$defs"][here["$ref"].rpartition("/")[2]]
        here = here.get("properties", {}).get(name)
        if here is None:
            return False
    return True


def gobs(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "import sys; from gobs_core.cli import main; sys.exit(main())",
        "doctor",
        *arguments,
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GOBS_")}
    return searched(subprocess.run(command, capture_output=True, text=True, env=environ, check=False))


def test_the_command_says_it_to_people_and_to_programs(machine: Closed) -> None:
    roots = ("--proc-root", str(machine.root), "--sys-root", str(machine.sys))
    machine.write("stat", "cpu  1 1 1 1\n")
    for_programs = gobs("--json", *roots)
    assert for_programs.returncode == 0, for_programs.stderr
    told = json.loads(for_programs.stdout)
    assert set(told[0]) == {"what", "state", "found", "lost", "change"}
    for_people = gobs(*roots).stdout
    for one in told:
        assert re.search(rf"^{one['state']}\s+{re.escape(one['what'])}\s", for_people, re.MULTILINE), one
    assert "KUBERNETES_SERVICE_HOST" in for_people


@pytest.mark.root
def test_a_user_without_powers_is_told_what_they_miss_on_this_machine() -> None:
    """As an agent of profile basic would be: the same code, as nobody, which it becomes once it is loaded."""
    script = "import json, os; from gobs_core.doctor import diagnose; from gobs_core.proc import Proc; "
    script += "os.setgroups([]); os.setresgid(*[65534] * 3); os.setresuid(*[65534] * 3); "
    script += "print(json.dumps([list(one) for one in diagnose(Proc(), Proc(), [])]))"
    done = searched(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True))
    found = {one[0]: Finding(*one) for one in json.loads(done.stdout)}
    assert found["process io"].state == "none"
    assert "CAP_SYS_PTRACE" in found["process io"].change
    assert found["privileges"].found == "uid 65534; capabilities: none of those that matter here"
    as_root = {one["what"]: one for one in json.loads(gobs("--json").stdout)}
    assert as_root["process io"]["state"] == "ok"
