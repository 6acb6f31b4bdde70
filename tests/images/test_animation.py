"""Tests of tfnst.images.animation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tfnst.images import animation


@pytest.mark.parametrize("name", ["a.gif", "a.webp"])
def test_an_animation_is_a_file_that_repeats(name: str, tmp_path: Path) -> None:
    frames = [np.full((16, 20, 3), level, np.float32) for level in (0.0, 0.5, 1.0)]
    animation.save_animation(tmp_path / name, iter(frames), seconds=0.1)
    with Image.open(tmp_path / name) as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (3, (20, 16), 0)
        for number, frame in enumerate(frames):
            film.seek(number)
            assert np.abs(np.asarray(film.convert("RGB")) / 255 - frame).max() < 0.02
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_an_animation_is_a_folder_of_pictures(tmp_path: Path) -> None:
    frames = [np.full((16, 20, 3), level, np.float32) for level in (0.0, 1.0)]
    animation.save_animation(tmp_path / "frames", iter(frames))
    assert sorted(file.name for file in (tmp_path / "frames").iterdir()) == ["0000.png", "0001.png"]


def test_what_cannot_be_animated_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name, message in (
        ("a.mp4", "end it in .gif or .webp"),
        ("none/a.gif", "there is no folder"),
        ("file", "of another kind"),
    ):
        with pytest.raises(ValueError, match=message):
            animation.check_animation(tmp_path / name)


def test_frames_too_long_for_their_format_are_told(tmp_path: Path) -> None:
    frames = [np.zeros((1, 16_384, 3), np.float32)] * 2
    with pytest.raises(ValueError, match="WEBP holds at most 16383 pixels a side; use a smaller"):
        animation.save_animation(tmp_path / "a.webp", frames)
    animation.save_animation(tmp_path / "a.gif", frames)
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


def test_a_folder_of_frames_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield np.zeros((8, 8, 3), np.float32)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        animation.save_animation(tmp_path / "frames", broken())
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "frames").mkdir()
    animation.save_animation(tmp_path / "frames", [np.zeros((8, 8, 3), np.float32)] * 2)
    names = sorted(file.name for file in (tmp_path / "frames").iterdir())
    assert names == ["0000.png", "0001.png"]
    assert [file.name for file in tmp_path.iterdir()] == ["frames"]
