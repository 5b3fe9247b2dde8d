"""The conditions that come with Gobservability keep the contract of every condition."""

from __future__ import annotations

import pytest

from gobs_core import Condition, ConditionParameters
from gobs_core.testing import check_condition
from gobs_server.alerts.conditions import gobs_register_conditions
from gobs_server.alerts.conditions.absent import Absent
from gobs_server.alerts.conditions.change import Change, ChangeParameters
from gobs_server.alerts.conditions.deviation import Deviation
from gobs_server.alerts.conditions.threshold import Threshold, ThresholdParameters

GIVEN: dict[type[Condition], tuple[ConditionParameters | None, ...]] = {
    Threshold: (
        ThresholdParameters(threshold=50.0),
        ThresholdParameters(threshold=50.0, operator="<=", clear_threshold=60.0),
    ),
    Change: (ChangeParameters(change=5.0), ChangeParameters(change=-50.0, operator="<", percent=True)),
    Deviation: (None,),
    Absent: (None,),
}
"""Parameters that each is tried with; None: its defaults."""


def test_every_one_is_tried() -> None:
    assert set(gobs_register_conditions()) == set(GIVEN)


@pytest.mark.parametrize(
    ("cls", "parameters"), [(cls, one) for cls, given in GIVEN.items() for one in given], ids=lambda one: str(one)[:60]
)
def test_it_keeps_the_contract(cls: type[Condition], parameters: ConditionParameters | None) -> None:
    check_condition(cls, parameters=parameters)
