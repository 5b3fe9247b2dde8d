"""Run as a user without any capability: reads this machine twice and prints what it found, as JSON."""

from __future__ import annotations

import json

from gobs_core import Proc
from tests.collectors.process.reading import Ticks


def main(pid: str) -> None:
    """Read twice, print."""
    with Ticks(Proc()) as ticks:
        ticks.tick()
        row = ticks.tick().processes()[pid]
        inspected = ticks.collector.inspect(
            ticks.proc, {"pid": pid, "start": str(row["start"])}, ticks.collector.sections
        )
        found = {"process": row, "pod": ticks.pods()[str(row["workload"])], "unknown": dict(ticks.collector.unknown())}
        print(json.dumps(found | {"inspected": dict(inspected)}), flush=True)
