"""Tests of tfnst.images.animation_writing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.images.clip_samples import pictures, timing
from tests.images.samples import problem
from tfnst import images
from tfnst.images import ClipInfo, ClipSettings, animation_writing
from tfnst.images.video_encoding import Pictures


def written(
    path: Path, frames: list[np.ndarray], times: list[tuple[int, int]], plays: int = 0
) -> int:
    info = ClipInfo("animation", "GIF", "gif", 64, 48, Fraction(1, 1000), plays=plays)
    made = Pictures("ffv1", ClipSettings(), frames[0].shape[1], frames[0].shape[0], info)
    kind = {".gif": "gif", ".webp": "webp", ".png": "apng"}[path.suffix]
    timed = ((rgb, *time) for rgb, time in zip(frames, times, strict=True))
    return animation_writing.write_animation(path, path, kind, made, timed)  # type: ignore[arg-type]


@pytest.mark.parametrize("plays", [0, 1, 4])
@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_every_duration_and_the_plays_are_kept(name: str, plays: int, tmp_path: Path) -> None:
    times = [(700, 40), (740, 100), (840, 60), (900, 350)]
    assert written(tmp_path / name, pictures(4), times, plays) == 0
    assert timing(tmp_path / name) == [(0.0, 0.04), (0.04, 0.1), (0.14, 0.06), (0.2, 0.35)]
    with images.open_clip(tmp_path / name) as clip:
        assert clip.info.plays == plays
    with Image.open(tmp_path / name) as image:
        image.seek(3)
        image.load()  # its sums are right


def test_gif_leaves_out_what_browsers_would_slow_down(tmp_path: Path) -> None:
    times = [(10 * n, 10) for n in range(10)]
    assert written(tmp_path / "a.gif", pictures(10), times) == 5
    assert timing(tmp_path / "a.gif") == [(round(0.02 * n, 2), 0.02) for n in range(5)]
    assert written(tmp_path / "a.webp", pictures(10), times) == 0


def test_palettes_follow_the_frames(tmp_path: Path) -> None:
    flat = [np.full((48, 64, 3), color, np.uint8) for color in ((250, 3, 7), (9, 20, 240))]
    written(tmp_path / "a.gif", flat, [(0, 100), (100, 100)])
    with images.open_clip(tmp_path / "a.gif") as clip:
        for frame, wanted in zip(clip.frames(), flat, strict=True):
            assert np.abs(frame.rgb.astype(int) - wanted).max() <= 2


def test_frames_too_long_for_their_format_are_told(tmp_path: Path) -> None:
    wide = [np.zeros((2, 16_384, 3), np.uint8)]
    message = problem(written, tmp_path / "a.webp", wide, [(0, 40)])
    assert "webp holds at most 16383 pixels a side; use a smaller --size" in message
