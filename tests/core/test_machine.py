"""Where there is no /proc, the way in that is named is one that works there."""

from __future__ import annotations

import pytest

from gobs_core import UserError
from gobs_core.agent.machine import open_machine
from gobs_core.settings import AgentSettings
from gobs_core.testing import FakeProc


@pytest.mark.parametrize(("platform", "under_wsl"), [("win32", True), ("darwin", False), ("linux", False)])
def test_the_way_in_leads_through_wsl_on_windows_and_only_there(proc: FakeProc, platform: str, under_wsl: bool) -> None:
    for root in (proc.folder / "nothing", proc.root):
        with pytest.raises(UserError) as raised:
            open_machine(AgentSettings(proc_root=str(root)), platform=platform)
        said = str(raised.value)
        assert said.endswith(": gobs simulate --with-server")
        assert ("under WSL" in said) is under_wsl
