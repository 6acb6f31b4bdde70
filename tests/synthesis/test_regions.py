"""Tests of tfnst.synthesis.regions: guided paintings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfnst import assets, images
from tfnst.images.color import Colors
from tfnst.losses import terms
from tfnst.synthesis import default_objective, regions
from tfnst.synthesis.regions import Region
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import StyleTransfer

SMALL = Settings(
    size=64,
    steps=(12,),
    smallest=64,
    strength=0.8,
    scales=(1, 2),
    content_layers=("block2_conv1",),
    style_layers=("block1_conv1", "block2_conv1"),
)
LITE = "vgg19-lite"
RED, BLUE = (0.9, 0.1, 0.1), (0.1, 0.1, 0.9)


def flat(color: tuple[float, ...], size: tuple[int, int] = (40, 48)) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 0.05, (*size, 3))
    return np.clip(noise + color, 0, 1).astype(np.float32)


def painted(photo: np.ndarray, styles: list[np.ndarray], **options: Any) -> np.ndarray:
    settings = options.pop("settings", SMALL)
    painting = StyleTransfer(photo, styles, settings, network=LITE, **options)
    for report in painting.run():
        assert np.isfinite(report.style_loss)
    return painting.picture()


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return images.resize(images.load(assets.photo()).rgb, 48, 64)


def halves(photo: np.ndarray) -> list[np.ndarray]:
    left = np.zeros(photo.shape[:2], np.float32)
    left[:, :32] = 1
    return [left, 1 - left]


def test_each_region_takes_after_its_own_artwork(photo: np.ndarray) -> None:
    styles = [flat(RED), flat(BLUE, (32, 56))]
    picture = painted(photo, styles, regions=regions.one_each(halves(photo), styles, [None] * 2))
    left, right = picture[:, :24].mean((0, 1)), picture[:, 40:].mean((0, 1))
    assert left[0] - left[2] > 0.3 and right[2] - right[0] > 0.3


def test_each_region_takes_after_its_own_part_of_one_artwork(photo: np.ndarray) -> None:
    artwork = np.concatenate([flat(RED), flat(BLUE)], 1)
    part = np.zeros(artwork.shape[:2], np.float32)
    part[:, 48:] = 1
    picked = [
        Region(mask, [own]) for mask, own in zip(halves(photo), (part, 1 - part), strict=True)
    ]
    picture = painted(photo, [artwork], regions=picked)
    left, right = picture[:, :24].mean((0, 1)), picture[:, 40:].mean((0, 1))
    assert left[2] - left[0] > 0.2 and right[0] - right[2] > 0.2


@pytest.mark.parametrize("colors", [None, Colors("luminance")])
def test_where_masks_are_0_the_photo_stays_bit_by_bit(photo: np.ndarray, colors: Any) -> None:
    left, right = halves(photo)
    picture = painted(photo, [flat(RED)], regions=[Region(left, [None])], colors=colors)
    np.testing.assert_array_equal(picture[right == 1], photo[right == 1])
    assert np.abs(picture - photo)[:, :24].mean() > (0.02 if colors else 0.1)


def test_neighbours_at_a_weak_strength_go_with_regions(photo: np.ndarray) -> None:
    styles = [flat(RED), flat(BLUE)]
    parts = regions.one_each(halves(photo), styles, [None] * 2)
    settings = Settings(
        size=64, smallest=64, steps=(3,), strength=0.4, method="neighbours", scales=(1,)
    )
    picture = painted(photo, styles, regions=parts, settings=settings)
    left, right = (picture - photo)[:, :24].mean((0, 1)), (picture - photo)[:, 40:].mean((0, 1))
    assert left[0] - left[2] > right[0] - right[2] + 0.01


def test_colours_of_the_photo_are_kept(photo: np.ndarray) -> None:
    red = flat(RED)
    plain, kept = (painted(photo, [red], colors=colors) for colors in (None, Colors("luminance")))
    distance = [
        np.abs(images.oklab(p) - images.oklab(photo))[..., 1:].mean() for p in (plain, kept)
    ]
    assert distance[1] < 0.3 * distance[0]


def test_terms_are_there_once_a_region_by_its_area_and_shared_between_scales() -> None:
    whole = default_objective.default_terms(Settings(scales=(1, 2, 4)))
    left = np.zeros((4, 8), np.float32)
    left[:, :2] = 1
    split = regions.regional(whole, [Region(left, [None]), Region(1 - left, [None])])
    named = {weighted.name: weighted for weighted in split}
    assert "content" in named and "style" not in named
    for weighted in whole:
        if weighted.source == "style":
            parts = [named[f"{weighted.name} in region {number}"].weight for number in (1, 2)]
            assert sum(parts) == pytest.approx(weighted.weight)
            assert parts[0] / parts[1] == pytest.approx(1 / 3)
    term, reduced = named["style in region 2"].term, named["style_4 in region 2"].term
    assert isinstance(reduced, terms.ReducedTerm) and reduced.term is term


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"regions": []}, "regions is empty; give one or more, or None"),
        ({"mask": np.ones((3, 4))}, r"regions\[0\].mask has shape \(3, 4\); give \(48, 64\)"),
        ({"mask": np.zeros((48, 64))}, r"regions\[0\].mask is 0 everywhere"),
        ({"mask": np.full((48, 64), np.nan)}, "holds NaN"),
        ({"parts": []}, r"regions\[0\].parts holds 0 for 1 styles"),
        ({"parts": [np.zeros((40, 48))]}, r"regions\[0\].parts are 0 everywhere"),
        ({"parts": [np.ones((2, 2))]}, r"parts\[0\] has shape \(2, 2\); give \(40, 48\)"),
        ({"style_masks": [np.ones((40, 48))]}, "style_masks goes without regions"),
    ],
)
def test_what_does_not_fit_is_a_value_error(
    photo: np.ndarray, changed: dict[str, Any], says: str
) -> None:
    region = Region(np.ones((48, 64), np.float32), [None])
    fields = {name: changed.pop(name) for name in ("mask", "parts") if name in changed}
    options = {"regions": [region._replace(**fields)]} | changed
    with pytest.raises(ValueError, match=says):
        StyleTransfer(photo, [flat(RED)], SMALL, network=LITE, **options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"style_bands": ("fine", "coarse")},
            r"regions\[0\] .* style_bands of 'all' or 'coarse'",
        ),
        ({"shares": (0, 1)}, r"regions\[0\] \(mask 1\) has no style that counts; .* above 0"),
    ],
)
def test_a_region_without_a_style_that_counts_is_a_value_error(
    photo: np.ndarray, options: dict[str, Any], says: str
) -> None:
    left = np.zeros((48, 64), np.float32)
    left[:, :32] = 1
    styles = [flat(RED), flat(RED)]
    split = regions.one_each([left, 1 - left], styles, [None, None])
    with pytest.raises(ValueError, match=says):
        StyleTransfer(photo, styles, SMALL, regions=split, network=LITE, **options)
