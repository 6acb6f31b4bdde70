"""Tests of the canvas and of style transfer: small paintings with the shipped network."""

from __future__ import annotations

import gc
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from tensorflow.python.framework.func_graph import FuncGraph

from tfnst import assets, images, losses
from tfnst.features import vgg
from tfnst.images import HALO, padded
from tfnst.synthesis import default_objective, objective, style_transfer
from tfnst.synthesis.canvas import Canvas
from tfnst.synthesis.progress import DivergenceError
from tfnst.synthesis.settings import Settings
from tfnst.synthesis.style_transfer import Progress, StyleTransfer, stylize

LITE = "vgg19-lite"
SMALL = Settings(size=64, smallest=64, steps=(10,), scales=(1,), detail=0.0)
# Of fewer layers: what any number of them shows.
FEW = replace(
    SMALL,
    content_layers=("block2_conv1",),
    style_layers=("block1_conv1", "block2_conv1"),
    style_weights=(1.0, 1.0),
)
# Where neither losses nor canvas matter: quicker to trace.
CHEAP = replace(FEW, style_loss="gram", canvas="pixels")


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return images.load(assets.photo(), 96).rgb


@pytest.fixture(scope="module")
def swirl() -> np.ndarray:
    return images.load(assets.artwork("swirl"), 128).rgb


@pytest.fixture(scope="module")
def woodcut() -> np.ndarray:
    return images.load(assets.artwork("woodcut"), 128).rgb


@cache
def shipped() -> vgg.FeatureExtractor:
    return vgg.FeatureExtractor(LITE, Settings().layers)


@pytest.fixture(scope="module")
def extractor() -> vgg.FeatureExtractor:
    return shipped()


def run(
    content: np.ndarray,
    styles: Sequence[np.ndarray],
    settings: Settings = SMALL,
    **options: Any,
) -> tuple[StyleTransfer, list[Progress]]:
    painting = StyleTransfer(content, styles, settings, **{"network": shipped(), **options})
    return painting, list(painting.run())


def placed(
    extractor: Any, content: np.ndarray, style: np.ndarray, settings: Settings = SMALL
) -> Canvas:
    """A canvas at its only level, before the first step, on the photo."""
    small = images.resize(content, *images.fitted(*content.shape[:2], settings.size))
    made = Canvas(extractor, settings)
    made.begin_level(small, measured(made, style), small)
    return made


def measured(made: Canvas, style: np.ndarray) -> dict[str, Any]:
    """What the canvas' terms measure of an artwork."""
    return objective.measure(made.objective.terms, made.view(padded(style)[None]))


def content_weight(made: Canvas) -> Any:
    return made.objective.weights["content"]


def weighted_sum(made: Canvas, weight: float = default_objective.FIRST_WEIGHT) -> float:
    """The objective at the canvas' picture, with one and the same content weight."""
    before = float(content_weight(made))
    content_weight(made).assign(weight)
    total = float(made.slope(tf.convert_to_tensor(made.image))[0])
    content_weight(made).assign(before)
    return total


def style_loss(extractor: Any, picture: np.ndarray, style: np.ndarray) -> float:
    """The Wasserstein loss of a picture to the style itself, whatever the strength's target."""
    own, wanted = extractor(padded(picture)[None]), extractor(padded(style)[None])
    return float(
        np.mean(
            [
                losses.wasserstein_style_loss(
                    losses.feature_statistics(own[name]),
                    losses.gaussian(losses.feature_statistics(wanted[name])),
                )[0]
                for name in Settings().style_layers
            ]
        )
    )


# The pyramid


@pytest.mark.parametrize(
    ("size", "smallest", "growth", "sizes"),
    [
        (512, 128, 2, [128, 256, 512]),
        (128, 128, 2, [128]),
        (96, 128, 2, [96]),
        (255, 128, 2, [255]),
        (224, Settings().smallest, 2, [112, 224]),  # at one level, eyes are lost
        (100, 49, 2, [50, 100]),
        (512, 128, math.sqrt(2), [128, 181, 256, 362, 512]),
        (180, 128, math.sqrt(2), [180]),
        (100, 49, math.sqrt(2), [50, 71, 100]),
    ],
)
def test_level_sizes(size: int, smallest: int, growth: float, sizes: list[int]) -> None:
    assert style_transfer.level_sizes(size, smallest, growth) == sizes


