"""Tests of synthesis.underpainting: tones that can be read, the artwork's colours, and strokes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthesis.test_lettering import written
from tfnst import assets, images
from tfnst.synthesis.interface import around_letters
from tfnst.synthesis.lettering import lettering
from tfnst.synthesis.underpainting import underpainting

BLUES = np.array([[0.05, 0.1, 0.3], [0.2, 0.4, 0.7], [0.6, 0.75, 0.9]], np.float32)


def flat() -> np.ndarray:
    """An artwork of three bands, without strokes within."""
    return np.repeat(np.repeat(BLUES, 40, 0)[:, None], 120, 1)


def letters_of(screen: np.ndarray) -> np.ndarray:
    return around_letters(lettering(screen))


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((1, 1, 1), (0.1, 0.1, 0.1)),
        ((0.05, 0.06, 0.1), (0.8, 0.8, 0.8)),
        ((0.9, 0.3, 0.5), (1, 1, 1)),
        ((0.6, 0.6, 0.6), (0.2, 0.2, 0.2)),
        ((0.95, 0.95, 0.95), (0.5, 0.5, 0.5)),
    ],
)
@pytest.mark.parametrize("name", ["swirl", "waves"])
def test_of_kept_letters_the_ink_can_be_read_on_its_paper(
    name: str, paper: tuple[float, ...], ink: tuple[float, ...]
) -> None:
    """Whatever stood on whatever, and whatever the artwork's tones."""
    screen, part = written(paper, ink, 48)
    artwork = images.load(assets.artwork(name), 256).rgb
    made = underpainting(screen, artwork, letters_of(screen), keep_text=True)
    near = np.zeros(part.shape, bool)
    rows, columns = np.nonzero(part > 0.99)
    near[rows.min() : rows.max(), columns.min() : columns.max()] = True
    inked, papered = (np.median(made[m], 0) for m in (part > 0.99, near & (part == 0)))
    assert images.contrast(inked, papered) >= 4.5
    lighter = images.oklab(inked)[0] > images.oklab(papered)[0]
    assert lighter == (np.mean(ink) > np.mean(paper))


def test_colors_are_mixed_of_the_artworks() -> None:
    screen, _ = written((0.9, 0.2, 0.2), (1, 1, 1), 30)
    made = images.oklab(underpainting(screen, flat(), letters_of(screen)))
    blue = images.oklab(BLUES)
    assert made[..., 2].min() >= blue[:, 2].min() - 0.07
    assert made[..., 2].max() <= blue[:, 2].max() + 0.07


def test_flat_places_take_strokes_and_kept_letters_are_spared() -> None:
    screen, _ = written((0.9, 0.9, 0.9), (0.1, 0.1, 0.1), 48)
    letters = letters_of(screen)
    grain = np.random.default_rng(0).random((240, 400, 1), np.float32) * np.ones(3, np.float32)
    bare = underpainting(screen, np.full_like(grain, 0.5), letters)
    made, kept = (underpainting(screen, grain, letters, keep_text=k) for k in (False, True))
    away = letters == 0
    near = (letters > 0.9) & (images.oklab(bare)[..., 0] > 0.5)
    deviations = [[p[where].std() for where in (away, near)] for p in (bare, made, kept)]
    assert deviations[0][0] < 0.01 and deviations[1][0] > 0.1
    assert deviations[2][0] == pytest.approx(deviations[1][0], rel=0.05)
    assert deviations[2][1] < 0.6 * deviations[1][1]


def test_strength_mixes_it_with_the_screen() -> None:
    screen, _ = written((0.9, 0.9, 0.9), (0.1, 0.1, 0.1), 30)
    letters, artwork = letters_of(screen), images.load(assets.artwork("swirl"), 128).rgb
    none, half, whole = (
        underpainting(screen, artwork, letters, strength=s) for s in (0.0, 0.25, 0.5)
    )
    np.testing.assert_allclose(none, screen, atol=1e-6)
    np.testing.assert_allclose(half, (screen + whole) / 2, atol=1e-5)
    again = underpainting(screen, artwork, letters, strength=1.0)
    np.testing.assert_array_equal(again, whole)


def test_the_artwork_keeps_its_proportions() -> None:
    """Of one that is broader than the screen the middle is taken."""
    columns = np.where(np.arange(300) % 10 < 5, 0.2, 0.8).astype(np.float32)
    artwork = np.broadcast_to(columns[None, :, None], (100, 300, 3))
    screen = np.full((200, 100, 3), 0.9, np.float32)
    made = underpainting(screen, np.array(artwork), np.zeros((200, 100), np.float32))
    row = made[100, :, 0] - made[100, :, 0].mean()
    assert np.abs(np.fft.rfft(row)).argmax() == 5  # periods of 20 pixels: enlarged twice
