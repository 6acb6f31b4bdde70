"""Tests of tfnst.synthesis.analogies: answers that are known, and what its settings do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

import tfnst
from tests.synthesis.drawings import LABELS, grass, labels
from tfnst import images
from tfnst.images.color import LUMA
from tfnst.synthesis.analogies import Analogy, AnalogyProgress, analogy
from tfnst.synthesis.analogy_settings import AnalogySettings
from tfnst.synthesis.coverage import ENOUGH

PLAIN = AnalogySettings(remap=False)
COLOR = AnalogySettings(mode="color")


def finished(
    a: np.ndarray, a_prime: np.ndarray, b: np.ndarray, settings: AnalogySettings
) -> tuple[Analogy, list[AnalogyProgress]]:
    work = Analogy(a, a_prime, b, settings)
    return work, list(work.run())


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((one - other) ** 2) + 1e-12))


def blurred(picture: np.ndarray) -> np.ndarray:
    return gaussian_filter(picture, (1.5, 1.5, 0), mode="reflect")


def inverted(picture: np.ndarray) -> np.ndarray:
    return 1 - picture


def recolored(picture: np.ndarray) -> np.ndarray:
    return picture[..., [2, 0, 1]] ** np.array([0.5, 1.0, 2.0], np.float32)


def embossed(picture: np.ndarray) -> np.ndarray:
    light = (picture @ LUMA)[..., None]
    slope = light - np.roll(light, (1, 1), (0, 1))
    return np.repeat((0.5 + 2 * slope).clip(0, 1), 3, 2).astype(np.float32)


# Known answers: one large picture is cut in two, and what is done to one half is known of the other

WHOLE = grass(4, 80, 132)


@pytest.mark.parametrize(
    ("change", "settings", "least"),
    [
        (lambda picture: picture, PLAIN, 28.0),
        (blurred, PLAIN, 28.0),
        (inverted, PLAIN, 28.0),
        (embossed, PLAIN, 20.0),
        (recolored, COLOR, 24.0),
        (inverted, COLOR, 24.0),
    ],
)
def test_what_was_done_to_a_is_done_to_b(
    change: Callable[[np.ndarray], np.ndarray], settings: AnalogySettings, least: float
) -> None:
    changed = change(WHOLE)
    a, a_prime, b = WHOLE[:, :82], changed[:, :82], WHOLE[:, 82:]
    made, known = analogy(a, a_prime, b, settings), changed[:, 82:]
    if settings.mode == "luminance":
        made, known = made @ LUMA, known @ LUMA
    inner = (slice(4, -4), slice(4, -4))
    assert psnr(made[inner], known[inner]) > least
    assert psnr(made, b @ LUMA if made.ndim == 2 else b) < psnr(made, known) or change(b) is b


def test_b_that_is_a_becomes_a_prime() -> None:
    a = WHOLE[:48, :56]
    a_prime = grass(9, 48, 56)
    made = analogy(a, a_prime, a, AnalogySettings(mode="color", weight=10.0))
    assert psnr(made[4:-4, 4:-4], a_prime[4:-4, 4:-4]) > 40


def test_luminance_is_made_and_colors_are_b_s() -> None:
    a, b = WHOLE[:48, :56], WHOLE[20:60, 60:]
    made = analogy(a, 0.25 + 0.5 * blurred(a), b, PLAIN)
    chroma = made - (made @ LUMA)[..., None]
    np.testing.assert_allclose(chroma, b - (b @ LUMA)[..., None], atol=1e-5)


def test_luminance_is_brought_to_b_s() -> None:
    a = WHOLE[:48, :56]
    dark = 0.05 + 0.3 * WHOLE[:48, 60:116]
    made = analogy(a, a, dark, AnalogySettings()) @ LUMA
    assert psnr(made, dark @ LUMA) > 30
    assert psnr(analogy(a, a, dark, PLAIN) @ LUMA, dark @ LUMA) < psnr(made, dark @ LUMA)


def test_colors_are_made_by_luminance_alone() -> None:
    a = WHOLE[:48, :56]
    grey = np.repeat((0.1 + 0.2 * (a @ LUMA))[..., None], 3, 2)
    made = analogy(a, a, grey, AnalogySettings(mode="color", match="luminance", weight=10.0))
    assert psnr(made[4:-4, 4:-4], a[4:-4, 4:-4]) > 35


def test_blur_is_that_of_a() -> None:
    a, b = WHOLE[:, :82], blurred(WHOLE[:, 82:])
    made, twice = (
        analogy(first, a, b, AnalogySettings(remap=False, blur=blur))
        for first, blur in ((a, 1.5), (blurred(a), 0.0))
    )
    np.testing.assert_allclose(made, twice, atol=1e-5)
    sharp = WHOLE[:, 82:] @ LUMA
    assert np.var(np.diff(made @ LUMA)) == pytest.approx(np.var(np.diff(sharp)), rel=0.3)


# Texture by numbers


def painted(numbers: np.ndarray, seed: int) -> np.ndarray:
    """Each label in a texture of its own."""
    texture = grass(seed, *numbers.shape[:2])[..., :1] - 0.5
    colors = (0.3 + 0.4 * numbers) + np.where(numbers[..., :1] < 0.15, 0.0, 0.4) * texture
    return colors.clip(0, 1).astype(np.float32)


def test_labels_are_painted_with_what_a_prime_has_for_them() -> None:
    numbers, others = labels(0, 64, 64), labels(1, 56, 72)
    made = analogy(numbers, painted(numbers, 2), others, COLOR)
    for label in LABELS:
        inside = np.all(others == label, -1)
        mean, expected = made[inside].mean(0), painted(others, 5)[inside].mean(0)
        np.testing.assert_allclose(mean, expected, atol=0.06)


def test_chance_begins_textures_and_a_seed_repeats_it() -> None:
    numbers, others = labels(0, 48, 48), labels(1, 40, 48)
    textures = painted(numbers, 2)
    first, again, other = (
        analogy(numbers, textures, others, dataclasses.replace(COLOR, seed=seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


# Coherence


def continuing(work: Analogy, width: int) -> float:
    """The share of pixels whose place in A follows that of the pixel before."""
    assert work.scan is not None
    rows, columns = np.divmod(work.scan.places(), width)
    return float(np.mean((np.diff(columns) == 1) & (np.diff(rows) == 0)))


def test_kappa_holds_places_together() -> None:
    a, a_prime, b = WHOLE[:48, :60], grass(8, 48, 60), WHOLE[30:70, 70:]
    shares, reports = [], []
    for kappa in (0.0, 1.0, 5.0, 50.0):
        work, progress = finished(a, a_prime, b, AnalogySettings(kappa=kappa))
        shares.append(continuing(work, 60))
        reports.append(progress[-1])
    assert shares == sorted(shares) and shares[-1] > shares[0] + 0.2
    assert [r.coherent for r in reports] == sorted(r.coherent for r in reports)
    assert reports[0].distance < reports[-1].distance


# Progress


def test_progress_goes_from_nothing_to_all() -> None:
    work, reports = finished(WHOLE[:40, :50], WHOLE[:40, :50], WHOLE[40:80, 60:110], PLAIN)
    steps = [report.step for report in reports]
    fractions = [report.fraction for report in reports]
    assert steps == sorted(set(steps)) and fractions == sorted(set(fractions))
    assert reports[-1].step == reports[-1].steps and fractions[-1] == 1
    assert [r.level for r in reports] == sorted(r.level for r in reports)
    assert (reports[-1].height, reports[-1].width) == work.b.shape[:2]
    assert {report.levels for report in reports} == {work.levels} == {2}
    assert all(0 <= report.coherent <= 1 for report in reports)


def test_the_picture_is_b_first_and_then_the_last_level_that_is_complete() -> None:
    a, b = WHOLE[:40, :50], WHOLE[40:80, 60:110]
    work = Analogy(a, inverted(a), b, PLAIN)
    np.testing.assert_array_equal(work.picture(), b)
    pictures = {report.level: work.picture() for report in work.run()}
    assert all(picture.shape == b.shape for picture in pictures.values())
    known = inverted(b) @ LUMA
    assert psnr(pictures[0] @ LUMA, known) < psnr(pictures[1] @ LUMA, known)


def test_a_pair_that_cannot_explain_b_is_reported() -> None:
    a, noise = WHOLE[:48, :60], np.random.default_rng(0).random((40, 40, 3), np.float32)
    for b, explained in ((WHOLE[30:70, 70:], True), (noise, False)):
        _, reports = finished(a, a, b, AnalogySettings())
        assert (reports[-1].coverage >= ENOUGH) == explained
    numbers = labels(0, 48, 48)
    for b, explained in ((labels(1, 40, 40), True), (1 - labels(1, 40, 40), False)):
        _, reports = finished(numbers, numbers, b, COLOR)
        assert (reports[-1].coverage >= ENOUGH) == explained


# What it takes

sizes = st.tuples(st.integers(8, 20), st.integers(8, 20))
modes = st.sampled_from(["luminance", "color"])


@given(sizes, sizes, st.sampled_from([3, 5, 9]), modes)
@budget(max_examples=12, deadline=None, database=None)
def test_pictures_of_any_sizes(
    pair: tuple[int, int], size: tuple[int, int], patch: Any, mode: Any
) -> None:
    settings = AnalogySettings(patch=patch, mode=mode)
    made = analogy(grass(0, *pair), grass(1, *pair), grass(2, *size), settings)
    height, width = size
    assert made.shape == (height, width, 3) and made.dtype == np.float32
    assert np.isfinite(made).all() and made.min() >= 0 and made.max() <= 1


@pytest.mark.parametrize("mode", ["luminance", "color"])
def test_flat_pictures(mode: Any) -> None:
    flat = np.full((16, 16, 3), 0.5, np.float32)
    made = analogy(flat, flat, flat * 0.5, AnalogySettings(mode=mode))
    assert np.isfinite(made).all()
    assert made.std() < 1e-6


def test_what_is_transparent_is_white() -> None:
    a, alpha = WHOLE[:16, :16], np.zeros((16, 16), np.float32)
    white = np.ones_like(a)
    made = analogy(images.Picture(a), images.Picture(a, alpha), images.Picture(a), COLOR)
    np.testing.assert_array_equal(made, white)


def test_two_sizes_of_a_pair_are_named() -> None:
    with pytest.raises(ValueError, match="a has 20×16 pixels and a_prime 16×16; give two pictures"):
        Analogy(grass(0, 16, 20), grass(0, 16, 16), grass(0, 16, 16))


def test_more_levels_than_there_can_be() -> None:
    picture = grass(0, 40, 40)
    with pytest.raises(ValueError, match=r"levels is 5; use a number from 1 to 4: the shortest"):
        Analogy(picture, picture, picture, AnalogySettings(levels=5))
    assert Analogy(picture, picture, picture, AnalogySettings(levels=4)).levels == 4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"patch": 4}, "patch is 4; use one of 3, 5, 7, 9"),
        ({"mode": "grey"}, "mode is 'grey'; use one of luminance, color"),
        ({"kappa": -1.0}, "kappa is -1.0; use a number from 0"),
        ({"levels": 0}, "levels is 0; use a whole number from 1"),
        ({"weight": 0.0}, "weight is 0.0; use a number from 0.001"),
    ],
)
def test_settings_that_will_not_do(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        AnalogySettings(**change)


def test_other_arguments_that_will_not_do() -> None:
    picture = grass(0, 16, 16)
    with pytest.raises(ValueError, match="b is 4 x 16 pixels; the smallest side is 8"):
        analogy(picture, picture, picture[:, :4])
    with pytest.raises(ValueError, match="a_prime has shape"):
        analogy(picture, picture[..., 0], picture)
    with pytest.raises(ValueError, match="settings is"):
        analogy(picture, picture, picture, {"kappa": 2})  # type: ignore[arg-type]


def test_it_is_tfnst_s() -> None:
    assert tfnst.analogy is analogy and tfnst.AnalogySettings is AnalogySettings
