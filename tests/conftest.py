"""What holds for every test: the root lane is never left out in silence, and a slow machine fails no property."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings

from tests.support.secrets import logs_below, told_in

NEEDS_ROOT = "needs root, and CI runs it: run `make test` as root to have it here too"

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
"""A program that is started as another user comes by a plain fork, in which gRPC's own handlers crash now and then."""

settings.register_profile("house", deadline=None, max_examples=50)  # two busy cores tell nothing about one example
settings.register_profile("full", deadline=None, max_examples=500)  # of `make soak`
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden outputs be written anew instead of compared."""
    parser.addoption("--update-golden", action="store_true", help="write golden outputs anew (make golden)")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let what was imported and collected be none of what is looked through for garbage, now and at every test."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail the test that said a secret of the suite: on stdout, on stderr or in a log, at whatever level."""
    report = yield
    if report.when == "teardown" and (found := told_in(report.sections)):
        report.outcome, report.longrepr = "failed", "\n".join(["a secret is in what this test said:", *found])
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """Let a program that set up its log inside a test leave none behind: it would write where nobody hears."""
    try:
        return (yield)
    finally:
        structlog = sys.modules.get("structlog")
        if structlog is not None and structlog.is_configured():
            structlog.reset_defaults()
            root = logging.getLogger()
            root.handlers[:] = [one for one in root.handlers if not type(one).__module__.startswith("gobs_core")]
            root.setLevel(logging.WARNING)


@pytest.fixture(scope="session", autouse=True)
def _no_secret_in_the_log_of_any_program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    assert told_in(logs_below(tmp_path_factory.getbasetemp())) == []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the root lane for an ordinary user, each test with the reason; CI may not."""
    if os.geteuid() == 0:
        return
    lane = [item for item in items if item.get_closest_marker("root")]
    if lane and os.environ.get("CI"):
        raise pytest.UsageError("CI must run as root: the tests marked `root` need cgroups and network namespaces")
    for item in lane:
        item.add_marker(pytest.mark.skip(reason=NEEDS_ROOT))
