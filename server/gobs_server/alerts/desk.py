"""The desk: rules, silences and alerts as users change them: checked, committed, and only then in force."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from gobs_core import Table, Thresholds, Unit
from gobs_core.suggest import did_you_mean
from gobs_server.alerts.book import Book
from gobs_server.alerts.faults import Firing, Invalid, ReadOnly, Unknown, Wrong
from gobs_server.alerts.judging.engine import Engine
from gobs_server.alerts.judging.events import LaneId
from gobs_server.alerts.judging.judging import Judging
from gobs_server.alerts.keeping.journal import Drop, Journal, Put
from gobs_server.alerts.keeping.keeper import Keeper
from gobs_server.alerts.records import Alert, Reason
from gobs_server.alerts.rules.meaning import means
from gobs_server.alerts.rules.metrics import friendly, judged, metric_in
from gobs_server.alerts.rules.rule import Rule, RuleFields, Target, judged_alike
from gobs_server.alerts.rules.ruling import Ruled, Surroundings, check_rule
from gobs_server.alerts.rules.selector import Globs
from gobs_server.alerts.telling.silence import Silence, SilenceFields
from gobs_server.clock import Clock
from gobs_server.live import Live

MOST_RULES = 20_000
MOST_SILENCES = 1000
_LEARN_AGAIN = 30.0
_NOTHING = "nothing matches now; the rule waits for what will"


class Saved(NamedTuple):
    """A rule that was saved, and what looks wrong about it."""

    rule: Rule
    warnings: tuple[str, ...]


class Desk:
    """Changes rules, silences and alerts. Lives as long as the server. Raises what is in `faults`."""

    def __init__(
        self,
        book: Book,
        keeper: Keeper,
        engine: Engine,
        judging: Judging,
        journal: Journal,
        live: Live,
        clock: Clock,
    ) -> None:
        self._book = book
        self._keeper = keeper
        self._engine = engine
        self._judging = judging
        self._journal = journal
        self._live = live
        self._clock = clock
        self._learns = 0.0
        """When conditions are asked again what a rule means."""

    # -- rules

    def surroundings(self, without: str = "") -> Surroundings:
        """What a rule is checked against; its own name, by id, is free."""
        tables: dict[tuple[str, int], Table] = {}
        intervals: dict[str, float] = {}
        for node in self._live.nodes():
            for name, table in node.tables.items():
                tables[name, id(table.table)] = table.table
                intervals[name] = min(intervals.get(name, table.interval), table.interval)
        names = [rule.name for rule in self._book.rules.values() if rule.id != without]
        channels = [channel.name for channel in self._book.channels.values()]
        return Surroundings(list(tables.values()), intervals, self._judging.conditions, channels, names)

    def check(self, fields: RuleFields, without: str = "") -> Ruled:
        """Check a rule without saving it."""
        return check_rule(fields, self.surroundings(without))

    async def learn(self, fields: RuleFields) -> None:
        """Ask a condition of others what a rule means, before the rule is checked."""
        await self._judging.learn([fields])

    async def learn_again(self) -> None:
        """Ask conditions that did not say what a rule means, now and then; what is known now is judged from now on."""
        now = self._clock.monotonic()
        waiting = [rule for rule in self._engine.unjudged() if rule.condition in self._judging.conditions]
        if not waiting or now < self._learns:
            return
        self._learns = now + _LEARN_AGAIN
        await self._judging.learn(waiting)
        async with self._keeper.lock:
            await self.judge()

    def nothing_matches(self, fields: RuleFields) -> list[str]:
        """What is to be said of globs that match nothing now."""
        nodes = [node for node in self._live.nodes() if Globs(fields.node).match(node.name)]
        if not nodes:
            return [f"node: no node's name matches {fields.node!r} now"]
        return [] if any(means(fields, node, self._judging.conditions) for node in nodes) else [_NOTHING]

    def metrics(self) -> Iterator[tuple[str, Target, str, Unit, bool]]:
        """What a rule may judge: name, target, help, unit, and whether that is per second."""
        for target in ("node", "pod"):
            for name, one in friendly(target).items():
                yield name, target, one.help, one.ways[0].unit, one.ways[0].rate
        seen: set[str] = set()
        for table in self.surroundings().tables:
            for column in table.columns:
                name = f"{table.name}.{column.name}"
                metric = metric_in(RuleFields(name="", target="row", metric=name), table) if column.numeric else None
                if metric is not None and name not in seen:
                    seen.add(name)
                    suggested = f"; suggested: {column.suggested}" if column.suggested else ""
                    yield name, "row", f"{column.help}{suggested}", metric.unit, metric.rate

    def unit_of(self, fields: RuleFields) -> tuple[Unit, bool]:
        """The unit of what a rule judges, and whether that is per second, where any node has it."""
        found = (metric_in(fields, table) for table in self.surroundings().tables)
        return next(((one.unit, one.rate) for one in found if one is not None), (Unit.NONE, False))

    def suggested(self, fields: RuleFields) -> Thresholds | None:
        """The limits that the author of the column suggests which a rule judges, where it judges just that."""
        for table in self.surroundings().tables:
            metric = metric_in(fields, table)
            column = None if metric is None else judged(metric, table)
            if column is not None and column.thresholds is not None:
                return column.thresholds
        return None

    async def add_rule(self, fields: RuleFields, by: str) -> Saved:
        """Save a new rule."""
        await self.learn(fields)
        ruled = self.check(fields)
        if len(self._book.rules) >= MOST_RULES:
            raise Invalid([Wrong("name", f"at most {MOST_RULES} rules")])
        now = self._clock.wall()
        rule = _rule(ruled.fields, id=str(uuid.uuid4()), created=now, changed=now, judged=now, by=by)
        async with self._keeper.lock:
            await self._journal.write([Put("rule", rule.id, msgspec.json.encode(rule))])
            self._book.put_rule(rule)
            await self.judge()
        return Saved(rule, ruled.warnings)

    async def change_rule(self, rule_id: str, fields: RuleFields, by: str) -> Saved:
        """Save a rule anew; while it fires it can only be switched off."""
        if not self._only_switches_off(rule_id, fields):
            await self.learn(fields)
        async with self._keeper.lock:
            old = self._own_rule(rule_id)
            only_off = self._only_switches_off(rule_id, fields)
            ruled = Ruled(fields, ()) if only_off else self.check(fields, without=rule_id)
            new = _rule(
                ruled.fields, id=rule_id, origin=old.origin, created=old.created, changed=self._clock.wall(), by=by,
                judged=old.judged,
            )  # fmt: skip
            if not judged_alike(old, new):
                new = msgspec.structs.replace(new, judged=new.changed)
            off = msgspec.structs.replace(old, enabled=False, changed=new.changed, by=by)
            if new != off and (firing := self._keeper.firing(rule_id)):
                raise Firing(_way_out(old, firing, "changed"))
            await self._journal.write([Put("rule", rule_id, msgspec.json.encode(new))])
            self._book.put_rule(new)
            await self.judge([] if judged_alike(old, new) else [rule_id])
        return Saved(new, ruled.warnings)

    async def delete_rule(self, rule_id: str) -> Rule:
        """Delete a rule that does not fire."""
        async with self._keeper.lock:
            old = self._own_rule(rule_id)
            if firing := self._keeper.firing(rule_id):
                raise Firing(_way_out(old, firing, "deleted"))
            await self._journal.write([Drop("rule", rule_id)])
            self._book.drop_rule(rule_id)
            await self.judge()
        return old

    async def judge(self, void: Sequence[str] = (), deleted: Sequence[str] = ()) -> None:
        """Judge by the rules as they are now; those in `void` begin anew. Hold the keeper's lock."""
        gone = self._engine.set_rules(self._book.rules.values(), void)
        await self._keeper.settle([(lane, self._why(lane, deleted)) for lane in gone])

    def _why(self, lane: LaneId, deleted: Sequence[str]) -> Reason:
        rule = self._book.rule(lane.rule)
        if rule is None or lane.rule in deleted:
            return "deleted"
        return "changed" if rule.enabled else "disabled"

    # -- alerts

    async def dismiss(self, alert_id: str, by: str, comment: str) -> Alert:
        """Dismiss an alert."""
        async with self._keeper.lock:
            await self._keeper.settle()
            alert = self._keeper.alerts.get(alert_id)
            if alert is None:
                raise Unknown("no alert of that id fires; what is over needs no dismissal")
            return await self._keeper.dismiss(alert, by, comment)

    # -- silences

    async def add_silence(self, fields: SilenceFields, by: str) -> Silence:
        """Save a new silence."""
        now = self._clock.wall()
        faults = []
        if fields.until is not None and fields.until <= max(now, fields.since or now):
            faults.append(Wrong("until", "a time in the future, after `since`"))
        known = {channel.name for channel in self._book.channels.values()}
        faults += [
            Wrong("channels", f"names of channels; {name!r} is none{did_you_mean(name, known)}")
            for name in fields.channels or ()
            if name not in known
        ]
        if len(self._book.silences) >= MOST_SILENCES:
            faults.append(Wrong("comment", f"at most {MOST_SILENCES} silences; end some"))
        if faults:
            raise Invalid(faults)
        said = {name: getattr(fields, name) for name in SilenceFields.__struct_fields__}
        silence = Silence(**said, id=str(uuid.uuid4()), by=by, created=now)
        async with self._keeper.lock:
            await self._journal.write([Put("silence", silence.id, msgspec.json.encode(silence))])
            self._book.put_silence(silence)
        return silence

    async def end_silence(self, silence_id: str) -> Silence:
        """End a silence now."""
        async with self._keeper.lock:
            silence = self._book.silence(silence_id)
            if silence is None:
                raise Unknown("there is no silence of that id")
            if silence.ended is None:
                silence = msgspec.structs.replace(silence, ended=self._clock.wall())
                await self._journal.write([Put("silence", silence_id, msgspec.json.encode(silence))])
                self._book.put_silence(silence)
            return silence

    def _only_switches_off(self, rule_id: str, fields: RuleFields) -> bool:
        """Whether a rule is to be as it is and off, which can be done to one whose condition is broken as well."""
        old = self._book.rule(rule_id)
        return old is not None and not fields.enabled and msgspec.structs.replace(old.fields(), enabled=False) == fields

    def _own_rule(self, rule_id: str) -> Rule:
        rule = self._book.rule(rule_id)
        if rule is None:
            raise Unknown("there is no rule of that id")
        if rule.read_only:
            raise ReadOnly(f"the rule is written in {rule.source}; change it there")
        return rule


def _rule(fields: RuleFields, **more: Any) -> Rule:
    return Rule(**{name: getattr(fields, name) for name in RuleFields.__struct_fields__}, **more)


def _way_out(rule: Rule, firing: Iterable[Alert], what: str) -> str:
    count = len(list(firing))
    alerts = "1 alert of it fires" if count == 1 else f"{count} alerts of it fire"
    return (
        f"the rule {rule.name!r} cannot be {what} while {alerts}: dismiss what fires, or switch the rule off first "
        "(PUT it as it is with enabled=false), which ends its alerts"
    )
