"""What the tests need from outside is looked for in order, and its absence is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.support.needs import MISSING, OF_ROOT, Machine, bring

ROOTS = set(OF_ROOT.values())


@dataclass
class Fake:
    """A machine on which commands are there or not, and installing works or not."""

    there: set[str]
    apt_works: bool = True
    playwright_works: bool = True
    sudo_works: bool = True
    root: bool = True
    ran: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str]) -> bool:
        line = " ".join(command[1:] if "-m" in command else command)
        self.ran.append(line)
        if "playwright" in line:
            self.there |= {"downloaded"} if self.playwright_works else set()
            return self.playwright_works
        if line == "sudo -n true":
            return self.sudo_works
        if "install" in line and self.apt_works:
            self.there.add(OF_ROOT.get(command[-1], command[-1]))
        return self.apt_works

    def machine(self) -> Machine:
        return Machine(
            which=lambda name: f"/usr/bin/{name}" if name in self.there else None,
            run=self.run,
            downloaded=lambda: "/cache/chromium" if "downloaded" in self.there else None,
            root=self.root,
        )


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome", "downloaded"])
def test_a_browser_that_is_there_is_used_and_nothing_runs(name: str) -> None:
    fake = Fake({name, "apt-get", *ROOTS})
    assert bring(fake.machine()) == []
    assert fake.ran == []


def test_apt_get_brings_what_is_missing_for_root() -> None:
    fake = Fake({"apt-get"})
    assert bring(fake.machine()) == []
    assert fake.machine().chromium() == "/usr/bin/chromium"
    assert not [line for line in fake.ran if "sudo" in line or "playwright" in line]


def test_apt_get_runs_by_sudo_where_that_asks_for_no_password() -> None:
    fake = Fake({"apt-get", "sudo"}, root=False)
    assert bring(fake.machine()) == []
    assert "sudo -n apt-get install -qq -y --no-install-recommends chromium" in fake.ran


@pytest.mark.parametrize(
    "fake",
    [
        Fake({*ROOTS}),
        Fake({"apt-get", *ROOTS}, apt_works=False),
        Fake({"apt-get", *ROOTS}, root=False),
        Fake({"apt-get", "sudo", *ROOTS}, root=False, sudo_works=False),
    ],
    ids=["no apt-get", "apt-get fails", "no sudo", "sudo asks"],
)
def test_playwright_brings_the_browser_where_apt_get_cannot(fake: Fake) -> None:
    assert bring(fake.machine()) == []
    assert fake.machine().chromium() == "/cache/chromium"


def test_what_cannot_be_had_is_named_with_the_way_to_install_it() -> None:
    fake = Fake({"apt-get"}, apt_works=False, playwright_works=False)
    missing = bring(fake.machine())
    assert missing == ["chromium", *OF_ROOT]
    assert all("apt-get install" in MISSING[package] for package in missing)


def test_an_ordinary_user_needs_nothing_of_roots() -> None:
    assert bring(Fake({"chromium"}, root=False).machine()) == []
