"""Brings what the tests need from outside Python, or says what to install: Chromium; for root also OF_ROOT."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SBIN = "/usr/sbin:/sbin"

OF_ROOT = {"iproute2": "ip", "linux-perf": "perf", "g++": "c++", "prometheus": "promtool"}
"""Package -> program, of what only root's lane needs."""
ELSE = {"linux-perf": "linux-tools-generic"}
"""What a package is called elsewhere."""
MISSING = {
    "chromium": "Browser tests need Chromium. Install it (Debian: apt-get install chromium; Fedora: "
    "dnf install chromium), or let Playwright fetch one: .venv/bin/playwright install --with-deps chromium",
    "linux-perf": "Tests of flamegraphs need `perf`. Install it (Debian: apt-get install linux-perf; Ubuntu: apt-get "
    "install linux-tools-generic; Fedora: dnf install perf)",
    "g++": "Tests of flamegraphs build programs to look at. Install a compiler (Debian, Ubuntu: apt-get install g++; "
    "Fedora: dnf install gcc-c++)",
    "prometheus": "Tests of exports let Prometheus read them. Install it (Debian, Ubuntu: apt-get install prometheus; "
    "Fedora: dnf install golang-github-prometheus)",
    "iproute2": "Tests with network namespaces need `ip`. Install it (Debian, Ubuntu: apt-get install "
    "iproute2; Fedora: dnf install iproute)",
}


@dataclass(frozen=True)
class Machine:
    """What can be asked and done here; tests pass their own."""

    which: Callable[[str], str | None]
    run: Callable[[Sequence[str]], bool]
    downloaded: Callable[[], str | None]
    root: bool

    def chromium(self) -> str | None:
        """Return the path of a Chromium: the system's, else the one that Playwright fetched."""
        return next((path for name in BROWSERS if (path := self.which(name))), None) or self.downloaded()

    def apt_get(self) -> list[str] | None:
        """Return how apt-get is called here, or None where it is missing or not allowed."""
        if not self.which("apt-get"):
            return None
        if self.root:
            return ["apt-get"]
        sudo = ["sudo", "-n"]
        return [*sudo, "apt-get"] if self.which("sudo") and self.run([*sudo, "true"]) else None


def bring(machine: Machine) -> list[str]:
    """Bring what is missing; return the packages that could not be had."""
    packages = [] if machine.chromium() else ["chromium"]
    if machine.root:
        packages += [package for package, program in OF_ROOT.items() if not machine.which(program)]
    if packages and (apt := machine.apt_get()):
        machine.run([*apt, "update", "-qq"])
        for package in packages:
            install = [*apt, "install", "-qq", "-y", "--no-install-recommends"]
            if not machine.run([*install, package]) and package in ELSE:
                machine.run([*install, ELSE[package]])
    if not machine.chromium():
        machine.run([sys.executable, "-m", "playwright", "install", "chromium"])
    there = {"chromium": machine.chromium(), **{package: machine.which(name) for package, name in OF_ROOT.items()}}
    return [package for package in packages if not there[package]]


def this_machine() -> Machine:
    """Return the machine that the tests run on."""
    return Machine(which=_which, run=_run, downloaded=_downloaded, root=os.geteuid() == 0)


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{SBIN}")


def _run(command: Sequence[str]) -> bool:
    print("+", *command, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode == 0


def _downloaded() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None


def main() -> int:
    """Bring what is missing here; say what to install where that fails."""
    missing = bring(this_machine())
    for package in missing:
        print(MISSING[package], file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
