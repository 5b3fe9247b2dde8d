"""The official client without what only its typed models need: pydantic and others, 7 MiB that no agent uses.

What asks the API imports a few names of them as it is loaded. It is given stand-ins for that moment; whoever imports
the real ones afterwards has them, the models included.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

_ASKING = "kubernetes.client.api_client"


class _Fields:
    """Stands for a model: has what it is made of."""

    def __init__(self, **fields: object) -> None:
        self.__dict__.update(fields)


class _Secret:
    """Stands for a kind of text that nobody uses here."""


def _described(*_: object, **__: object) -> None:
    """Stand for what says more of a field."""


def _later(module: str, name: str, *given: Any, **named: Any) -> Any:
    return getattr(importlib.import_module(module), name)(*given, **named)


_STAND_INS: Mapping[str, Mapping[str, object]] = {
    "pydantic": {
        "BaseModel": _Fields,
        "Field": _described,
        "SecretStr": _Secret,
        "StrictInt": int,
        "StrictBytes": bytes,
    },
    "dateutil.parser": {"parse": partial(_later, "dateutil.parser", "parse")},
    "multiprocessing.pool": {"ThreadPool": partial(_later, "multiprocessing.pool", "ThreadPool")},
}


def plumbing(stand_ins: Mapping[str, Mapping[str, object]] = _STAND_INS) -> tuple[Any, Any]:
    """`ApiClient` and `Configuration`. Where another version of the client wants more, it gets the real ones."""
    if _ASKING not in sys.modules:
        before = set(sys.modules)
        try:
            with _instead(stand_ins):
                importlib.import_module(_ASKING)
        except (ImportError, AttributeError, TypeError):
            for name in [name for name in sys.modules if name.partition(".")[0] == "kubernetes" and name not in before]:
                del sys.modules[name]
    from kubernetes.client import ApiClient, Configuration

    return ApiClient, Configuration


@contextmanager
def _instead(stand_ins: Mapping[str, Mapping[str, object]]) -> Iterator[None]:
    """As if these modules held that alone; those that are loaded already are left alone."""
    mine = {name: ModuleType(name) for name in stand_ins if name not in sys.modules}
    for name, module in mine.items():
        module.__dict__.update(stand_ins[name])
    sys.modules.update(mine)
    try:
        yield
    finally:
        for name in mine:
            sys.modules.pop(name, None)
