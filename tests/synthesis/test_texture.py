"""Tests of tfnst.synthesis.texture: textures of a few steps, by every method, on a torus."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import numpy as np
import pytest

from tfnst import images
from tfnst.images.periodic import seam
from tfnst.losses.terms import WassersteinTerm
from tfnst.synthesis import canvases
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.pyramid import PERIODIC_BANDS
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import feature_model
from tfnst.synthesis.texture import TextureSynthesis, synthesize_texture
from tfnst.synthesis.texture_objective import MATCHES, plan_of
from tfnst.synthesis.texture_settings import TextureMethod, TextureSettings

METHODS = get_args(TextureMethod)


def stripes(height: int = 64, width: int = 72) -> np.ndarray:
    """Slanted waves of two colours, with grain."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    wave = 0.5 + 0.4 * np.sin((rows + 2 * columns) * 2 * np.pi / 16)[..., None]
    picture = wave * [0.9, 0.6, 0.2] + (1 - wave) * [0.1, 0.2, 0.5]
    return np.clip(picture + random.normal(0, 0.03, picture.shape), 0, 1).astype(np.float32)


def made(method: TextureMethod, **changes: Any) -> TextureSynthesis:
    settings = TextureSettings(64, 64, method, steps=(8,))
    return TextureSynthesis(
        stripes(), dataclasses.replace(settings, **changes), network="vgg19-lite"
    )


@pytest.mark.usefixtures("shallow")
@pytest.mark.parametrize("method", METHODS)
def test_every_method_comes_nearer_and_says_how_near(method: TextureMethod) -> None:
    work = made(method, steps=(60,))  # by Adam, whose average of a few steps is still noise
    reports = list(work.run(30))
    assert {30, 60} <= {report.step for report in reports}
    assert all(not report.statistics for report in reports[:-1]) and work.finished
    statistics = reports[-1].statistics
    named = "phases" if method == "portilla-simoncelli" else "block1_conv1"
    assert any(named in name for name in statistics)
    statistics.pop("portilla-simoncelli range", None)  # is told of, not matched
    before, after = np.array([pair for pair in statistics.values() if pair[0] > 0.1]).T
    assert after.mean() < 0.6 * before.mean() and (after < before).mean() > 0.8, statistics
    picture = work.picture()
    assert picture.shape == (64, 64, 3) and picture.dtype == np.float32
    assert picture.min() >= 0 and picture.max() <= 1
    assert seam_of_tiling(picture) < 2  # noise in the beginning, a torus all the time
    assert reports[-1].fraction == 1 and (reports[-1].height, reports[-1].width) == (64, 64)