@given(size=st.integers(32, 16384), smallest=st.integers(32, 16384), growth=st.floats(1.1, 8))
@budget(max_examples=100, deadline=None, database=None)
def test_levels_are_as_far_apart_as_they_grow_and_end_at_the_size(
    size: int, smallest: int, growth: float
) -> None:
    sizes = style_transfer.level_sizes(size, smallest, growth)
    assert sizes[-1] == size
    for coarse, fine in itertools.pairwise(sizes):
        assert abs(fine - growth * coarse) <= 0.5 + growth / 2 + 1e-6
    if size > smallest:
        assert smallest - 0.5 <= sizes[0] <= growth * smallest + 1
    else:
        assert len(sizes) == 1


def test_steps_hold_for_the_levels_after_the_last_number(photo: np.ndarray) -> None:
    settings = Settings(size=256, smallest=32, steps=(7, 5))
    painting = StyleTransfer(photo, [photo], settings, network=LITE)
    assert painting.sizes == [32, 64, 128, 256]
    assert painting.plan == [7, 5, 5, 5]


@pytest.mark.parametrize(
    ("changes", "source", "part"),
    [
        ({}, "photo", 1.0),
        ({"strength": 0.2}, "photo", 1.0),
        ({"strength": 0.75}, "photo", 0.5),
        ({"strength": 1.0}, "photo", 0.0),
        ({"start": "noise"}, "photo", 0.0),
        ({"start": "picture"}, "start", 1.0),
        ({"canvas": "pixels"}, "photo", 0.0),
    ],
)
def test_a_level_begins_with_the_detail_that_the_one_before_was_too_small_for(
    photo: np.ndarray, swirl: np.ndarray, changes: dict[str, Any], source: str, part: float
) -> None:
    settings = replace(CHEAP, **{"canvas": "bands", **changes})
    pictures = {"photo": images.resize(photo, 42, 64), "start": images.resize(swirl, 42, 64)}
    given = {"start": pictures["start"]} if settings.start == "picture" else {}
    painting = StyleTransfer(photo, [swirl], settings, network=shipped(), **given)
    grey = np.full((21, 32, 3), 0.5, np.float32)
    detail = pictures[source] - images.resize(images.resize(pictures[source], 21, 32), 42, 64)
    np.testing.assert_allclose(
        painting._enlarged(grey, pictures["photo"]), 0.5 + part * detail, atol=1e-6
    )


def test_progress_tells_level_size_and_steps(photo: np.ndarray, swirl: np.ndarray) -> None:
    painting, reports = run(photo, [swirl], replace(CHEAP, size=80, smallest=40, steps=(12, 7)))
    assert [r.step for r in reports] == [10, 12, 19]
    assert {r.steps for r in reports} == {19}
    assert [(r.level, r.levels) for r in reports] == [(0, 2), (0, 2), (1, 2)]
    for report, size in zip(reports, (40, 40, 80), strict=True):
        assert (report.height, report.width) == images.fitted(*photo.shape[:2], size)
    fractions = [10 * 40**2, 12 * 40**2, 12 * 40**2 + 7 * 80**2]
    assert [r.fraction for r in reports] == pytest.approx(np.divide(fractions, fractions[-1]))
    assert painting.finished and painting.steps_done == 19
    assert painting.picture().shape == (*images.fitted(*photo.shape[:2], 80), 3)


# The training step


@pytest.mark.parametrize("kind", ["wasserstein", "gram"])
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_descent_lowers_the_loss(
    extractor: Any, photo: np.ndarray, swirl: np.ndarray, kind: str, optimizer: str
) -> None:
    settings = replace(SMALL, style_loss=kind, optimizer=optimizer)
    made = placed(extractor, photo, swirl, settings)
    before = weighted_sum(made)
    made.descend(15)
    assert np.isfinite(made.report.numpy()).all()
    assert weighted_sum(made) < 0.6 * before
    assert made.image.numpy().min() >= 0 and made.image.numpy().max() <= 1


