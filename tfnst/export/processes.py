"""Modules of this package in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_HOME = Path(__file__).resolve().parents[2]


def run_module(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `python -m tfnst.NAME`; paths among the arguments are to be absolute.

    It starts where this package lies: Python imports from the folder that it starts in, and the
    caller's may be a stranger's.
    """
    command = [sys.executable, "-m", f"tfnst.{name}", *map(str, arguments)]
    return subprocess.run(command, cwd=_HOME, capture_output=True, text=True, check=False)
