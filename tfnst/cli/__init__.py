"""The command `tfnst`: options to library calls, and nothing else."""

from __future__ import annotations

from tfnst.cli import terminal

with terminal.one_line_errors():  # Ctrl-C while the modules are read is no traceback.
    from tfnst.cli import (
        analogies,
        exports,
        grids,
        interface,
        networks,
        optimization,
        textures,
        tools,
        training,
    )
    from tfnst.cli.app import app, main

__all__ = [
    "analogies",
    "app",
    "exports",
    "grids",
    "interface",
    "main",
    "networks",
    "optimization",
    "textures",
    "tools",
    "training",
]
