"""One version everywhere, and each package asks for exactly that version of the others."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest

from tests.support.house import MEMBERS, ROOT_MEMBER, Member

VERSION = ROOT_MEMBER.settings["project"]["version"]
EVERYONE = [*MEMBERS, ROOT_MEMBER]
by_name = pytest.mark.parametrize("member", EVERYONE, ids=lambda member: member.distribution)


@by_name
def test_every_package_has_the_same_version(member: Member) -> None:
    assert member.settings["project"]["version"] == VERSION
    assert version(member.distribution) == VERSION


@by_name
def test_a_package_pins_the_others_to_its_own_version(member: Member) -> None:
    ours = [line for line in member.requirements() if line.startswith("gobs")]
    assert [line for line in ours if not re.fullmatch(rf"gobs-[a-z]+(\[[a-z-]+\])?=={re.escape(VERSION)}", line)] == []


def test_a_plain_install_brings_every_package() -> None:
    asked = {line.partition("==")[0] for line in ROOT_MEMBER.settings["project"]["dependencies"]}
    assert asked == {member.distribution for member in MEMBERS}


def test_the_agent_extra_brings_no_server() -> None:
    extras = ROOT_MEMBER.settings["project"]["optional-dependencies"]
    assert not [line for line in extras["agent"] if "server" in line]


@by_name
def test_every_package_asks_for_the_same_python(member: Member) -> None:
    assert member.settings["project"]["requires-python"] == ">=3.11"


def test_the_build_group_holds_what_the_hooks_need() -> None:
    """`make` installs without build isolation, from this group; `pip install .` reads [build-system]."""
    group = set(ROOT_MEMBER.settings["dependency-groups"]["build"])
    for member in EVERYONE:
        assert set(member.settings["build-system"]["requires"]) <= group, member.distribution
