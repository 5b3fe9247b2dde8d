"""Logging: structlog, console on a terminal and JSON lines otherwise; no secret and no control character gets out.

Loggers are had by `get_logger`; nothing is configured before `configure_logging`, which a program calls once.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from types import ModuleType
from typing import Any, TextIO, cast

import msgspec

from gobs_core.redact import STARS, Redactor, telling
from gobs_core.settings.sections import LogSettings
from gobs_core.text import escape
from gobs_core.values import Secret


def _import_structlog() -> ModuleType:
    """Import structlog without what it would take along where it is installed.

    rich and greenlet cost 7 MiB, and rich writes the values of locals, secrets too, into tracebacks.
    """
    missing = [name for name in ("rich", "greenlet", "better_exceptions") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing, cast("ModuleType", None)))
    try:
        import structlog
    finally:
        for name in missing:
            del sys.modules[name]
    return structlog


_structlog = _import_structlog()
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_DEPTH = 6


def get_logger(name: str) -> Any:
    """A logger: `log.info("what happened", key=value)`. Works, if plainly, before logging is configured."""
    return _structlog.get_logger(component=name)


def configure_logging(settings: LogSettings, redact: Redactor | None = None, stream: TextIO | None = None) -> None:
    """Set up structlog and, through it, the standard library's logging, for the whole process."""
    stream = stream or sys.stderr
    console = settings.format == "console" or (settings.format == "auto" and stream.isatty())
    level = _LEVELS[settings.level]
    renderer = (
        _structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=_structlog.dev.plain_traceback, sort_keys=False
        )
        if console
        else _render_json
    )
    _structlog.configure(
        processors=[
            _structlog.contextvars.merge_contextvars,
            _structlog.processors.add_log_level,
            _structlog.processors.TimeStamper(fmt="iso", utc=not console),
            _structlog.processors.format_exc_info,
            Cleaner(redact or Redactor(), indent="  " if console else ""),
            renderer,
        ],
        wrapper_class=_structlog.make_filtering_bound_logger(level),
        logger_factory=_structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Bridge()]
    root.setLevel(max(level, logging.INFO))


class Cleaner:
    """The structlog processor that lets no secret and no control character through.

    `indent` goes before each line of a traceback, so that none of them can pass for a line of the log.
    """

    def __init__(self, redact: Redactor, indent: str = "") -> None:
        self._redact = redact
        self._indent = indent

    def __call__(self, logger: object, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        """Clean every key and value."""
        return {self._name(key): self._value(str(key), value) for key, value in event.items()}

    def _name(self, key: object) -> str:
        return escape(self._redact(str(key)))

    def _value(self, key: str, value: object, depth: int = 0) -> object:
        if value is None or isinstance(value, bool | int | float):
            return STARS if value and not isinstance(value, bool) and telling(key) else value
        if isinstance(value, Secret) or telling(key):
            return STARS if value else ""
        if isinstance(value, Mapping) and depth < _DEPTH:
            return {self._name(name): self._value(str(name), inner, depth + 1) for name, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset) and depth < _DEPTH:
            return [self._value("", inner, depth + 1) for inner in value]
        text = self._redact(value if isinstance(value, str) else repr(value))
        if key == "exception":
            return "\n".join(self._indent + escape(line) for line in text.split("\n"))
        return escape(text)


class _Bridge(logging.Handler):
    """Hands the records of the standard library's logging, libraries' that is, to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on one record."""
        try:
            log = get_logger(record.name)
            log.log(record.levelno, record.getMessage(), exc_info=record.exc_info or None)
        except Exception:  # noqa: BLE001  the standard library's own way
            self.handleError(record)


def _render_json(logger: object, method: str, event: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(event).decode()
