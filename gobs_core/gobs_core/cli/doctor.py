"""`gobs doctor`: what an agent can and cannot see here, why, and what would change it."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gobs_core.command import Command

if TYPE_CHECKING:
    from gobs_core.doctor import Finding
    from gobs_core.proc import Proc
    from gobs_core.settings import Setup
    from gobs_core.state import PluginState

FLAGS = {"--proc-root": "agent.proc_root", "--sys-root": "agent.sys_root"}
_WIDE, _NARROW = 100, 40


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from gobs_core.cli.common import add_common

    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--proc-root", metavar="DIR", help="where the machine's /proc is (default: /proc)")
    parser.add_argument("--sys-root", metavar="DIR", help="where the machine's /sys is (default: beside its /proc)")
    add_common(parser)


def run(args: argparse.Namespace) -> int:
    """Look, and print; what is not seen is no failure."""
    from gobs_core.agent.machine import open_machine
    from gobs_core.cli.common import set_up
    from gobs_core.doctor import diagnose
    from gobs_core.proc import Proc

    setup = set_up(args, FLAGS, quiet=True, server=False)
    machine = open_machine(setup.settings.agent)
    with Proc() as mine:
        findings = diagnose(machine, mine, _states(setup, machine))
    if args.json:
        import msgspec

        told = [one._asdict() for one in findings]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
    else:
        width = shutil.get_terminal_size((_WIDE, 24)).columns if sys.stdout.isatty() else _WIDE
        sys.stdout.write("\n".join(_lines(findings, max(_NARROW, width))) + "\n")
    return 0


def _states(setup: Setup, machine: Proc) -> list[PluginState]:
    """Return how profilers and inventories fare here: each is opened, asked, and closed again."""
    from gobs_core.agent.build import build_inventories, build_recorders
    from gobs_core.agent.inventories import Inventories
    from gobs_core.cli.readings import PATIENCE
    from gobs_core.redact import Redactor
    from gobs_core.workloads import Workloads

    redact = Redactor(setup.settings.secrets())
    named = build_inventories(setup.settings, setup.plugins, Workloads(), redact, quiet=True)
    recorders = build_recorders(setup.settings, setup.plugins, machine, redact)
    inventories = Inventories(named.running)
    try:
        inventories.open()
        inventories.wait(PATIENCE)
        opened = [_opened(recorder.profiler, recorder.state) for recorder in recorders.running]
        return [*recorders.idle, *opened, *named.idle, *inventories.states()]
    finally:
        for listener in inventories.listeners:
            with contextlib.suppress(Exception):
                listener.close()


def _opened(profiler: object, state: PluginState) -> PluginState:
    import msgspec

    from gobs_core.errors import NoData
    from gobs_core.profiler import Profiler

    assert isinstance(profiler, Profiler)
    try:
        profiler.open()
    except NoData as reason:
        return msgspec.structs.replace(state, state="no data", error=str(reason))
    except Exception as error:  # noqa: BLE001  whatever a profiler raises is what is to be told of it
        return msgspec.structs.replace(state, state="failing", error=f"{type(error).__name__}: {error}")
    finally:
        with contextlib.suppress(Exception):
            profiler.close()
    return state


def _lines(findings: list[Finding], width: int) -> Iterator[str]:
    from gobs_core.text import one_line

    longest = max(len(one.what) for one in findings)
    for one in findings:
        yield f"{one.state:<8} {one_line(one.what, 60):<{longest}}  {one_line(one.found, 200)}"
        for label, text in (("not seen", one.lost), ("to change", one.change)):
            if text:
                head = f"{'':<9}{label + ':':<11}"
                yield from textwrap.wrap(
                    one_line(text, 600), width, initial_indent=head, subsequent_indent=" " * len(head)
                )


command = Command(
    "doctor",
    "Say what an agent can and cannot see here, why, and what would change it.",
    configure,
    run,
    (
        "gobs doctor",
        "gobs doctor --json                                # for a program to read",
        "gobs doctor --proc-root /host/proc                # as the agent of a container sees its machine",
    ),
)
