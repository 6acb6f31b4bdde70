"""Tests of synthesis.lettering: letters of many sizes and shades are found, pictures are not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tfnst import assets, images
from tfnst.synthesis.lettering import lettering


def written(
    paper: np.ndarray | tuple[float, ...], ink: tuple[float, ...], size: int, text: str = "Restore"
) -> tuple[np.ndarray, np.ndarray]:
    """A screen of 240 × 400 pixels with a word at its middle, and how much of each pixel is ink."""
    coverage = Image.new("L", (400, 240))
    font = ImageFont.load_default(size)
    ImageDraw.Draw(coverage).text((200, 120), text, 255, font, anchor="mm")
    part = np.asarray(coverage, np.float32)[..., None] / 255
    screen = np.broadcast_to(np.asarray(paper, np.float32), (240, 400, 3))
    return (1 - part) * screen + part * np.asarray(ink, np.float32), part[..., 0]


@pytest.mark.parametrize("size", [10, 14, 20, 32, 60])
@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((1, 1, 1), (0.1, 0.1, 0.1)),
        ((0.05, 0.06, 0.1), (0.9, 0.9, 0.9)),
        ((0.3, 0.7, 0.3), (1, 1, 1)),
        ((0.9, 0.9, 0.9), (0.6, 0.6, 0.6)),
    ],
)
def test_letters_are_found_whatever_their_size_and_shade(
    size: int, paper: tuple[float, ...], ink: tuple[float, ...]
) -> None:
    screen, part = written(paper, ink, size)
    heights = lettering(screen)
    assert (heights > 0)[part > 0.9].mean() > 0.9
    rows, columns = np.nonzero(part)
    around = np.ones(part.shape, bool)
    around[rows.min() - 3 : rows.max() + 4, columns.min() - 3 : columns.max() + 4] = False
    assert not heights[around].any()
    tall = np.ptp(np.nonzero(part.max(1))[0]) + 1
    assert heights.max() == pytest.approx(tall, abs=0.2 * tall + 3)


def test_letters_on_a_gradient_and_on_a_button_are_found() -> None:
    ramp = np.linspace(0.1, 0.5, 400, dtype=np.float32)[None, :, None] * np.ones((240, 1, 3))
    screen, part = written(ramp, (1, 1, 1), 24)
    assert (lettering(screen) > 0)[part > 0.9].mean() > 0.9
    button = np.full((240, 400, 3), 0.08, np.float32)
    button[104:136, 120:280] = (0.2, 0.5, 0.9)
    screen, part = written(button, (1, 1, 1), 14, "Buy now")
    assert (lettering(screen) > 0)[part > 0.9].mean() > 0.9


def test_flat_areas_edges_and_faint_grain_hold_no_letters() -> None:
    screen = np.full((200, 300, 3), 0.9, np.float32)
    assert not lettering(screen).any()
    screen[:, 150:] = 0.2
    screen[60:150, 20:120] = 0.5
    assert not lettering(screen).any()
    grain = screen + np.random.default_rng(0).normal(0, 0.01, screen.shape)
    assert not lettering(np.clip(grain, 0, 1).astype(np.float32)).any()


def test_most_of_a_photo_is_no_lettering() -> None:
    assert (lettering(images.load(assets.photo(), 400).rgb) > 0).mean() < 0.12
