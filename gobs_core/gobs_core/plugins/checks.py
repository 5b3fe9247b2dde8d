"""What a class that a hook announces must be, before anything is made of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable

from gobs_core.collector import Collector
from gobs_core.condition import Condition, ConditionParameters
from gobs_core.errors import DeclarationError
from gobs_core.notifier import MOST_ALERTS, Notifier
from gobs_core.plugin import OLDEST_API, PLUGIN_API, Plugin
from gobs_core.plugins.registry import Contract
from gobs_core.table import Table

OWN_TABLES = ("agent", "collector", "plugin", "sight", "sink")
"""Tables the agent fills itself; no collector may declare them."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")


def announced(contract: Contract, result: object) -> tuple[object, ...]:
    """Turn what a hook returned into classes to check; raises DeclarationError when it is no list."""
    if isinstance(result, str | bytes) or not isinstance(result, Iterable):
        raise DeclarationError(f"{contract.hook} must return a list of classes, not {result!r}")
    return tuple(result)


def check_class(contract: Contract, cls: object) -> type[Plugin]:
    """Return the class when it keeps its contract; raises DeclarationError saying what is wrong, and where."""
    try:
        return _checked(contract, cls)
    except DeclarationError as fault:
        from gobs_core.plugins.places import place_of_class, written

        raise DeclarationError(f"{fault}{written(place_of_class(cls))}") from None


def _checked(contract: Contract, cls: object) -> type[Plugin]:
    base = contract.base
    if not isinstance(cls, type) or not issubclass(cls, base):
        hint = " (announce the class, not an instance)" if isinstance(cls, base) else ""
        raise DeclarationError(f"{contract.hook} announced {cls!r}, which is not a subclass of {base.__name__}{hint}")
    where = f"{cls.__module__}.{cls.__qualname__}"
    name = getattr(cls, "name", None)
    if not isinstance(name, str) or not _NAME.match(name):
        raise DeclarationError(f"{where}: `name` must be lower-case letters, digits and _, at most 63, not {name!r}")
    _check_api(where, cls.api)
    needs: object = cls.needs
    if not isinstance(needs, tuple) or not all(isinstance(need, str) for need in needs):
        raise DeclarationError(f"{where}: `needs` must be a tuple of texts, not {needs!r}")
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
        raise DeclarationError(f"{where}: does not implement {missing}")
    config: object = cls.Config
    if not isinstance(config, type) or not issubclass(config, base.Config):
        raise DeclarationError(f"{where}: `Config` must be a subclass of {base.Config.__name__}, not {config!r}")
    if issubclass(cls, Collector):
        _check_tables(where, getattr(cls, "tables", None))
    if issubclass(cls, Condition):
        _check_parameters(where, cls.Parameters)
    if issubclass(cls, Notifier) and (type(cls.most) is not int or not 1 <= cls.most <= MOST_ALERTS):
        raise DeclarationError(f"{where}: `most` must be a number from 1 to {MOST_ALERTS}, not {cls.most!r}")
    return cls


def _check_api(where: str, api: object) -> None:
    if type(api) is not int or api < 1:
        raise DeclarationError(f"{where}: `api` must be a plugin API number such as {PLUGIN_API}, not {api!r}")
    if not OLDEST_API <= api <= PLUGIN_API:
        spoken = str(PLUGIN_API) if OLDEST_API == PLUGIN_API else f"{OLDEST_API} to {PLUGIN_API}"
        upgrade = "gobs-core" if api > PLUGIN_API else "the plugin"
        raise DeclarationError(
            f"{where}: is written for plugin API {api}, and {spoken} is spoken here: upgrade {upgrade}"
        )


def _check_parameters(where: str, parameters: object) -> None:
    if not isinstance(parameters, type) or not issubclass(parameters, ConditionParameters):
        raise DeclarationError(f"{where}: `Parameters` must be a subclass of ConditionParameters, not {parameters!r}")


def _check_tables(where: str, tables: object) -> None:
    if not isinstance(tables, tuple) or not tables or not all(isinstance(table, Table) for table in tables):
        raise DeclarationError(f"{where}: `tables` must be a tuple of at least one Table, not {tables!r}")
    seen: set[str] = set()
    for table in tables:
        if table.name in OWN_TABLES:
            raise DeclarationError(f"{where}: table {table.name!r} is the agent's own")
        if table.name in seen:
            raise DeclarationError(f"{where}: declares table {table.name!r} twice")
        seen.add(table.name)
