"""A notebook as a program: its cells in order, files and commands as IPython has them."""

import subprocess
import sys
from pathlib import Path

from benchmarks.sdk_examples import script


def test_cells_become_a_program(tmp_path: Path) -> None:
    cells: list[dict[str, object]] = [
        {"cell_type": "markdown", "source": ["# import nothing"]},
        {"cell_type": "code", "source": ["name = 'made'\n", "!mkdir -p {name}"]},
        {"cell_type": "code", "source": ["%%writefile made/a.py\n", "print('{name}')\n"]},
        {"cell_type": "code", "source": "!python3 made/a.py > said\nname"},
    ]
    subprocess.run([sys.executable, "-c", script({"cells": cells})], cwd=tmp_path, check=True)
    assert (tmp_path / "said").read_text() == "{name}\n"


def test_a_command_that_fails_ends_the_program(tmp_path: Path) -> None:
    cells: list[dict[str, object]] = [{"cell_type": "code", "source": "!false"}]
    assert subprocess.run([sys.executable, "-c", script({"cells": cells})], check=False, cwd=tmp_path).returncode != 0
