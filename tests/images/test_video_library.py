"""Tests of tfnst.images.video_library."""

from __future__ import annotations

import sys

import av
import pytest

from tests.images.samples import problem
from tfnst.files import FileError
from tfnst.images import video_library


def test_pyav_is_asked_for_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert video_library.pyav() is av
    monkeypatch.setitem(sys.modules, "av", None)
    assert "pip install 'tfnst[video]'" in problem(video_library.pyav)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left on device"), "(No space left on device); check disk space"),
        (av.error.InvalidDataError(1, "bad"), "FFmpeg does not write this (bad); name an .mkv"),
        (FileError("b", "is odd"), "b: is odd"),
    ],
)
def test_errors_of_writing_are_one_line(error: Exception, message: str) -> None:
    def write() -> None:
        with video_library.writing("a.mp4"):
            raise error

    assert message in problem(write)


def test_a_broken_pipe_stays_one() -> None:
    with pytest.raises(BrokenPipeError), video_library.writing("-"):
        raise BrokenPipeError(32, "Broken pipe")
