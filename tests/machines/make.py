"""Writes the fixture machines anew: `python -m tests.machines.make [FOLDER]`; what they are stands here alone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.machines.bare_vm import bare_vm
from tests.machines.containerd import containerd_v2
from tests.machines.disks import disks
from tests.machines.docker import docker_v1
from tests.machines.hostile import hostile
from tests.machines.render import TREE

HERE = Path(__file__).parent
MACHINES: dict[str, TREE] = {
    "bare-vm": bare_vm(),
    "containerd-v2": containerd_v2(later=False),
    "containerd-v2-later": containerd_v2(later=True),
    "disks": disks(later=False),
    "disks-later": disks(later=True),
    "docker-v1": docker_v1(),
    "hostile": hostile(),
}
"""Name -> files of a machine, below `proc` and `sys`; NAME-later is the same one five seconds later."""


def write(tree: TREE, root: Path) -> None:
    """Write one machine's files and links into a folder."""
    for path, content in tree.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.symlink_to(content)


def main(folder: Path) -> None:
    """Write every machine into the folder, in place of what was there."""
    for name, tree in MACHINES.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        write(tree, folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
