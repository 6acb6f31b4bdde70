"""Files written whole or not at all, undisturbed."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tfnst.files import leftovers
from tfnst.files.reading import FileError


def require_writable(target: Path) -> None:
    """Raise what `write_bytes` would, before the work whose result is to be written.

    Args:
        target: the file to be written; what is there stays as it is.

    Raises:
        FileError: a folder that is not there, or a place where no file can be written.
    """
    require_parent(target)
    try:
        temporary = leftovers.temporary(path := _followed(target))
        leftovers.sweep(path.parent)
    except OSError as error:
        raise _refusal(target, error) from error
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise _refusal(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def require_parent(target: Path) -> None:
    """Refuse a file to be written whose folder is not there.

    Args:
        target: the file to be written.

    Raises:
        FileError: no folder of that name.
    """
    if not target.parent.is_dir():
        raise FileError(target, f"there is no folder {target.parent}; make it first")


def _followed(target: Path) -> Path:
    """Where a link leads, or the name itself; OSError for what is no file, such as a device."""
    path = Path(os.path.realpath(target))
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link to itself")
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")
    return path


def _refusal(target: Path, error: OSError) -> FileError:
    text = f"cannot be written ({error.strerror or error}); check disk space and permissions"
    return FileError(target, text)


def write_bytes(target: Path, data: bytes) -> None:
    """Write a file whole or not at all: under another name, then renamed; links are followed.

    Args:
        target: the file to be written, in place of an earlier one.
        data: all that it is to hold.

    Raises:
        FileError: a place where no file can be written, or a full disk; an old file stays.
    """
    with replaced_file(target) as temporary:
        try:
            with temporary.open("r+b") as file:
                file.write(data)
        except OSError as error:
            raise _refusal(target, error) from error


@contextlib.contextmanager
def replaced_file(target: Path) -> Iterator[Path]:
    """An empty file of another name to fill, which takes the place of `target` unless that fails.

    Args:
        target: the file to be written; links are followed.

    Yields:
        The other file, beside the target.

    Raises:
        FileError: a place where no file can be written; an old file stays.
    """
    try:
        path = _followed(target)
        temporary = leftovers.temporary(path)
        file = temporary.open("xb")
    except OSError as error:
        raise _refusal(target, error) from error
    try:
        with file:
            # Windows keeps a file that is open anyway, and what is held from other writers.
            if sys.platform != "win32":
                leftovers.hold(file.fileno())
            yield temporary
            try:
                os.fsync(file.fileno())
            except OSError as error:
                raise _refusal(target, error) from error
        try:
            temporary.replace(path)
        except OSError as error:
            raise _refusal(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


# What asks a process to stop; Windows has no SIGHUP.
STOPPING = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore further requests to stop while what the first one promised is written.

    Yields:
        Nothing; within, the signals in `STOPPING` do nothing, in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():  # Only that one is interrupted.
        yield
        return
    kept = {number: signal.getsignal(number) for number in STOPPING}
    try:
        for number in kept:
            signal.signal(number, signal.SIG_IGN)
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
