"""Files that one process holds, and what dead ones have left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_OURS = re.compile(r"\.tfnst-([0-9a-f]{8}){1,2}(\.tmp)?")
_FRESH = 10  # seconds in which a process holds what it has made
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


def temporary(target: Path, ending: str = ".tmp") -> Path:
    """A name beside a file or folder that is to become it, which `sweep` knows."""
    # Not tempfile: its files are private to the user, whatever the umask says.
    return target.parent / f".tfnst-{secrets.token_hex(8)}{ending}"


def hold(descriptor: int) -> bool:
    """Lock an open file or folder for as long as it is open; False if somebody else has.

    The system lets go of it when the process ends, however it does.
    """
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


@contextlib.contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Make a folder and keep `sweep` from it."""
    folder.mkdir()
    if sys.platform == "win32":  # where folders cannot be opened
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        hold(descriptor)
        yield
    finally:
        os.close(descriptor)


class Claim:
    """A lock file, held until this is closed or forgotten; ValueError if another process has it."""

    _descriptor: int | None = None

    def __init__(self, file: Path, purpose: str) -> None:
        file.parent.mkdir(exist_ok=True)
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        if not hold(self._descriptor):
            self.close()
            raise ValueError(
                f"{purpose} is being written by another process; wait, or name another"
            )

    def close(self) -> None:
        """Let go of it, once."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    __del__ = close


def sweep(folder: Path) -> None:
    """Delete temporary files and folders of ours that no living process holds."""
    with contextlib.suppress(OSError):
        entries = [entry for entry in os.scandir(folder) if _OURS.fullmatch(entry.name)]
        for entry in entries:
            with contextlib.suppress(OSError):
                _sweep(Path(entry.path), entry.stat(follow_symlinks=False).st_mtime)


def _sweep(path: Path, changed: float) -> None:
    if path.is_symlink() or time.time() - changed < _FRESH:
        return
    if sys.platform == "win32":  # where what is open cannot be deleted
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if hold(descriptor):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    finally:
        os.close(descriptor)


def exchange(first: Path, second: Path) -> bool:
    """Have two folders change names in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    names = [ctypes.c_char_p(os.fsencode(path)) for path in (first, second)]
    return rename(_HERE, names[0], _HERE, names[1], ctypes.c_uint(_EXCHANGE)) == 0
