"""Canvases that are kept paint the same pictures, and are shared by equal paintings alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tfnst import losses
from tfnst.features.vgg import FeatureExtractor
from tfnst.synthesis import canvases, default_objective, objective
from tfnst.synthesis.canvas import Canvas
from tfnst.synthesis.settings import NEIGHBOUR_LAYERS, Settings
from tfnst.synthesis.style_transfer import StyleTransfer

# Of few layers, for most of the time goes into tracing them.
LAYERS = ("block1_conv1", "block2_conv1")
SETTINGS = Settings(
    size=48,
    smallest=32,
    growth=1.5,
    steps=(3, 2),
    content_layers=LAYERS[1:],
    style_layers=LAYERS,
    scales=(1,),
)
NEIGHBOURS = {"method": "neighbours", "style_layers": Settings().style_layers}


@cache
def extractor() -> FeatureExtractor:
    return FeatureExtractor("vgg19-lite", {*Settings().layers, *NEIGHBOUR_LAYERS})


@pytest.fixture(autouse=True)
def none_is_kept() -> Iterator[None]:
    canvases._idle.clear()
    yield
    canvases._idle.clear()


def picture(seed: int, height: int = 40, width: int = 48) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def painted(settings: Settings = SETTINGS, seed: int = 0, **options: Any) -> np.ndarray:
    painting = StyleTransfer(
        picture(seed), picture(9), settings, **{"network": extractor(), **options}
    )
    assert len(list(painting.run())) > 0
    return painting.picture()


def taken(settings: Settings = SETTINGS) -> Canvas:
    return canvases.take(extractor(), settings, default_objective.default_terms(settings))


@pytest.mark.parametrize(
    "changes",
    [{}, {"canvas": "pixels"}, NEIGHBOURS, {"optimizer": "lbfgs"}],
    ids=["bands", "pixels", "neighbours", "lbfgs"],
)
def test_a_kept_canvas_paints_the_same(changes: dict[str, Any]) -> None:
    settings = replace(SETTINGS, **changes)
    expected = painted(settings)
    ((_, canvas),) = canvases._idle
    painted(replace(settings, size=64, steps=(4,), style_scale=0.8), seed=1)
    np.testing.assert_array_equal(painted(settings), expected)
    assert [kept for _, kept in canvases._idle] == [canvas]


def test_what_was_painted_is_forgotten() -> None:
    painted()
    ((_, canvas),) = canvases._idle
    targets = tf.nest.flatten(list(canvas.objective.targets.values()))
    variables = [*canvas.parts, *canvas.momenta, canvas.sum, *targets]
    large = [v for v in variables if v is not None and v.shape.rank == 4]
    assert all(tuple(v.value().shape[1:3]) == (1, 1) for v in large)
    content = canvas.objective.weights["content"]
    assert float(content) == pytest.approx(default_objective.FIRST_WEIGHT)


@pytest.mark.parametrize(
    "changes", [{"strength": 0.4}, {"learning_rate": 0.03}, {"detail": 0.0}, {"canvas": "pixels"}]
)
def test_another_painting_has_another_canvas(changes: dict[str, Any]) -> None:
    first = taken()
    canvases.give_back(first)
    assert taken(replace(SETTINGS, **changes)) is not first
    assert taken(replace(SETTINGS, size=300, start="noise")) is first


def test_one_canvas_is_not_taken_twice() -> None:
    canvases.give_back(taken())
    assert taken() is not taken()


def test_another_extractor_has_another_canvas() -> None:
    first = taken()
    canvases.give_back(first)
    other = FeatureExtractor("vgg19-lite", Settings().layers)  # of the same weights
    assert canvases.take(other, SETTINGS, default_objective.default_terms(SETTINGS)) is not first


def test_other_numbers_of_artworks_share_a_canvas() -> None:
    """The columns that an earth mover's distance compares with are those of all of them."""
    settings = replace(SETTINGS, style_loss="relaxed-emd", steps=(1,))
    expected = painted(settings)
    canvas = canvases._idle[-1][1]
    together = StyleTransfer(picture(0), [picture(9), picture(3)], settings, network=extractor())
    assert len(list(together.run())) > 0
    np.testing.assert_array_equal(painted(settings), expected)
    assert canvases._idle[-1][1] is canvas