def test_train_equals_as_many_single_steps(
    extractor: Any, photo: np.ndarray, swirl: np.ndarray
) -> None:
    settings = replace(CHEAP, canvas="bands")
    at_once, singly = (placed(extractor, photo, swirl, settings) for _ in range(2))
    at_once.train(tf.constant(4))
    for _ in range(4):
        singly.step()
    assert float(at_once.adam_steps) == float(singly.adam_steps) == 4
    for name in ("image", "sum", "count", "report"):
        one, other = (getattr(made, name).numpy() for made in (at_once, singly))
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-4, err_msg=name)
    for name in ("parts", "momenta", "velocities"):
        for one, other in zip(getattr(at_once, name), getattr(singly, name), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-4, err_msg=name)
    assert float(content_weight(at_once)) == pytest.approx(
        float(content_weight(singly)), rel=1e-3, abs=2e-4
    )


@pytest.mark.parametrize("kind", ["wasserstein", "gram"])
def test_gradient_agrees_with_finite_differences(
    extractor: Any, photo: np.ndarray, swirl: np.ndarray, kind: str
) -> None:
    settings = replace(SMALL, style_loss=kind, variation=10.0, canvas="pixels")
    made = placed(extractor, photo, swirl, settings)
    content_weight(made).assign(0.3)
    made.train(tf.constant(3))  # away from the photo, where the content distance is flat
    image = made.image.numpy().astype(np.float32)
    _, gradient, _ = made.slope(tf.constant(image))
    slope = gradient.numpy().astype(np.float64)
    noise = np.random.default_rng(0).normal(size=image.shape)
    width = 3e-4  # wide enough for float32, too narrow to cross many kinks of ReLU and pooling
    for direction in (slope / np.abs(slope).max(), noise):
        ahead, behind = (
            float(made.slope(tf.constant(image + sign * width * direction, tf.float32))[0])
            for sign in (1, -1)
        )
        expected = float((slope * direction).sum())
        assert abs(expected) > 0.02
        assert (ahead - behind) / (2 * width) == pytest.approx(expected, rel=0.04)


@pytest.mark.parametrize("canvas", ["bands", "pixels"])
def test_moments_are_carried_to_the_next_level(
    extractor: Any, photo: np.ndarray, swirl: np.ndarray, canvas: str
) -> None:
    made = placed(extractor, photo, swirl, replace(SMALL, canvas=canvas))
    made.descend(5)
    before = [variable.numpy() for variable in (*made.momenta, *made.velocities)]
    weight = float(content_weight(made))
    finer = images.resize(photo, *images.fitted(*photo.shape[:2], 90))
    made.begin_level(finer, measured(made, swirl), finer)
    parts = made.form.split(tf.constant(padded(finer)[None]))
    after = (*made.momenta, *made.velocities)
    powers = (1,) * len(parts) + (2,) * len(parts)
    for part, carried, old, power in zip((*parts, *parts), after, before, powers, strict=True):
        assert tuple(carried.numpy().shape) == tuple(part.shape)
        # A pixel's part of the loss, and of its gradient, is one of as many.
        fall = (old.size / part.numpy().size) ** power if canvas == "bands" else 1
        expected = fall * np.abs(old).mean()
        assert np.abs(carried.numpy()).mean() == pytest.approx(expected, rel=0.3)
    assert min(velocity.numpy().min() for velocity in made.velocities) >= 0
    assert float(made.adam_steps) == 5
    assert float(content_weight(made)) == weight
    assert float(made.count) == 0 and not made.sum.numpy().any()
    if canvas == "pixels":
        np.testing.assert_array_equal(made.picture(), finer)
    made.descend(3)
    assert float(made.adam_steps) == 8
    assert np.isfinite(made.image.numpy()).all()
    farthest = (3.5 if canvas == "pixels" else 10) * SMALL.learning_rate
    assert np.abs(made.image.numpy() - padded(finer)[None]).mean() < farthest


def test_the_compiled_step_agrees_with_the_plain_one(
    extractor: Any, photo: np.ndarray, swirl: np.ndarray
) -> None:
    whole = replace(FEW, scales=(1, 4), detail=0.02)
    plain = placed(extractor, photo, swirl, whole)
    compiled = placed(extractor, photo, swirl, replace(whole, jit_compile=True))
    for made in (plain, compiled):
        made.train(tf.constant(3))
    np.testing.assert_allclose(compiled.report.numpy(), plain.report.numpy(), rtol=1e-2)
    assert np.abs(compiled.image.numpy() - plain.image.numpy()).mean() < 1e-3
    for one, other in zip(compiled.momenta, plain.momenta, strict=True):
        assert np.abs(one.numpy() - other.numpy()).max() < 0.02 * np.abs(other.numpy()).max()


# Strength


