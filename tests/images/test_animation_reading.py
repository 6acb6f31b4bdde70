"""Tests of tfnst.images.animation_reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.images.clip_samples import frames_of, pictures, timing
from tests.images.samples import problem
from tfnst import images
from tfnst.images.animation_reading import is_animation


def saved(path: Path, **options: object) -> Path:
    first, *others = map(Image.fromarray, pictures(4))
    first.save(path, save_all=True, append_images=others, **options)
    return path


@pytest.mark.parametrize(
    ("name", "options", "plays"),
    [
        ("a.gif", {}, 1),
        ("a.gif", {"loop": 0}, 0),
        ("a.gif", {"loop": 2}, 3),
        ("a.webp", {"loop": 0}, 0),
        ("a.webp", {"loop": 3}, 3),
        ("a.png", {"loop": 0}, 0),
        ("a.png", {"loop": 3}, 3),
    ],
)
def test_durations_and_plays_are_read(
    name: str, options: dict[str, int], plays: int, tmp_path: Path
) -> None:
    clip = saved(tmp_path / name, duration=[50, 120, 200, 90], **options)
    assert timing(clip) == [(0.0, 0.05), (0.05, 0.12), (0.17, 0.2), (0.37, 0.09)]
    with images.open_clip(clip) as reader:
        assert (reader.info.plays, reader.info.total, reader.info.rate) == (plays, 4, 20)


def test_frames_without_a_time_are_shown_as_browsers_do(tmp_path: Path) -> None:
    assert timing(saved(tmp_path / "a.gif", duration=0))[0] == (0.0, 0.1)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    values = np.full((16, 16, 4), (200, 0, 0, 128), np.uint8)
    values[:4, :, 3] = 0
    Image.fromarray(values).save(tmp_path / "a.png")
    (frame,) = frames_of(tmp_path / "a.png")
    assert frame.rgb[0, 0].tolist() == [255, 255, 255]
    assert frame.rgb[9, 9].tolist() == [227, 127, 127]


def test_deep_frames_are_floats(tmp_path: Path) -> None:
    with images.open_clip(saved(tmp_path / "a.webp", lossless=True), deep=True) as reader:
        rgb = next(reader.frames(skip=1)).rgb
    np.testing.assert_allclose(rgb, pictures(2)[1] / 255, atol=1e-6)


def test_an_animation_that_is_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    clip = saved(tmp_path / "a.gif", duration=40)
    clip.write_bytes(clip.read_bytes()[:-3000])
    with images.open_clip(clip) as reader:
        frames = list(reader.frames())
        assert reader.info.frames is None
    assert 0 < len(frames) < 4 and reader.damage is not None
    assert (reader.damage.frames, reader.damage.seconds) == (len(frames), 0.04 * len(frames))
    np.testing.assert_allclose(frames[0].rgb, pictures(1)[0], atol=40)


def test_a_damaged_one_is_told(tmp_path: Path) -> None:
    clip = saved(tmp_path / "a.webp")
    clip.write_bytes(clip.read_bytes()[:60])
    assert "a.webp: " in problem(images.open_clip, clip)


def test_kinds_are_known_by_their_bytes(tmp_path: Path) -> None:
    assert is_animation(saved(tmp_path / "a.webp").rename(tmp_path / "a.mp4"))
    (tmp_path / "b.gif").write_bytes(b"RIFF....WAVE")
    assert not is_animation(tmp_path / "b.gif")
