"""Folders that appear when they are complete, in place of an earlier one of ours alone."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

SUMS = "SHA256SUMS"  # as sha256sum -c reads it; it tells what is ours, and whether it is whole


def require_room(folder: Path) -> None:
    """ValueError for what is no folder, or holds any file that we did not write."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{str(folder)!r} is a file; name a folder")
    if not folder.absolute().parent.is_dir():
        raise ValueError(f"there is no folder {str(folder.parent)!r}; make it first")
    if os.path.ismount(folder):
        raise ValueError(f"{str(folder)!r} is a mount point; name a folder in it")
    if folder.is_dir() and (others := sorted(set(_files(folder)) - set(sums(folder)))):
        raise ValueError(f"{str(folder)!r} holds other files, as {others[0]}; name a new folder")


@contextlib.contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """A folder of another name to fill, which takes the place of `folder` unless that fails.

    Raises ValueError as `require_room` does, OSError that names the folder when the disk is full.
    """
    require_room(folder)
    place = folder.resolve()
    token = secrets.token_hex(4)
    new, old = (place.with_name(f".{kind}-{place.name}-{token}") for kind in ("new", "old"))
    try:
        new.mkdir()
        yield new
        (new / SUMS).write_text(_listed(new), "utf-8")
        if place.exists():
            place.replace(old)
        new.replace(place)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):  # told of a file that will not be there
            raise OSError(error.errno, os.strerror(error.errno), str(folder)) from error
        raise
    finally:
        if old.exists() and not place.exists():
            old.replace(place)
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def sums(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file as it was written, by its name within; empty where none is told."""
    try:
        lines = (folder / SUMS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    told = (line.partition("  ") for line in lines)
    return {name: digest for digest, _, name in told if name} | {SUMS: ""}


def altered(folder: Path) -> dict[str, str]:
    """What is wrong with a folder by its sums: a sentence for each file, by its name."""
    listed, there = sums(folder), set(_files(folder))
    found = dict.fromkeys(sorted(there - set(listed)), "was not written by tfnst")
    for name, digest in listed.items():
        if name not in there:
            found[name] = "is not there"
        elif digest and _digest(folder / name) != digest:
            found[name] = "is not the file that was written: its SHA-256 differs"
    return found


def _files(folder: Path) -> list[str]:
    places = (place for place in folder.rglob("*") if not place.is_dir() or place.is_symlink())
    return sorted(place.relative_to(folder).as_posix() for place in places)


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _listed(folder: Path) -> str:
    return "".join(f"{_digest(folder / name)}  {name}\n" for name in _files(folder))