def test_strength_0_returns_the_photo(photo: np.ndarray, swirl: np.ndarray) -> None:
    painting, reports = run(photo, [swirl], replace(SMALL, strength=0.0))
    small = images.resize(photo, *painting.shape)
    np.testing.assert_array_equal(painting.picture(), small)
    assert reports == [] and painting.finished


def test_strength_moves_from_photo_to_style(
    extractor: Any, photo: np.ndarray, swirl: np.ndarray
) -> None:
    pictures, distances, style_losses = [], [], []
    for strength in (0.02, 0.2, 0.5, 0.9):
        settings = replace(FEW, strength=strength, steps=(60,))
        painting, reports = run(photo, [swirl], settings)
        pictures.append(painting.picture())
        distances.append(reports[-1].content_distance)
        style_losses.append(style_loss(extractor, pictures[-1], swirl))
    assert distances[1] < 0.6 * distances[2] and distances[2] < 0.7 * distances[3]
    assert style_losses[1] > 1.1 * style_losses[2] and style_losses[2] > 1.1 * style_losses[3]
    small = images.resize(photo, *pictures[0].shape[:2])
    assert np.abs(pictures[0] - small).mean() < 0.5 * np.abs(pictures[2] - small).mean()


@pytest.mark.parametrize("pair", [("photo", "woodcut"), ("waves", "mosaic")])
def test_the_content_weight_finds_the_distance_wanted(pair: tuple[str, str]) -> None:
    content = assets.photo() if pair[0] == "photo" else assets.artwork(pair[0])
    settings = Settings(size=96, smallest=96, steps=(100,))
    style = images.load(assets.artwork(pair[1]), 192).rgb
    _, reports = run(images.load(content, 96).rgb, [style], settings)
    wanted = default_objective.distance_wanted(settings.strength, settings.in_bands)
    assert reports[-1].content_distance == pytest.approx(wanted, rel=0.35)
    assert reports[-1].content_weight != pytest.approx(default_objective.FIRST_WEIGHT, rel=0.05)


# Repeating and stopping


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_runs_give_the_same_bytes_and_reports_of_every_nth_step_change_nothing(
    photo: np.ndarray, swirl: np.ndarray, optimizer: str
) -> None:
    settings = replace(FEW, size=80, smallest=40, optimizer=optimizer, steps=(7, 30))
    pictures: dict[int, dict[int, bytes]] = {}
    for every in (1, 5, 1000):
        painting = StyleTransfer(photo, [swirl], settings, network=LITE)
        pictures[every] = {r.step: painting.picture().tobytes() for r in painting.run(every)}
    assert list(pictures[1]) == list(range(1, 38))
    assert list(pictures[5]) == [5, 7, 10, 15, 20, 25, 30, 35, 37]
    assert list(pictures[1000]) == [7, 37]
    assert pictures[5].items() <= pictures[1].items()
    assert pictures[1000].items() <= pictures[1].items()
    with pytest.raises(ValueError, match="every is 0; use a whole number from 1"):
        next(painting.run(0))


def test_noise_repeats_with_its_seed_and_differs_with_another(
    photo: np.ndarray, swirl: np.ndarray
) -> None:
    settings = replace(CHEAP, start="noise", steps=(5,))
    first, second, other = (
        run(photo, [swirl], replace(settings, seed=seed))[0].picture() for seed in (3, 3, 4)
    )
    assert first.tobytes() == second.tobytes()
    assert np.abs(first - other).mean() > 0.01
    small = images.resize(photo, *first.shape[:2])
    assert np.abs(first - small).mean() > 0.05


def test_pictures_go_like_arrays(photo: np.ndarray, swirl: np.ndarray) -> None:
    clear = images.Picture(swirl, np.zeros(swirl.shape[:2], np.float32))
    settings = replace(SMALL, start="picture")
    pictures = images.Picture(photo), [images.Picture(swirl), clear]
    made = StyleTransfer(*pictures, settings, network=shipped(), start=images.Picture(swirl))
    np.testing.assert_array_equal(made.content, photo)
    np.testing.assert_array_equal(made.styles[0], swirl)
    np.testing.assert_array_equal(made.styles[1], 1)  # paper
    np.testing.assert_array_equal(made.start, swirl)
    one = StyleTransfer(images.Picture(photo), clear, SMALL, network=shipped())
    assert len(one.styles) == 1
    cheap = replace(CHEAP, steps=(1,))
    painted = stylize(images.Picture(photo), images.Picture(swirl), cheap, network=LITE)
    np.testing.assert_array_equal(painted, stylize(photo, swirl, cheap, network=LITE))


