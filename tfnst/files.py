"""Files read and written: regular ones alone, whole or not at all, with errors that name them."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tfnst import leftovers

Name = str | os.PathLike[str]
File = Name | IO[bytes]  # a path, or an open binary file


class FileError(ValueError):
    """What is wrong with a file and what would do, in one line that begins with its name."""

    def __init__(self, file: File, text: str) -> None:
        name = called(file) or "the open file"
        super().__init__(f"{name if name.isprintable() else ascii(name)}: {text}")


def called(file: File) -> str | None:
    """The path of a file, where it has one."""
    name = file if isinstance(file, str | os.PathLike) else getattr(file, "name", None)
    return os.fspath(name) if isinstance(name, str | os.PathLike) else None


@contextlib.contextmanager
def opened(path: File) -> Iterator[IO[bytes]]:
    """A regular file to read, or all of an open one; FileError when it cannot be read."""
    if not isinstance(path, str | os.PathLike):
        yield _contents(path)
        return
    try:
        mode = Path(path).stat().st_mode
        # Opening a pipe waits for a writer, and reading a device need never end.
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise FileError(path, "a pipe or device, no file; write what it gives to a file first")
        with Path(path).open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise FileError(path, "there is no such file; check its name and folder") from error
    except IsADirectoryError as error:
        raise FileError(path, "this is a folder; name one file in it") from error
    except OSError as error:
        text = f"cannot be read ({error.strerror}); check its permissions or try a copy"
        raise FileError(path, text) from error


def _contents(file: IO[bytes]) -> IO[bytes]:
    try:
        if file.seekable():
            file.seek(0)
        return io.BytesIO(file.read())
    except (OSError, ValueError, AttributeError) as error:  # closed, or open to write alone
        raise FileError(file, f"cannot be read ({error}); open it with mode 'rb'") from error
    except TypeError as error:
        raise FileError(file, "is open as text; open it with mode 'rb'") from error


def read_text(path: File) -> str:
    """The text of a regular file in UTF-8; FileError when it cannot be read, or is none."""
    with opened(path) as file:
        try:
            return file.read().decode()
        except UnicodeDecodeError as error:
            raise FileError(path, "is no text in UTF-8; make it again") from error


def require_writable(target: Path) -> None:
    """Raise what `write_bytes` would, before the work whose result is to be written."""
    try:
        temporary = leftovers.temporary(place := _followed(target))
        leftovers.sweep(place.parent)
    except OSError as error:
        raise _refusal(target, error) from error
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise _refusal(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _followed(target: Path) -> Path:
    """Where a link leads, or the name itself; OSError for what is no file, such as a device."""
    place = Path(os.path.realpath(target))
    if place.is_symlink():
        raise OSError(errno.ELOOP, "it is a link to itself")
    if place.exists() and not place.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")
    return place


def _refusal(target: Path, error: OSError) -> FileError:
    text = f"cannot be written ({error.strerror or error}); check disk space and permissions"
    return FileError(target, text)


def write_bytes(target: Path, data: bytes) -> None:
    """Write a file whole or not at all: under another name, then renamed; links are followed."""
    try:
        place = _followed(target)
    except OSError as error:
        raise _refusal(target, error) from error
    temporary = leftovers.temporary(place)
    try:
        with temporary.open("xb") as file:
            leftovers.hold(file.fileno())
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(place)
    except OSError as error:
        raise _refusal(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
