"""`python -m tfnst.cli`, where the program `tfnst` is not on the path."""

from __future__ import annotations

from tfnst.cli import main

main()
