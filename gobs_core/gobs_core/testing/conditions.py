"""What every condition must keep to, whatever it looks for."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import msgspec

from gobs_core.condition import Condition, ConditionParameters, Sample
from gobs_core.plugin import PluginConfig
from gobs_core.plugins.checks import check_class
from gobs_core.plugins.registry import contract_of
from gobs_core.testing.configs import default_config
from gobs_core.testing.watch import watched
from gobs_core.testing.within import Step, within

PATIENCE = 0.5
"""Seconds in which 10,000 rows are to be judged."""
_HANGS = 10.0
"""Seconds after which nobody waits for any one call."""
_MOST_LINES = 60
_STRANGE = (0.0, -0.0, 1.0, -1.0, 100.0, 1e-300, 1e300, -1e300, 2.0**63, float("nan"))


def check_condition(
    cls: type[Condition],
    *,
    parameters: ConditionParameters | None = None,
    config: PluginConfig | None = None,
    patience: float = PATIENCE,
) -> None:
    """Raise AssertionError, saying what and where, unless the condition keeps its contract."""
    check_class(contract_of(Condition), cls)
    given, made = parameters or _default_parameters(cls), config or default_config(cls)
    within(max(_HANGS, 2 * patience), cls.__name__, lambda step: _check(cls, made, given, patience, step))


def _default_parameters(cls: type[Condition]) -> ConditionParameters:
    required = [field.name for field in msgspec.structs.fields(cls.Parameters) if field.required]
    call = ", ".join(f"{name}=…" for name in required)
    assert not required, (
        f"{cls.__name__}: has parameters without a default; give them: "
        f"check_condition({cls.__name__}, parameters={cls.Parameters.__name__}({call}))"
    )
    return cls.Parameters()


def _check(
    cls: type[Condition], config: PluginConfig, parameters: ConditionParameters, patience: float, step: Step
) -> None:
    step.begin(f"{cls.__name__}: its constructor")
    with watched() as seen:
        condition = cls(config)
    assert not seen, f"{cls.__name__}: its constructor does input or output: {seen[0]}; do it in open()"
    condition.close()
    condition = cls(config)
    step.begin(f"{cls.__name__}: open")
    condition.open()
    step.begin(f"{cls.__name__}: lookback")
    lookback = condition.lookback(parameters)
    assert 0 <= lookback <= 3600, f"{cls.__name__}: lookback() must be seconds from 0 to 3600, not {lookback!r}"
    step.begin(f"{cls.__name__}: describe")
    said = condition.describe(parameters)
    assert said, f"{cls.__name__}: describe() must say what is asked, not {said!r}"
    step.begin(f"{cls.__name__}: threshold")
    threshold = condition.threshold(parameters)
    assert threshold is None or math.isfinite(threshold), (
        f"{cls.__name__}: threshold() must be a number or None, not {threshold!r}"
    )
    for rows, lines in ((0, 0), (1, 0), (len(_STRANGE), 0), (len(_STRANGE), _MOST_LINES), (10_000, 3)):
        step.begin(f"{cls.__name__}: judge, of {rows} rows,")
        _check_judging(condition, parameters, _sample(rows, lines if lookback else 0, lookback), patience)
    step.begin(f"{cls.__name__}: close")
    condition.close()
    condition.close()


def _sample(rows: int, lines: int, lookback: float) -> Sample:
    values = [_STRANGE[row % len(_STRANGE)] for row in range(rows)]
    ages = [lookback * (lines - line) / max(lines, 1) for line in range(lines)]
    past = [[_STRANGE[(row + line) % len(_STRANGE)] for row in range(rows)] for line in range(lines)]
    return Sample(tuple(values), tuple(row % 3 == 0 for row in range(rows)), tuple(ages), tuple(map(tuple, past)))


def _check_judging(condition: Condition, parameters: ConditionParameters, sample: Sample, patience: float) -> None:
    name, rows = type(condition).__name__, len(sample.values)
    began = time.monotonic()
    try:
        with watched() as seen:
            answers = [_plain(condition.judge(sample, parameters)) for _ in range(2)]
    except Exception as error:
        raise AssertionError(f"{name}: judge raises {type(error).__name__} on {rows} rows: {error}") from error
    took = time.monotonic() - began
    assert took < 2 * patience, f"{name}: judging {rows} rows takes {took / 2:.2f} s, at most {patience:g} s are given"
    assert not seen, f"{name}: judge does input or output: {seen[0]}"
    for answer in answers:
        assert len(answer) == rows, f"{name}: judge answers with {len(answer)} rows when asked about {rows}"
        odd = [value for value in answer if value not in (0.0, 1.0) and not math.isnan(value)]
        assert not odd, f"{name}: judge answers {odd[0]!r}; only 1, 0 and NaN mean something"
    same = all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(*answers, strict=True))
    assert same, f"{name}: judge answers differently when asked the same twice; it must not remember anything"


def _plain(answer: Sequence[float]) -> list[float]:
    return [float(value) for value in answer]
