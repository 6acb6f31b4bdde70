"""The command `tfnst`: options to library calls, and nothing else."""

from __future__ import annotations

from tfnst.cli import exports, networks, optimization, tools, training
from tfnst.cli.app import app, main

__all__ = ["app", "exports", "main", "networks", "optimization", "tools", "training"]
