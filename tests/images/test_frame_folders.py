"""Tests of tfnst.images.frame_folders."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.images.clip_samples import pattern, pictures
from tests.images.samples import names, problem
from tfnst import images
from tfnst.images import frame_folders


def folder_of(path: Path, *files: str) -> Path:
    path.mkdir()
    for number, name in enumerate(files):
        images.save(path / name, pattern(number))
    return path


def test_numbers_are_counted_not_spelled(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "f", "shot1.png", "shot2.png", "shot10.png", "shot20.PNG")
    (folder / "notes.txt").write_text("")
    (folder / "._shot1.png").write_bytes(b"")
    with images.open_clip(folder, rate=Fraction(24)) as clip:
        frames = list(clip.frames())
        assert clip.info.time_base == Fraction(1, 24) and clip.damage is None
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.rgb, pattern(number))
        assert (frame.pts, frame.duration) == (number, 1)
        assert frame.seconds == pytest.approx(number / 24)


def test_a_frame_that_cannot_be_read_ends_the_clip(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "f", "1.png", "2.png", "3.png")
    (folder / "2.png").write_bytes(b"no picture")
    with images.open_clip(folder) as clip:
        assert len(list(clip.frames())) == 1
        assert clip.damage is not None and "2.png: not a picture" in clip.damage.reason
    images.save(folder / "2.png", pattern(0, 40, 64))
    with images.open_clip(folder) as clip:
        assert len(list(clip.frames())) == 1
        assert clip.damage is not None
        assert "has 64 x 40 pixels, the first 64 x 48" in clip.damage.reason


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    assert "holds no pictures; name a folder" in problem(images.open_clip, tmp_path)


def test_deep_frames_keep_sixteen_bits(tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    ramp = np.repeat(np.linspace(0, 0.01, 64, dtype=np.float32)[None, :, None], 48, 0)
    images.save(tmp_path / "f" / "1.png", images.Picture(ramp.repeat(3, 2), depth=16))
    with images.open_clip(tmp_path / "f", deep=True) as clip:
        assert clip.info.depth == 16
        rgb = next(clip.frames()).rgb
    np.testing.assert_allclose(rgb, ramp.repeat(3, 2), atol=1e-5)


def test_frames_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    frame_folders.write_folder(tmp_path / "f", pictures(2))
    assert sorted(names(tmp_path / "f")) == ["000000.png", "000001.png"]
    with pytest.raises(ZeroDivisionError):
        frame_folders.write_folder(tmp_path / "g", (pattern(1 // n) for n in (1, 0)))
    assert names(tmp_path) == ["f"]