def test_a_run_left_early_has_a_picture_of_full_size(photo: np.ndarray, swirl: np.ndarray) -> None:
    painting = StyleTransfer(
        photo, [swirl], replace(CHEAP, size=80, smallest=40), network=shipped()
    )
    small = images.resize(photo, *painting.shape)
    np.testing.assert_array_equal(painting.picture(), small)  # before the first step: the photo
    for report in painting.run():
        assert report.level == 0
        break
    assert painting.steps_done == 10 and not painting.finished
    assert painting.picture().shape == small.shape
    assert np.abs(painting.picture() - small).mean() > 0.02


class Pools:
    """A network without weights, which gives NaN from a call of its own choice on."""

    def __init__(self, broken_from: float) -> None:
        self.calls, self.broken_from = tf.Variable(0.0), broken_from

    def __call__(self, image: Any) -> dict[str, Any]:
        self.calls.assign_add(1.0)
        image = tf.convert_to_tensor(image)
        broken = tf.where(self.calls < self.broken_from, 1.0, np.nan)
        values = tf.concat([image, tf.square(image), image[..., ::-1] * image], 3) * broken
        return {"fine": values, "coarse": tf.nn.avg_pool2d(values, 4, 4, "VALID")}


def settings_for_pools(**changes: Any) -> Settings:
    return Settings(
        size=64,
        smallest=64,
        content_layers=("coarse",),
        style_layers=("fine",),
        style_weights=(1.0,),
        scales=(1,),
        variation=2.0,
        detail=0.0,
        canvas="pixels",
        **{"steps": (60,), **changes},
    )


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_divergence_keeps_the_last_finite_picture(
    photo: np.ndarray, swirl: np.ndarray, optimizer: str
) -> None:
    settings = settings_for_pools(optimizer=optimizer)
    # The first two calls are for photo and style; the first 25 iterations of L-BFGS take 17.
    network = Pools(2 + 25) if optimizer == "adam" else Pools(20)
    painting = StyleTransfer(photo, [swirl], settings, network=network)
    pictures = []
    with pytest.raises(DivergenceError, match=r"learning_rate.*0\.02"):
        for _ in painting.run():
            pictures.append(painting.picture())
    assert len(pictures) >= 1 and painting.steps_done >= 20
    assert np.isfinite(painting.picture()).all()
    np.testing.assert_array_equal(painting.picture(), pictures[-1])


def test_divergence_at_once_leaves_the_photo(photo: np.ndarray, swirl: np.ndarray) -> None:
    painting = StyleTransfer(photo, [swirl], settings_for_pools(), network=Pools(3))
    with pytest.raises(DivergenceError):
        next(painting.run())
    assert painting.steps_done == 0
    np.testing.assert_array_equal(painting.picture(), images.resize(photo, *painting.shape))


# Styles


def test_shares(photo: np.ndarray, swirl: np.ndarray, woodcut: np.ndarray) -> None:
    def paint(styles: Sequence[np.ndarray], shares: Sequence[float] | None) -> np.ndarray:
        return run(photo, styles, replace(CHEAP, steps=(5,)), shares=shares)[0].picture()

    alone = paint([swirl], None)
    np.testing.assert_allclose(paint([swirl, woodcut], (1, 0)), alone, atol=1e-3)
    even = paint([swirl, woodcut], None)
    np.testing.assert_allclose(paint([swirl, woodcut], (3, 3)), even, atol=1e-3)
    np.testing.assert_allclose(paint([woodcut, swirl], (1, 1)), even, atol=1e-3)
    assert np.abs(even - alone).mean() > 0.005
    assert np.abs(paint([swirl, woodcut], (0, 1)) - alone).mean() > 0.01


class Recorder:
    """A network that notes the sizes of the pictures it is shown."""

    def __init__(self, network: Callable[[Any], Any]) -> None:
        self.network, self.sizes = network, list[tuple[int, int]]()

    def __call__(self, image: Any) -> Any:
        self.sizes.append((image.shape[1] - 2 * HALO, image.shape[2] - 2 * HALO))
        return self.network(image)


