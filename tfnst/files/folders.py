"""Folders that appear when they are complete, in place of an earlier one of ours alone."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tfnst import files
from tfnst.files import FileError, leftovers, read_text

MARK = "# written by tfnst"  # the first line; to sha256sum a comment
MISSING = "is not there"
SUMS = "SHA256SUMS"  # as sha256sum -c reads it; it tells what is ours, and whether it is whole


def require_room(folder: Path) -> None:
    """ValueError for what is no folder of ours, or holds anything that is not as we wrote it."""
    try:
        path = folder.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        raise ValueError(f"{str(folder)!r} leads nowhere; name a folder") from None
    if path.exists() and not path.is_dir():
        raise ValueError(f"{str(folder)!r} is a file; name a folder")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {str(path.parent)!r}; make it first")
    if os.path.ismount(path):
        raise ValueError(f"{str(folder)!r} is a mount point; name a folder in it")
    if Path.cwd().resolve().is_relative_to(path):
        raise ValueError(f"{str(folder)!r} is where you are; name a folder in it")
    if path.is_dir() and (others := _others(path)):
        raise ValueError(f"{str(folder)!r} holds other files, as {others[0]}; name a new folder")


@contextlib.contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """A folder of another name to fill, which takes the place of `folder` unless that fails.

    Raises ValueError as `require_room` does, OSError that names the folder, not what was to become
    it, when the disk is full or refuses.
    """
    target = Path(os.path.realpath(folder))
    _put_back(target)
    require_room(folder)
    with new_folder(folder, target) as new:
        yield new
        (new / SUMS).write_text(_listed(new), "utf-8")
        require_room(folder)  # it took a while


@contextlib.contextmanager
def new_folder(folder: Path, target: Path) -> Iterator[Path]:
    """A folder to fill that then takes the place of another or of none, unless that fails."""
    new = leftovers.temporary(target, "")
    leftovers.sweep(target.parent)
    try:
        with leftovers.held_folder(new):
            yield new
            _rename_over(new, target)
    except (OSError, ValueError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if isinstance(cause, OSError) and (new.name in str(error) or _is_full(cause)):
            raise OSError(cause.errno, cause.strerror, str(folder)) from error
        raise
    finally:
        _put_back(target)
        shutil.rmtree(new, ignore_errors=True)


def _rename_over(new: Path, target: Path) -> None:
    """Rename a folder; what was there before is under its name, or gone."""
    if not target.exists():
        new.replace(target)
    elif not leftovers.exchange(new, target):
        target.replace(old := _old(target))
        new.replace(target)
        shutil.rmtree(old, ignore_errors=True)


def _old(folder: Path) -> Path:
    return folder.with_name(f".tfnst-old-{folder.name}")


def _put_back(folder: Path) -> None:
    """Mend what a process that died between two renames has left."""
    if (old := _old(folder)).exists():
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.replace(folder)


@contextlib.contextmanager
def full_disk_named(path: Path) -> Iterator[None]:
    """OSError that names a file in place of what TensorFlow says of a full disk."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) or "No space left" not in str(error):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error


def _is_full(error: OSError) -> bool:
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _others(folder: Path) -> list[str]:
    """What of a folder we did not write, or not so; empty folders, too."""
    if not any(folder.iterdir()):
        return []
    listed = checksums(folder)
    if not listed:
        return _files(folder) or [next(folder.iterdir()).name]
    ours = {parent.as_posix() for name in listed for parent in Path(name).parents}
    inner = (path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())
    within = [path.relative_to(folder).as_posix() for path in inner]
    changed = [name for name, fault in altered(folder).items() if fault != MISSING]
    return [*changed, *sorted(set(within) - ours)]


def checksums(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file as it was written, by its name within; empty if it is not ours."""
    try:
        first, *lines = read_text(regular(folder, SUMS)).splitlines()
    except (OSError, ValueError):
        return {}
    entries = [line.partition("  ") for line in lines]
    return {name: digest for digest, _, name in entries if name} if first == MARK else {}


def regular(folder: Path, name: str) -> Path:
    """The file of that name within a folder; ValueError for another folder's, a link or no file."""
    parts = PurePosixPath(name).parts
    file = folder.joinpath(*parts)
    try:
        ways = [folder.joinpath(*parts[:count]) for count in range(1, len(parts) + 1)]
        within = (
            bool(parts) and not {"..", "/"} & set(parts) and not any(map(Path.is_symlink, ways))
        )
        if within and stat.S_ISREG(file.stat().st_mode):
            return file
    except (OSError, ValueError):  # ValueError of names that no file can have
        pass
    raise FileError(file, "it is missing, or no regular file of its folder; write that again")


def contents(folder: Path) -> list[Path]:
    """All that a folder holds but folders, at any depth; links are not followed."""
    paths = (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return sorted(paths)


def altered(folder: Path) -> dict[str, str]:
    """What is wrong with a folder by its sums: a sentence for each file, by its name."""
    listed, there = checksums(folder), set(_files(folder))
    if not listed:
        return {SUMS: "is missing, or not of tfnst; write the folder again"}
    faults = dict.fromkeys(sorted(there - set(listed) - {SUMS}), "was not written by tfnst")
    for name, digest in listed.items():
        if name not in there:
            faults[name] = MISSING
        elif _digest(folder, name) != digest:
            faults[name] = "is not the file that was written: its SHA-256 differs"
    return faults


def _digest(folder: Path, name: str) -> str | None:
    """The SHA-256 of a file within a folder; None of what is no regular file, or cannot be read."""
    try:
        return files.sha256(regular(folder, name))
    except ValueError:
        return None


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in contents(folder))


def _listed(folder: Path) -> str:
    lines = [f"{files.sha256(folder / name)}  {name}" for name in _files(folder)]
    return "\n".join([MARK, *lines]) + "\n"
