"""The contract of a condition: decides, for a whole column at once, which rows are breaching.

Lifetime: constructed once at the server's start with validated settings and no I/O; `open` once; `judge` for every
rule that uses it and every node, whenever the node's table was read; `close` once at the end. Judging is sync, and a
plain function of its input: no I/O, no clock, no memory of the last call; what it needs of the past it asks for by
`lookback`. Replaying the past with the same input must give the same answer: that is how a rule is tried out.

Built-in conditions are evaluated inline, with numpy arrays as the sequences. A condition from elsewhere is called in a
worker, under a deadline. One that raises, is late, or answers with another number of rows than it was asked about has
said nothing: those rows stay as they are, and it is shown as the plugin's fault.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import msgspec

from gobs_core.plugin import Plugin, PluginConfig


class ConditionParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a rule may set for a condition; subclass it as `Condition.Parameters`; unknown names are refused.

    Checks across fields go into `__post_init__`: raise ValueError(f"{field}: expected …").
    """


@dataclass(frozen=True, slots=True)
class Sample:
    """One column of one node at one moment. Never to be changed.

    `values` and `firing` have an item for each row, in the same order. `past` has a line for each of `ages`, oldest
    first, and every line an item for each row; `ages` are seconds before now, so the first is the largest:

        for age, line in zip(sample.ages, sample.past):  # age seconds ago
            before = line[row]
    """

    values: Sequence[float]
    """One for each row, after the rule's window function; NaN: not known. With `reads = "silence"`: seconds since the
    row was last there."""
    firing: Sequence[bool]
    """For each row whether an alert of this rule fires: what may have a threshold of its own to be over."""
    ages: Sequence[float] = ()
    """How many seconds ago each line of `past` was read, oldest first; at most `lookback`."""
    past: Sequence[Sequence[float]] = ()
    """The same rows earlier, a line for each of `ages`; NaN where a row was not there or not known. Of a long lookback
    there are at most 60 lines, each the average of what was read in its part of the time."""


class Condition(Plugin, ABC):
    """Decides which rows are breaching. Subclass it, declare `name` and `Parameters`, write `judge` and `describe`.

    `reads` says what `Sample.values` are: "value", the column's values in the unit shown, or "silence", for how many
    seconds each row has not been there.
    """

    Config: ClassVar[type[PluginConfig]] = PluginConfig
    Parameters: ClassVar[type[ConditionParameters]] = ConditionParameters
    """What a rule may set; the methods are given one of these."""
    reads: ClassVar[Literal["value", "silence"]] = "value"
    """Whether it judges values, or for how long nothing was heard."""

    def __init__(self, config: PluginConfig) -> None:
        self.config = config

    def open(self) -> None:
        """Get ready."""

    def lookback(self, parameters: Any) -> float:
        """How many seconds of the past `judge` wants to see; 0: none. At most an hour is kept."""
        return 0.0

    @abstractmethod
    def judge(self, sample: Sample, parameters: Any) -> Sequence[float]:
        """For every row 1 (or True) where it is breaching, 0 (or False) where not, NaN where that cannot be told yet.

        A row whose value is not known is "no data" whatever is answered.
        """

    @abstractmethod
    def describe(self, parameters: Any) -> str:
        """What is asked of the value, in a few words without its name: `doubled within 10 minutes`.

        `{threshold}` in it stands for the number that `threshold` returns, and is shown with the value's own unit:
        `f"above {{threshold}} for {parameters.times} readings"` reads `above 512 MiB for 3 readings`.
        """

    def threshold(self, parameters: Any) -> float | None:
        """The number a value is compared with, for the line in a chart; None: there is no such number."""
        return None

    def close(self) -> None:
        """Give back what is held."""