@pytest.mark.parametrize(
    ("style_scale", "style_size", "seen"),
    [
        (1.0, (150, 200), (48, 64)),
        (0.5, (150, 200), (24, 32)),
        (2.0, (150, 200), (96, 128)),
        (8.0, (150, 200), (150, 200)),
        (1.0, (40, 30), (40, 30)),
        (8.0, (30, 40), (30, 40)),
        (0.05, (200, 200), (8, 8)),
    ],
)
def test_style_scale_and_that_no_style_is_enlarged(
    photo: np.ndarray,
    style_scale: float,
    style_size: tuple[int, int],
    seen: tuple[int, int],
) -> None:
    network = Recorder(Pools(math.inf))
    style = np.random.default_rng(0).random((*style_size, 3))
    settings = settings_for_pools(style_scale=style_scale)
    painting = StyleTransfer(photo, [style], settings, network=network)
    measurements = painting.style_measurements(64)
    assert network.sizes == [seen]
    assert set(measurements["style"]) == {"fine"}


def test_pooling_changes_the_picture(photo: np.ndarray, swirl: np.ndarray) -> None:
    settings = replace(CHEAP, steps=(4,))
    pictures = [
        run(photo, [swirl], replace(settings, pooling=pooling), network=LITE)[0].picture()
        for pooling in ("max", "average")
    ]
    assert np.abs(pictures[0] - pictures[1]).mean() > 1e-3


def test_variation_smooths(photo: np.ndarray, swirl: np.ndarray) -> None:
    settings = replace(CHEAP, steps=(20,))
    rough, smooth = (
        run(photo, [swirl], replace(settings, variation=weight))[1][-1].variation
        for weight in (0.0, 300.0)
    )
    assert smooth < 0.7 * rough


# Pictures of every shape


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [(97, 41, (64, 27)), (37, 101, (23, 64)), (20, 160, (8, 64)), (33, 33, (64, 64))],
)
def test_odd_tall_wide_and_grey(
    swirl: np.ndarray, extractor: Any, height: int, width: int, shape: tuple[int, int]
) -> None:
    grey = np.random.default_rng(1).random((height, width, 1)).repeat(3, axis=2)
    settings = replace(CHEAP, canvas="bands", smallest=32, steps=(3,))
    painting, reports = run(grey, [swirl[:57, :83]], settings, network=extractor)
    assert len(reports) == 2
    picture = painting.picture()
    assert picture.shape == (*shape, 3) and picture.dtype == np.float32
    assert np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1


def test_flat_pictures_stay_finite(extractor: Any) -> None:
    made = Canvas(extractor, SMALL)
    flat = [np.full((40, 40, 3), level, np.float32) for level in (0.0, 1.0)]
    for content, style in itertools.product(flat, repeat=2):
        made.begin_level(content, measured(made, style), content)
        made.descend(3)
        assert np.isfinite(made.report.numpy()).all() and np.isfinite(made.picture()).all()


def test_uint8_is_the_same_as_floats(photo: np.ndarray, swirl: np.ndarray) -> None:
    settings = replace(CHEAP, steps=(2,))
    bytes_of = [images.as_uint8(photo), images.as_uint8(swirl)]
    whole = run(bytes_of[0], [bytes_of[1]], settings)[0].picture()
    floats = run(bytes_of[0] / np.float32(255), [bytes_of[1] / np.float32(255)], settings)
    np.testing.assert_array_equal(whole, floats[0].picture())


# A step moves each of the bands that a pixel is the sum of.
@pytest.mark.parametrize(("canvas", "farthest"), [("pixels", 0.015), ("bands", 0.05)])
def test_start_picture_is_where_it_starts(
    photo: np.ndarray, swirl: np.ndarray, canvas: Any, farthest: float
) -> None:
    start = np.full((50, 70, 3), [0.9, 0.1, 0.2])
    settings = replace(CHEAP, start="picture", steps=(1,), learning_rate=0.01, canvas=canvas)
    painting, _ = run(photo, [swirl], settings, start=start)
    assert np.abs(painting.picture() - start[0, 0]).mean() < farthest


def test_bfloat16_gives_a_close_picture(photo: np.ndarray, swirl: np.ndarray) -> None:
    wide, narrow = (
        run(photo, [swirl], replace(FEW, precision=precision), network=LITE)[0].picture()
        for precision in ("float32", "bfloat16")
    )
    small = images.resize(photo, *wide.shape[:2])
    assert np.abs(wide - narrow).mean() < 0.3 * np.abs(wide - small).mean()
    assert narrow.dtype == np.float32
    assert not np.array_equal(wide, narrow)


