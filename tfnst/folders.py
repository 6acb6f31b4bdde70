"""Folders that appear when they are complete, in place of an earlier one of their kind."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path


def require_room(folder: Path, mark: str) -> None:
    """ValueError for what is no folder, or holds anything but an earlier one, which has `mark`."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{str(folder)!r} is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / mark).is_file():
        raise ValueError(f"{str(folder)!r} holds other files; name a new folder")
    if not folder.absolute().parent.is_dir():
        raise ValueError(f"there is no folder {str(folder.parent)!r}; make it first")


@contextlib.contextmanager
def replaced_folder(folder: Path, mark: str) -> Iterator[Path]:
    """A folder of another name to fill, which takes the place of `folder` unless that fails.

    `mark` is a file that each of the kind has. Raises ValueError as `require_room` does.
    """
    require_room(folder, mark)
    folder = folder.absolute()
    new = folder.with_name(f".new-{folder.name}")
    shutil.rmtree(new, ignore_errors=True)
    try:
        new.mkdir()
        yield new
        if folder.exists():
            shutil.rmtree(folder)
        new.replace(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
