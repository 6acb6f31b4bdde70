"""Tests of tfnst.networks.architecture."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import keras
import numpy as np
import pytest

from tfnst.networks.architecture import reach, seeds
from tfnst.networks.layers import MirrorPadding, Smooth, Upsample
from tfnst.networks.settings import CONFIGURATIONS, NetworkSettings
from tfnst.networks.style_network import StyleNetwork

SMALL = NetworkSettings(widths=(0, 8, 12), blocks=2)
TINY_STROKES = NetworkSettings(
    (0, 4, 6, 8, 8), 1, "light", middle=4, refinements=(1, 1), seeds=True, strokes=2
)
TINY_JOHNSON = NetworkSettings((4, 6, 8), 1, "residual", head="convolution")


def network(settings: NetworkSettings = SMALL) -> StyleNetwork:
    keras.utils.set_random_seed(1)
    return StyleNetwork(["wave", "night"], settings)


def test_johnsons_network_is_the_papers() -> None:
    """1.68 million parameters with affine instance norms, which here have one row a style more."""
    made = StyleNetwork(["wave"], CONFIGURATIONS["johnson"])
    kernels = sum(int(np.prod(w.shape)) for w in made.weights if w.name == "kernel")
    expected = 9 * 9 * 3 * 32 + 9 * 32 * 64 + 9 * 64 * 128 + 10 * 9 * 128 * 128
    assert kernels == expected + 9 * 128 * 64 + 9 * 64 * 32 + 9 * 9 * 32 * 3


@pytest.mark.parametrize("settings", [SMALL, CONFIGURATIONS["compact"]], ids=["small", "compact"])
def test_it_begins_without_a_grid(settings: NetworkSettings) -> None:
    """Where the photo is flat, and far from borders, neighbours are alike."""
    side = 2 * reach(settings) + 40
    painted = network(settings).stylize(np.full((side, side, 3), 0.4, "f"), "wave")
    middle = painted[reach(settings) : -reach(settings), reach(settings) : -reach(settings)]
    assert np.ptp(middle, (0, 1)).max() < 1e-5


@pytest.mark.parametrize(
    "settings", [SMALL, TINY_JOHNSON, TINY_STROKES], ids=["small", "johnson", "strokes"]
)
def test_a_pixel_reaches_no_further_than_told(settings: NetworkSettings) -> None:
    """By the gradient, with norms that use given statistics."""
    from keras import ops

    from tfnst.networks.architecture import Parts, connect

    side = 2 * (reach(settings) + settings.scale)
    place = side // 2 + 1
    image, weights = keras.Input((side, side, 3)), keras.Input((2,))
    statistics = lambda name, x, scale: (ops.zeros((1, 1, 1, 1)), ops.ones((1, 1, 1, 1)))  # noqa: E731
    model = keras.Model(
        [image, weights], connect(Parts(None), settings, image, weights, statistics)
    )
    random = np.random.default_rng(0)
    photo = random.random((1, side, side, 3), np.float32)
    row = np.array([[0, 1]], np.float32)
    other = photo.copy()
    other[0, place, place] += 1
    change = np.abs(np.asarray(model([photo, row]) - model([other, row])))[0].max(-1)
    ys, xs = np.nonzero(change > 1e-7)
    assert max(np.abs(ys - place).max(), np.abs(xs - place).max()) <= reach(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"block": "dense"},
        {"head": "tail"},
        {"widths": (0, 0, 8)},
        {"widths": (0, 8, 8, 8, 8, 8)},
        {"blocks": -1},
        {"refinements": (1,)},
        {"strokes": 3},
    ],
)
def test_settings_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        NetworkSettings(**wrong)  # type: ignore[arg-type]


def test_configurations_survive_json() -> None:
    for settings in CONFIGURATIONS.values():
        assert NetworkSettings(**json.loads(json.dumps(asdict(settings)))) == settings


def test_a_deep_network_takes_any_size() -> None:
    """Its trunk is at a sixteenth, and sides are no multiples of that."""
    photo = np.random.default_rng(0).random((37, 50, 3), np.float32)
    assert network(TINY_STROKES).stylize(photo, "wave").shape == photo.shape


def test_a_deep_trunk_leaves_no_frame() -> None:
    """A flat picture is flat up to its borders, or each painting would have a frame."""
    plain = replace(TINY_STROKES, seeds=False)  # which bring up the last digit of a mean
    painted = network(plain).stylize(np.full((64, 64, 3), 0.4, "f"), "wave")
    assert np.ptp(painted, (0, 1)).max() < 1e-4


def test_a_deep_network_smooths_what_it_enlarges() -> None:
    """Or the edges of blocks of four and more pixels show, as a grid."""
    enlarging = [layer for layer in network(TINY_STROKES).layers if isinstance(layer, Upsample)]
    assert len(enlarging) == 3
    for layer in enlarging:
        (after,) = (node.operation for node in layer._outbound_nodes)
        while isinstance(after, MirrorPadding):
            (after,) = (node.operation for node in after._outbound_nodes)
        assert isinstance(after, Smooth)


@pytest.mark.parametrize("bounded", [False, True])
def test_one_place_outshines_all_others_without_bound_unless_it_is_set(bounded: bool) -> None:
    made = network(replace(TINY_STROKES, bounded=bounded))
    rectified = [op for op in made.operations if type(op).__name__.startswith("Relu")]
    activations = keras.Model(made.inputs, [op.output for op in rectified])
    image = np.full((1, 192, 192, 3), 0.5, np.float32)
    image[0, 96:100, 96:100] = 1.0
    inputs = {"image": image, "style_weights": made.weights_for("wave")[None]}
    brightest = [np.max(each) for each in activations({**inputs, "stroke": np.ones((1, 1), "f")})]
    assert max(brightest) == 6 if bounded else max(brightest) > 8


def test_seeds_bring_up_faint_differences() -> None:
    """Noise of half a grey level nearly as much as of ten; of nothing they make nothing."""
    noise = np.random.default_rng(0).normal(0, 1, (1, 96, 96, 3)).astype(np.float32)
    faint, strong = (np.asarray(seeds(0.5 + k * noise / 255)) for k in (0.5, 10))
    assert faint.shape == (1, 24, 24, 3) and 0.6 < faint.std() / strong.std() < 1.1
    assert np.abs(seeds(np.full((1, 32, 32, 3), 0.5, np.float32))).max() < 1e-3
