"""PyAV, FFmpeg's libraries for Python: asked for when a clip is, with errors of one line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from tfnst.files import FileError, Name

MISSING = "clips are read and written by PyAV, which is not installed; pip install 'tfnst[video]'"


def pyav() -> Any:
    """The module av.

    Raises:
        ValueError: it is not installed.
    """
    # SVT-AV1 writes its settings to the terminal, past FFmpeg's own log, unless told not to.
    os.environ.setdefault("SVT_LOG", "1")
    try:
        import av
    except ImportError:
        raise ValueError(MISSING) from None
    return av


@contextlib.contextmanager
def writing(target: Name) -> Iterator[None]:
    """Whatever FFmpeg makes of a file that is written is a FileError, or a broken pipe."""
    try:
        yield
    except (FileError, BrokenPipeError):
        raise
    except OSError as error:
        raise FileError(
            target,
            f"cannot be written ({error.strerror or error}); check disk space and permissions",
        ) from error
    except pyav().error.FFmpegError as error:
        raise FileError(
            target, f"FFmpeg does not write this ({error.strerror}); name an .mkv file"
        ) from error