def test_a_painting_that_is_left_keeps_none() -> None:
    run = StyleTransfer(picture(0), picture(9), SETTINGS, network=extractor()).run(every=1)
    next(run)
    run.close()
    assert not canvases._idle


def test_few_are_kept() -> None:
    for strength in (0.1, 0.2, 0.3, 0.4, 0.5):
        canvases.give_back(taken(replace(SETTINGS, strength=strength)))
    strengths = [canvas.settings.strength for _, canvas in canvases._idle]
    assert strengths == [0.3, 0.4, 0.5]


@dataclass(frozen=True)
class Dark(losses.Term):
    """A term with a field that cannot be hashed, nor therefore be compared once and for all."""

    reference: Any

    def measure(self, view: losses.View) -> Any:
        """The picture."""
        return view.image

    def distance(self, view: losses.View, target: Any) -> Any:
        """Its brightness."""
        return tf.reduce_mean(view.image, (1, 2, 3))


def test_terms_that_cannot_be_told_apart_share_nothing() -> None:
    dark = objective.WeightedTerm("dark", Dark([1.0]), 0.1)
    painted(terms=[*default_objective.default_terms(SETTINGS), dark])
    assert not canvases._idle


class Bright(losses.Term):
    """A term that can be told apart, and changed."""

    needs_target = False
    goal = 0.0

    def measure(self, view: losses.View) -> Any:
        """The picture."""
        return view.image

    def distance(self, view: losses.View, target: Any) -> Any:
        """How far its brightness is from the goal."""
        return tf.square(tf.reduce_mean(view.image, (1, 2, 3)) - self.goal)


def test_a_term_that_may_change_is_traced_anew() -> None:
    bright = Bright()
    terms = [
        *default_objective.default_terms(SETTINGS),
        objective.WeightedTerm("bright", bright, 100.0, None),
    ]
    dark = painted(terms=terms)
    bright.goal = 1.0
    assert painted(terms=terms).mean() > dark.mean() + 0.02


def test_threads_take_different_canvases() -> None:
    first, second = taken(), taken()
    canvases.give_back(first)
    canvases.give_back(second)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: taken(), range(4)))
    assert len({id(canvas) for canvas in together}) == 4
    assert {id(first), id(second)} <= {id(canvas) for canvas in together}


def test_a_canvas_is_kept_for_the_device_that_it_was_made_on() -> None:
    with tf.device("/CPU:0"):
        first = taken()
    canvases.give_back(first)
    ((key, _),) = canvases._idle
    assert "CPU:0" in key[-1]
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        assert taken() is not first


def test_the_shipped_network_is_read_once() -> None:
    first, second = (StyleTransfer(picture(0), picture(9), SETTINGS) for _ in range(2))
    assert first.extractor is second.extractor
    other = StyleTransfer(picture(0), picture(9), replace(SETTINGS, pooling="average"))
    assert other.extractor is not first.extractor
    random = [
        StyleTransfer(picture(0), picture(9), SETTINGS, network="vgg19-lite", weights=None)
        for _ in range(2)
    ]
    assert random[0].extractor is not random[1].extractor


def test_tracing_one_canvas_after_another_is_no_cause_for_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """TensorFlow warns of a function that it traces at five of its calls."""
    term = objective.WeightedTerm("content", losses.ContentTerm(("block1_conv1",)), 1.0)
    for rate in range(1, 7):
        changes = {"learning_rate": 0.01 * rate, "canvas": "pixels", "steps": (1,)}
        painted(replace(SETTINGS, smallest=48, **changes), terms=[term])
    assert caplog.records == []
