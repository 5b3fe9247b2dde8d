"""Names of metrics that are none, and what was probably meant."""

from __future__ import annotations

import pytest

from gobs_collectors.cpu import CPU
from gobs_core import Table, Unit, gauge, key
from gobs_server.alerts.rules.metrics import nearest

TANK = Table("tank", "Tanks", [key("id", "Which"), gauge("level", "How full", Unit.PERCENT), gauge("lev", "Else")])


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("cpu.busy_percent", "cpu.busy"), ("tank.level_percent", "tank.level"), ("tank.levl", "tank.level")],
)
def test_a_column_with_its_unit_at_its_end_is_taken_for_the_column(typo: str, meant: str) -> None:
    assert nearest(typo, "node", [CPU, TANK])[0] == meant
