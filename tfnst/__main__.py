"""The command as `python -m tfnst`, where the program `tfnst` is not on the path."""

from __future__ import annotations

from tfnst.cli import main

main()
