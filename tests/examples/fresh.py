"""A fresh virtual environment into which pip installs an example, beside the packages that the tests run with."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.support.house import MEMBERS, ROOT_MEMBER
from tests.support.programs import searched

EXAMPLES = Path(__file__).parents[2] / "examples"
_PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--no-build-isolation")
GOBS = "import sys; from gobs_core.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Fresh:
    """One environment, below a folder that nobody else uses."""

    folder: Path

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "venv" / "bin" / "python")

    def run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run its interpreter with these arguments."""
        command = [self.python, *arguments]
        return searched(
            subprocess.run(
                command, cwd=cwd, env=self.environment(), capture_output=True, text=True, timeout=110, check=False
            )
        )

    def gobs(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its `gobs`."""
        return self.run("-c", GOBS, *arguments)

    def environment(self) -> dict[str, str]:
        """Return an environment without anything of the user's own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GOBS_", "PYTHON"))}
        home = str(self.folder)
        kept["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))
        return {**kept, "HOME": home, "XDG_STATE_HOME": f"{home}/state", "XDG_CONFIG_HOME": f"{home}/config"}


def fresh(folder: Path) -> Fresh:
    """Make an environment; what Gobservability and pip's build need it sees where the tests have it."""
    made = Fresh(folder)
    borrowed = ["--without-pip"] if find_spec("pip") else []  # seen beside the packages; its own takes seconds to make
    subprocess.run([sys.executable, "-m", "venv", "--symlinks", *borrowed, str(folder / "venv")], check=True)
    done = made.run("-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])")
    # addsitedir reads the .pth files there as well, which is how an editable checkout is found.
    places = {sysconfig.get_paths()["purelib"], *(place for place in site.getsitepackages() if os.path.isdir(place))}
    lines = [f"import site; site.addsitedir({place!r})\n" for place in sorted(places)]
    (Path(done.stdout.strip()) / "beside.pth").write_text("".join(lines))
    return made


def install_house(made: Fresh) -> None:
    """Build the wheel of every package of ours from its folder and install it, so that the checkout is not used."""
    done = made.run(*_PIP, "--no-deps", *(str(member.folder) for member in (*MEMBERS, ROOT_MEMBER)))
    assert done.returncode == 0, done.stdout + done.stderr


def install(made: Fresh, *examples: str) -> Path:
    """Build copies of examples and install them with pip at once, without any index; return the first copy."""
    copies = [made.folder / example for example in examples]
    for copy in copies:
        shutil.copytree(EXAMPLES / copy.name, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    done = made.run(*_PIP, *map(str, copies))
    assert done.returncode == 0, done.stdout + done.stderr
    return copies[0]
