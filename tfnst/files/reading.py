"""Files to read: regular ones alone, with errors that name them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tfnst.arguments import require

Name = str | os.PathLike[str]
File = Name | IO[bytes]  # a path, or an open binary file


class FileError(ValueError):
    """What is wrong with a file and what would do, in one line that begins with its name.

    Args:
        file: its path, or an open one.
        text: the rest of the line.

    Examples:
        >>> raise FileError("photo.png", "there is no such file; check its name and folder")
        Traceback (most recent call last):
        tfnst.files.reading.FileError: photo.png: there is no such file; check its name and folder
    """

    def __init__(self, file: File, text: str) -> None:
        name = called(file) or "the open file"
        super().__init__(f"{name if name.isprintable() else ascii(name)}: {text}")


def called(file: File) -> str | None:
    """The path of a file, where it has one.

    Args:
        file: a path, or an open file.

    Returns:
        The path as text; None for a file in memory.
    """
    name = file if isinstance(file, str | os.PathLike) else getattr(file, "name", None)
    return os.fspath(name) if isinstance(name, str | os.PathLike) else None


def require_path(name: str, value: object) -> None:
    """Refuse what is no file's name, before it is looked for.

    Args:
        name: what the error calls the argument.
        value: that was given.

    Raises:
        ValueError: neither a text nor a path.
    """
    require(name, value, (str, os.PathLike), "a file's name, a text or a path")


def require_file(name: str, value: object, method: str) -> None:
    """Refuse what is neither a file's name nor an open file.

    Args:
        name: what the error calls the argument.
        value: that was given.
        method: of an open file that will do, "read" or "write".

    Raises:
        ValueError: neither of them.
    """
    if not hasattr(value, method):
        mode = f"or a file open in mode '{method[0]}b'"
        require(name, value, (str, os.PathLike), f"a file's name, a text or a path, {mode}")


@contextlib.contextmanager
def opened(path: File) -> Iterator[IO[bytes]]:
    """A regular file to read, or all of an open one.

    Args:
        path: a path, or a binary file that is open and is read from its beginning.

    Yields:
        The file, open to read bytes.

    Raises:
        FileError: a folder, pipe or device; a file that is missing, or cannot be read.
        ValueError: neither a path nor an open file.
    """
    require_file("path", path, "read")
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
        if error.strerror is None:  # another library's, of what the file holds
            raise
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
    """The text of a regular file in UTF-8.

    Args:
        path: a path, or an open binary file.

    Returns:
        The text, its line endings as they are.

    Raises:
        FileError: a file that cannot be read, or is no text in UTF-8.
    """
    with opened(path) as file:
        try:
            return file.read().decode()
        except UnicodeDecodeError as error:
            raise FileError(path, "is no text in UTF-8; make it again") from error


def sha256(path: File) -> str:
    """The SHA-256 of a file.

    Args:
        path: a path, or an open binary file.

    Returns:
        64 hexadecimal digits.

    Raises:
        FileError: a file that cannot be read.

    Examples:
        >>> sha256(io.BytesIO(b"abc"))[:16]
        'ba7816bf8f01cfea'
    """
    digest = hashlib.sha256()
    with opened(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
