"""The settings a plugin is tried with where a test gives none."""

from __future__ import annotations

from typing import Any

import msgspec

from gobs_core.plugin import Plugin


def default_config(cls: type[Plugin]) -> Any:
    """Its `Config` as it is without any setting; raises AssertionError, with what to write, where some are needed."""
    required = [field.name for field in msgspec.structs.fields(cls.Config) if field.required]
    call = f"check_{_kind(cls)}({cls.__name__}, config={cls.Config.__name__}"
    if required:
        settings = ", ".join(f"{name}=…" for name in required)
        raise AssertionError(f"{cls.__name__}: needs settings that have no default; give them: {call}({settings}))")
    try:
        return cls.Config()
    except ValueError as error:
        raise AssertionError(f"{cls.__name__}: needs settings: {error}; give them: {call}(…))") from error


def _kind(cls: type[Plugin]) -> str:
    bases = (base.__name__.lower() for base in cls.__mro__ if base.__module__.startswith("gobs_core."))
    return next(bases, "plugin")
