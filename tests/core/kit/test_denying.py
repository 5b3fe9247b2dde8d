"""A plugin is left out by one line of the settings file, and every other line stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from gobs_core import UserError
from gobs_core.kit.denying import deny

WRITTEN = '# mine\n[agent]\nnode = "a"  # here\n\n[plugins]\n# none of these\ndeny = ["old"]\n'


def test_the_rest_of_the_file_stays_as_it_was_comments_included(tmp_path: Path) -> None:
    file = tmp_path / "gobs.toml"
    file.write_text(WRITTEN)
    file.chmod(0o600)
    assert deny("acme", str(file), {}) == (file, True)
    assert file.read_text() == WRITTEN.replace('["old"]', '["old", "acme"]')
    assert deny("acme", str(file), {}) == (file, False)
    assert deny("acme", str(file), {}, allow=True) == (file, True)
    assert deny("acme", str(file), {}, allow=True) == (file, False)
    assert file.read_text() == WRITTEN
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["gobs.toml"]


def test_without_a_file_the_user_s_own_is_made(tmp_path: Path) -> None:
    file, changed = deny("acme", None, {"HOME": str(tmp_path)})
    assert changed
    assert file == tmp_path / ".config" / "gobservability" / "gobs.toml"
    assert file.read_text() == '[plugins]\ndeny = ["acme"]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "expected TOML with a section"),
        ("plugins = 3\n", "expected TOML with a section"),
        ('[plugins]\ndeny = "acme"\n', "expected a list of names, got 'acme'"),
        ("\udcff", "expected TOML with a section"),
    ],
)
def test_a_file_that_means_something_else_is_left_alone(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "gobs.toml"
    raw = text.encode(errors="surrogateescape")
    file.write_bytes(raw)
    with pytest.raises(UserError, match=said):
        deny("acme", str(file), {})
    assert file.read_bytes() == raw