@pytest.mark.usefixtures("shallow")
def test_the_same_seed_is_the_same_texture_and_another_is_not() -> None:
    options = dict(network="vgg19-lite")
    settings = TextureSettings(64, 64, "gram", steps=(2,))
    one, same, other = (
        synthesize_texture(stripes(), dataclasses.replace(settings, seed=seed), **options)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.1


def test_sizes_double_to_any_size_and_aspect() -> None:
    work = made("wasserstein", height=300, width=130)
    sides = [(level.height, level.width) for level in work.levels]
    assert sides == [(160, 64), (304, 144)]
    assert [level.scale for level in work.levels] == [0.5, 1]


@pytest.mark.parametrize(("height", "width", "count"), [(300, 700, 2), (64, 1024, 1)])
def test_coarse_sizes_have_the_proportions_of_the_last(height: int, width: int, count: int) -> None:
    """Or else forms that are made there would be stretched on the way."""
    levels = made("gram", height=height, width=width).levels
    assert len(levels) == count
    for level in levels:
        assert level.height == pytest.approx(level.scale * height, abs=10)
        assert level.width == pytest.approx(level.scale * width, abs=10)


def test_a_tileable_texture_is_a_whole_period_and_another_is_cut() -> None:
    random = np.random.default_rng(0)
    noise = random.random((80, 80, 3))
    period = np.mean([np.roll(noise, (i, j), (0, 1)) for i in range(4) for j in range(4)], 0)
    for tileable in (True, False):
        work = made("wasserstein", height=70, width=66, tileable=tileable)
        work._latest = period.astype(np.float32)
        picture = work.picture()
        assert picture.shape == (70, 66, 3)
        assert (seam(picture) < 1.3) == tileable
        if not tileable:
            np.testing.assert_allclose(picture, period[:70, :66], atol=1e-6)


def test_no_place_of_the_torus_is_special() -> None:
    """A canvas that begins turned ends turned: nothing knows of borders, and there is no seam."""
    layers = tuple(f"block{block}_conv1" for block in range(1, 6))
    terms = (WeightedTerm("wasserstein", WassersteinTerm(layers)),)
    extractor = feature_model("vgg19-lite", "auto", layers, Settings(), "wrap")
    canvas = canvases.Canvas(extractor, Settings(), terms, PERIODIC_BANDS)
    measurement = {"wasserstein": terms[0].term.measure(canvas.view(stripes(64, 80)[None]))}
    start = np.random.default_rng(0).uniform(0.3, 0.7, (64, 80, 3)).astype(np.float32)
    pictures = []
    for turn in ((0, 0), (16, 48)):
        canvas.clear()
        turned = np.roll(start, turn, (0, 1))
        canvas.begin_level(turned, measurement, turned)
        canvas.descend(3)
        pictures.append(np.roll(canvas.picture(), (-turn[0], -turn[1]), (0, 1)))
    # Adam divides small gradients by small ones, which rounding changes.
    assert np.mean(np.abs(pictures[0] - pictures[1])) < 2e-3
    assert np.mean(np.abs(pictures[0] - start)) > 0.02


@pytest.mark.usefixtures("shallow")
def test_copies_meet_without_a_seam() -> None:
    settings = TextureSettings(64, 64, "wasserstein", True, steps=(12,))
    picture = synthesize_texture(stripes(), settings, network="vgg19-lite")
    assert seam(picture) < 1.6 and seam_of_tiling(picture) < 1.6
    source = stripes(60, 70)  # whose waves do not meet
    assert seam(source) > 1.6 and seam_of_tiling(source) > 1.6


def seam_of_tiling(picture: np.ndarray) -> float:
    """Of 3 × 3 copies, the mean step over lines where they meet over that over all others."""
    ratios = []
    for axis in (0, 1):
        tiling = np.moveaxis(np.tile(picture, (3, 3, 1)), axis, 0)
        steps = np.abs(np.diff(tiling, axis=0)).mean((1, 2))
        meets = np.arange(1, len(tiling)) % picture.shape[axis] == 0
        ratios.append(steps[meets].mean() / steps[~meets].mean())
    return max(ratios)


def test_statistics_of_several_sources_add_up() -> None:
    one, other = stripes(), stripes()[..., ::-1]
    settings = TextureSettings(64, 64, "gram", steps=(1,))
    work = TextureSynthesis([one, other], settings, shares=[3, 1], network="vgg19-lite")
    level, part = work.levels[0], work.plan.rounds[0]
    both = work._measurements(level, part.terms)
    alone = [
        TextureSynthesis(source, settings, network="vgg19-lite")._measurements(level, part.terms)
        for source in (one, other)
    ]
    means = [m["gram"]["block2_conv1"] for m in (both, *alone)]
    whole, first, second = (m.total / m.count[:, None] for m in means)
    np.testing.assert_allclose(whole, 0.75 * first + 0.25 * second, rtol=1e-4, atol=1e-6)


def test_what_a_network_sees_beyond_a_source_is_not_counted() -> None:
    """Of a flat source with a bright border line: that of the margin would double its share."""
    source = np.full((64, 64, 3), 0.2, np.float32)
    source[0] = 0.9
    settings = TextureSettings(64, 64, "gram", steps=(1,))
    work = TextureSynthesis(source, settings, network="vgg19-lite")
    columns, weights = work._measurements(work.levels[0], work.plan.rounds[0].terms)["colors"][
        "colors"
    ]
    mean = (columns * weights[..., None]).numpy().sum((0, 1))
    np.testing.assert_allclose(mean, 1, atol=1e-3)  # along the principal axes of the source


def test_large_sources_are_made_smaller_and_transparent_ones_are_on_white() -> None:
    picture = images.Picture(stripes(80, 160), np.zeros((80, 160), np.float32))
    work = TextureSynthesis(picture, TextureSettings(64, 64, source_size=80), network="vgg19-lite")
    assert work.sources[0].shape == (40, 80, 3) and work.sources[0].min() > 0.99


def test_neighbours_are_found_several_times_at_the_finest_sizes() -> None:
    work = made("neighbours", height=256, width=256, steps=(8, 4, 8))
    rounds = work.plan.rounds
    # One objective, for which one canvas is traced.
    assert all(part.terms is rounds[0].terms for part in rounds)
    assert rounds[0].terms[0].name == "neighbours"
    assert [part.matching for part in rounds] == [part.level > 0 for part in rounds]
    assert sum(part.level == len(work.levels) - 1 for part in rounds) == MATCHES
    assert [part.apart for part in rounds] == [False] * (len(rounds) - 1) + [True]
    steps = [sum(p.steps for p in rounds if p.level == level) for level in range(2)]
    assert steps == [8, 4]


def test_steps_and_sizes_are_as_the_settings_say() -> None:
    work = made("gram")
    plan = plan_of(TextureSettings(steps=(7, 3)), 4, work.colors)
    assert [(part.level, part.steps) for part in plan.rounds] == [(0, 7), (1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"height": 63}, "height is 63; use a whole number from 64 to 8192"),
        ({"width": 9000}, "width is 9000"),
        ({"method": "magic"}, "method is 'magic'; use one of gram, wasserstein, sliced"),
        ({"steps": ()}, "steps is"),
        ({"steps": (0,)}, "steps is"),
        ({"source_size": 8}, "source_size is 8"),
        ({"seed": -1}, "seed is -1"),
        ({"tileable": "yes"}, "tileable is 'yes'"),
    ],
)
def test_settings_out_of_range_are_told(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        TextureSettings(**values)


@pytest.mark.parametrize(
    ("sources", "options", "says"),
    [
        (
            np.zeros((16, 64, 3), np.float32),
            {},
            "sources is 64 x 16 pixels; .* is 32",
        ),
        ([], {}, "sources is empty; give at least one source picture"),
        (stripes(), {"shares": [1, 2]}, "shares is .*one a source"),
        (stripes(), {"network": "vgg11"}, "network 'vgg11' is unknown"),
        (stripes(), {"network": None}, "network is None"),
        (stripes(), {"settings": Settings()}, "settings is .*TextureSettings"),
        (np.full((64, 64, 3), np.nan), {}, "sources holds NaN"),
    ],
)
def test_misuse_is_told(sources: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        TextureSynthesis(sources, **options)


def test_every_is_checked() -> None:
    with pytest.raises(ValueError, match="every is 0"):
        next(made("gram").run(0))
