"""Modules that are put off until somebody uses them: what others' imports bring along and an agent never needs.

asyncio imports ssl, and with it OpenSSL: 5 MiB of memory in every agent, whose gRPC has a TLS of its own; digests bring
most of it as well. Protobuf imports its messages in Python beside those in C: 1 MiB. Once put off, such a module is a
stand-in that loads the real one at the first use of anything in it, so that whoever does need it (a sink of somebody
else's, say) finds it as ever. What others import only if it is there, and would work without, can be hidden from them.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

SELDOM = (
    "ssl",
    "asyncio.sslproto",
    "hashlib",
    "hmac",
    "secrets",
    "ctypes",
    "google.protobuf.internal.python_message",
)
"""asyncio.sslproto uses ssl as soon as it is loaded, so that one alone would not do."""
_lock = threading.RLock()


class Later(ModuleType):
    """Stands for a module that has not been loaded; afterwards it holds all that the real one holds."""

    def __getattr__(self, name: str) -> Any:
        """Load the module; what the import system itself asks for is not a use, but for where its submodules are."""
        if name.startswith("__") and name != "__path__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        with _lock:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
            real = importlib.import_module(self.__name__)
            self.__dict__.update(real.__dict__)
        return getattr(real, name)


def put_off(names: tuple[str, ...] = SELDOM) -> None:
    """Put off the modules that nobody has loaded yet."""
    for name in names:
        sys.modules.setdefault(name, Later(name))


@contextmanager
def hidden(*names: str) -> Iterator[None]:
    """As if these modules were not installed, within the block; those that are loaded already are left alone."""
    mine = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(mine))  # type: ignore[arg-type]  # None is how the import system says it
    try:
        yield
    finally:
        for name in mine:
            sys.modules.pop(name, None)


def put_off_calls(name: str, *functions: str) -> None:
    """Put off a module of which others import these functions by name, and most processes never call one."""
    if name in sys.modules:
        return
    module = ModuleType(name)
    for function in functions:
        setattr(module, function, partial(_called, name, function))
    sys.modules[name] = module


def _called(name: str, function: str, *args: Any, **kwargs: Any) -> Any:
    with _lock:
        if not getattr(sys.modules[name], "__file__", None):
            del sys.modules[name]
        real = importlib.import_module(name)
    return getattr(real, function)(*args, **kwargs)