# stylize, and what does not fit


def test_stylize_is_the_whole_run(
    photo: np.ndarray, swirl: np.ndarray, woodcut: np.ndarray
) -> None:
    settings = replace(CHEAP, steps=(2,))
    one = stylize(photo, swirl, settings, network=shipped())
    np.testing.assert_array_equal(one, run(photo, [swirl], settings)[0].picture())
    np.testing.assert_array_equal(one, stylize(photo, [swirl], settings, network=shipped()))
    unlike = [swirl, woodcut[:61, :77]]
    two = stylize(photo, unlike, settings, network=shipped(), shares=(1, 2))
    expected = run(photo, unlike, settings, shares=(1, 2))[0].picture()
    np.testing.assert_array_equal(two, expected)


GOOD = np.full((16, 16, 3), 0.5, np.float32)
NOT_FINITE = np.where(np.arange(48).reshape(4, 4, 3) == 7, np.nan, 0.5).repeat(4, 0).repeat(4, 1)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"styles": []}, "styles is empty; give at least one"),
        ({"styles": [GOOD, GOOD[..., 0]]}, r"styles\[1\] has shape \(16, 16\)"),
        ({"styles": [GOOD[:4]]}, r"styles\[0\] is 16 x 4 pixels"),
        ({"styles": [GOOD * 255]}, r"styles\[0\] runs from"),
        ({"content": GOOD[:, :7]}, "content is 7 x 16 pixels"),
        ({"content": NOT_FINITE}, "content holds NaN"),
        ({"content": GOOD[None]}, "content has shape"),
        ({"shares": (1, 2)}, r"shares is \(1, 2\); use 1 number from"),
        ({"shares": ()}, r"shares is \(\); use 1 number from"),
        ({"shares": (-1,)}, r"shares is \(-1,\)"),
        ({"shares": (0,)}, r"shares is \(0,\).*not all 0"),
        ({"shares": (math.nan,)}, r"shares is \(nan,\)"),
        ({"shares": (math.inf,)}, r"shares is \(inf,\)"),
        ({"shares": 2}, r"shares is 2; use 1 number from"),
        ({"start": GOOD}, "start: give a picture with settings.start 'picture', and only then"),
        ({"settings": replace(CHEAP, start="picture")}, "start: give a picture"),
        (
            {"settings": replace(CHEAP, start="picture"), "start": GOOD[:2]},
            "start is 16 x 2 pixels",
        ),
        ({"network": "vgg11"}, "vgg11"),
        ({"settings": replace(CHEAP, content_layers=("block9_conv1",))}, "block9_conv1"),
        ({"weights": "nowhere.npz"}, "nowhere.npz"),
    ],
)
def test_what_does_not_fit_is_a_value_error(changed: dict[str, Any], message: str) -> None:
    arguments = {"content": GOOD, "styles": [GOOD], "settings": SMALL, "network": LITE, **changed}
    with pytest.raises(ValueError, match=message) as caught:
        StyleTransfer(**arguments)
    assert "\n" not in str(caught.value)


def live_graphs() -> int:
    gc.collect()
    return sum(isinstance(thing, FuncGraph) for thing in gc.get_objects())


@pytest.mark.parametrize(
    "changes", [{"canvas": "bands"}, {"jit_compile": True}, {"optimizer": "lbfgs"}]
)
def test_paintings_leave_no_graph_behind(
    photo: np.ndarray, swirl: np.ndarray, changes: dict[str, Any]
) -> None:
    """Each holds megabytes, and a loop of paintings would fill the memory."""
    first = ("block1_conv1",)
    settings = replace(CHEAP, content_layers=first, style_layers=first, style_weights=(1.0,))
    settings = replace(settings, smallest=48, steps=(2,), **changes)
    counts = []
    for size in (48, 64, 96):  # the last in two levels
        stylize(photo, swirl, replace(settings, size=size), network=LITE)
        counts.append(live_graphs())
    assert counts[2] == counts[1]


