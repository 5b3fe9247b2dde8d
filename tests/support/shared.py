"""One simulated cluster for all who run tests beside each other: a program of its own, there while anybody uses it.

Whoever uses it shares a lock, which the kernel takes from the dead as well; the program ends once it has that lock to
itself.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.cluster import READY, simulated_cluster
from tests.support.house import ROOT
from tests.support.server import Served

_ADDRESS, _TURN, _USED = "address.json", "turn", "used"


@contextlib.contextmanager
def shared_cluster(folder: Path, prepare: Callable[[Path], None]) -> Iterator[Served]:
    """Use the cluster of a folder for as long as the `with` lasts; it is started by whoever is the first.

    `prepare` puts into the folder of its server what is to be there from the start.
    """
    folder.mkdir(exist_ok=True)
    with (folder / _USED).open("a") as used:
        with (folder / _TURN).open("a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(used, fcntl.LOCK_SH)  # while one ends, this waits until it has
            if not (folder / _ADDRESS).exists():
                _start(folder, prepare)
        yield Served(*json.loads((folder / _ADDRESS).read_text()))


def _start(folder: Path, prepare: Callable[[Path], None]) -> None:
    own = Path(tempfile.mkdtemp(dir=folder))
    prepare(own / "data")
    command = [sys.executable, "-m", __name__, str(folder), str(own)]
    with (own / "cluster.log").open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, start_new_session=True
        )
    atexit.register(_ended, process)
    until = time.monotonic() + 2 * READY
    while not (folder / _ADDRESS).exists():
        assert process.poll() is None, (own / "cluster.log").read_text()[-3000:]
        assert time.monotonic() < until, "the simulated cluster does not come up"
        time.sleep(0.05)


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait until it has ended, as it does once nobody uses it: by now everybody has gone."""
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


def _run(folder: Path, own: Path) -> None:
    """Be the program."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it has started ends with it
    with (folder / _USED).open() as used, simulated_cluster(own) as server:
        part = own / _ADDRESS
        part.write_text(json.dumps([server.http, server.grpc]))
        part.rename(folder / _ADDRESS)
        try:
            fcntl.flock(used, fcntl.LOCK_EX)
        finally:
            (folder / _ADDRESS).unlink()


if __name__ == "__main__":
    _run(Path(sys.argv[1]), Path(sys.argv[2]))