@pytest.mark.parametrize("shape", [(12, 400, 3), (400, 12, 3)])
def test_a_panorama_that_becomes_too_narrow_is_refused(
    swirl: np.ndarray, shape: tuple[int, ...]
) -> None:
    panorama = np.full(shape, 0.5, np.float32)
    with pytest.raises(ValueError, match=r"size is 64, where .* has 2 pixels, and 8 are needed"):
        StyleTransfer(panorama, [swirl], SMALL, network=shipped())
    wide_enough = replace(SMALL, size=256)
    assert min(StyleTransfer(panorama, [swirl], wide_enough, network=shipped()).shape) == 8


def test_from_noise_a_white_background_is_as_white_as_from_the_photo(
    photo: np.ndarray, swirl: np.ndarray
) -> None:
    content = np.ones((96, 96, 3), np.float32)
    content[32:64, 32:64] = photo[:32, :32]
    base = Settings(size=96, smallest=48, steps=(60, 40), strength=0.1, scales=(1,))
    levels = []
    for start in ("noise", "content"):
        painting, reports = run(content, [swirl], replace(base, start=start))
        levels.append(painting.picture()[4:20].mean((0, 1)))
        # Otherwise it rises for as long as it goes on, and colours fade.
        assert reports[-1].content_weight < 2.5
    assert (levels[0] > 230 / 255).all()
    np.testing.assert_allclose(*levels, atol=0.03)


def test_from_half_the_strength_noise_is_around_grey(photo: np.ndarray) -> None:
    expected = np.random.default_rng(3).normal(0.5, 0.15, photo.shape).clip(0, 1)
    for strength in (0.5, 1.0):
        start = style_transfer.noise(photo, replace(SMALL, strength=strength, seed=3))
        np.testing.assert_allclose(start, expected, atol=1e-6)
    start = style_transfer.noise(np.ones_like(photo), replace(SMALL, strength=0.05))
    assert start.min() > 0.99


# Neighbours


NEIGHBOURS = replace(SMALL, method="neighbours", steps=(6,))


def test_neighbours_find_and_paint_at_every_level_and_finish_layer_by_layer(
    photo: np.ndarray, swirl: np.ndarray
) -> None:
    settings = replace(NEIGHBOURS, size=80, smallest=40, steps=(12, 8))
    painting, reports = run(photo, [swirl], settings, network=LITE)
    assert painting.sizes == [40, 80, 80] and painting.plan == [12, 6, 2]
    assert painting.finished and reports[-1].fraction == 1
    first, last = ([report for report in reports if report.level == level][-1] for level in (0, 2))
    assert last.style_loss < first.style_loss
    again, _ = run(photo, [swirl], settings, network=LITE)
    np.testing.assert_array_equal(painting.picture(), again.picture())


@pytest.mark.parametrize(
    "changes",
    [
        {"jit_compile": True, "canvas": "pixels", "start": "noise"},
        {"optimizer": "lbfgs", "strength": 0.2},
    ],
)
def test_neighbours_go_with_every_way_to_descend_and_start(
    photo: np.ndarray, swirl: np.ndarray, woodcut: np.ndarray, changes: dict[str, Any]
) -> None:
    _, reports = run(
        photo, [swirl, woodcut], replace(NEIGHBOURS, **changes), network=LITE, shares=(2, 1)
    )
    assert np.isfinite([report.style_loss for report in reports]).all()


def test_neighbours_of_nothing_but_what_a_mask_shows(photo: np.ndarray) -> None:
    halves = np.zeros((64, 96, 3), np.float32)
    halves[:, :48] = (0.9, 0.2, 0.1)
    halves[:, 48:] = (0.1, 0.3, 0.8)
    halves += np.random.default_rng(0).normal(0, 0.05, halves.shape).astype("f")
    mask = np.zeros((64, 96), np.float32)
    mask[:, :40] = 1
    settings = replace(NEIGHBOURS, steps=(30,), strength=0.8)
    for shown, channel in ((mask, 0), (mask[:, ::-1], 2)):
        painting, _ = run(photo, [halves.clip(0, 1)], settings, network=LITE, style_masks=[shown])
        means = painting.picture().mean((0, 1))
        assert means.argmax() == channel


def test_neighbours_at_strength_0_are_the_photo(photo: np.ndarray, swirl: np.ndarray) -> None:
    painting, reports = run(photo, [swirl], replace(NEIGHBOURS, strength=0.0), network=LITE)
    assert not reports and painting.finished
    expected = images.resize(photo, *painting.shape)
    np.testing.assert_array_equal(painting.picture(), expected)
