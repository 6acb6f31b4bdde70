"""Tests of losses.neighbours and losses.neighbour_term: columns, matches, targets, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given

from tests.losses.equations import activation, picture, quick, seeds, unit_columns_of
from tests.losses.views import assert_slope_agrees
from tfnst import losses
from tfnst.features.vgg_architecture import pooled
from tfnst.losses import neighbours

LAYERS = ("block1_conv1", "block3_conv1", "block4_conv1")
TERM = losses.NeighbourTerm(LAYERS)


def view(seed: int, height: int = 16, width: int = 24, mask: Any = None) -> losses.View:
    sides = {k: (height // pooled(k), width // pooled(k)) for k in LAYERS}
    activations = {  # none of them silent
        k: activation(seed + n, (1, *sides[k], 5)) + np.float32(0.1) for n, k in enumerate(LAYERS)
    }
    return losses.View(picture(seed, (1, height, width, 3)), activations, mask)


def test_layers_are_brought_to_a_quarter_of_the_size() -> None:
    value = view(1, 22, 26)  # sides that do not divide
    stack = losses.stacked(value.activations, LAYERS)
    assert {v.shape for v in stack.values()} == {(1, 5, 6, 5)}
    fine = value.activations["block1_conv1"][:, :20, :24].reshape(1, 5, 4, 6, 4, 5)
    np.testing.assert_allclose(stack["block1_conv1"], fine.mean((2, 4)), rtol=1e-5)
    np.testing.assert_array_equal(stack["block3_conv1"], value.activations["block3_conv1"])


@pytest.mark.parametrize("shape", [(4, 6), (5, 7), (4, 5)])
def test_coarse_layers_are_interpolated_as_tensorflow_does(shape: tuple[int, int]) -> None:
    coarse, middle = activation(1, (1, 2, 3, 5)), np.zeros((1, *shape, 5), "f")
    stack = losses.stacked({"block3_conv1": middle, "block4_conv1": coarse}, LAYERS[1:])
    np.testing.assert_allclose(
        stack["block4_conv1"], tf.image.resize(coarse, shape), rtol=1e-4, atol=1e-5
    )


@pytest.fixture(params=["by a CPU", "by an accelerator"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Any]:
    """Where columns are: what its chunks are called, and what multiplies them."""
    if request.param == "by a CPU":
        return "CHUNK_ON_CPU", neighbours.np
    monkeypatch.setattr(neighbours.devices, "holds_on_cpu", lambda tensor: False)
    return "CHUNK", neighbours.ops


@pytest.mark.usefixtures("place")
@given(seeds)
@quick
def test_nearest_is_the_largest_centred_cosine_in_any_order_and_any_chunks(seed: int) -> None:
    random = np.random.default_rng(seed)
    columns, others = random.random((11, 4), "f"), random.random((7, 4), "f")
    expected = (
        unit_columns_of(columns - columns.mean(0)) @ unit_columns_of(others - others.mean(0)).T
    ).argmax(1)
    np.testing.assert_array_equal(losses.nearest(columns, others), expected)
    order = random.permutation(7)
    np.testing.assert_array_equal(order[losses.nearest(columns, others[order])], expected)


def test_memory_of_a_search_is_bounded(
    place: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk, array = place
    columns, others = activation(1, (1, 5, 6, 5))[0].reshape(-1, 5), activation(2, (1, 3, 3, 5))[0]
    whole = losses.nearest(columns, others.reshape(-1, 5))
    sizes = []
    product = array.matmul

    def watched(left: Any, right: Any) -> Any:
        sizes.append(len(left) * right.shape[1])
        return product(left, right)

    monkeypatch.setattr(neighbours, chunk, 30)
    monkeypatch.setattr(array, "matmul", watched)
    np.testing.assert_array_equal(losses.nearest(columns, others.reshape(-1, 5)), whole)
    assert max(sizes) <= 30 and len(sizes) == 10


@pytest.mark.usefixtures("place")
def test_a_large_search_by_components_is_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    strengths = 0.8 ** np.arange(32)  # of which 16 have all but a thousandth of the variance
    columns, others = (random.normal(size=(n, 32)) * strengths for n in (300, 200))
    exact = losses.nearest(columns, others)
    monkeypatch.setattr(neighbours, "CHUNK", 1000)
    monkeypatch.setattr(neighbours, "COMPONENTS", 16)
    assert np.mean(np.asarray(losses.nearest(columns, others)) == np.asarray(exact)) > 0.95
    monkeypatch.setattr(neighbours, "COMPONENTS", 32)
    np.testing.assert_array_equal(losses.nearest(columns, others), exact)


def test_the_loss_is_one_less_the_mean_cosine() -> None:
    own, target = view(1).activations["block3_conv1"], view(2).activations["block3_conv1"]
    units = unit_columns_of(target[0]).reshape(target.shape).astype("f")
    expected = 1 - (unit_columns_of(own[0]) * unit_columns_of(target[0])).sum(1).mean()
    np.testing.assert_allclose(losses.matched_loss({"a": own}, {"a": units}), [expected], rtol=1e-4)


@pytest.mark.parametrize("apart", [False, True])
def test_a_picture_of_the_artwork_finds_itself(apart: bool) -> None:
    value = view(1)
    target = TERM.match(TERM.blend([TERM.measure(value)], (1,)), value, value, apart=apart)
    np.testing.assert_allclose(TERM.distance(value, target), [0], atol=1e-3)
    assert float(TERM.distance(view(2), target)[0]) > 0.05


def test_together_all_layers_come_from_one_place_and_apart_each_from_its_own() -> None:
    artwork, value = view(1), view(2)
    measurement = TERM.measure(artwork)
    units = {
        k: unit_columns_of(v[0]) for k, v in losses.stacked(artwork.activations, LAYERS).items()
    }

    def sources(apart: bool) -> list[np.ndarray]:
        target = TERM.match(measurement, value, value, apart=apart)
        found = (np.reshape(target[k], (-1, 1, 5)) for k in LAYERS)
        return [np.abs(f - units[k]).sum(2).argmin(1) for f, k in zip(found, LAYERS, strict=True)]

    first, *others = sources(False)
    for other in others:
        np.testing.assert_array_equal(first, other)
    first, *others = sources(True)
    assert any((first != other).any() for other in others)
    losses_apart, together = (
        float(TERM.distance(value, TERM.match(measurement, value, value, apart=apart))[0])
        for apart in (True, False)
    )
    assert losses_apart < together


def test_a_share_leaves_the_rest_to_the_photo() -> None:
    measurement, photo = TERM.measure(view(1)), view(2)
    whole = TERM.match(measurement, view(3), photo)
    part = TERM.match(measurement, view(3), photo, share=0.25)
    own = losses.stacked(photo.activations, LAYERS)
    for k in LAYERS:
        expected = 0.25 * np.asarray(whole[k])[0].reshape(-1, 5) + 0.75 * unit_columns_of(own[k][0])
        np.testing.assert_allclose(np.reshape(part[k], (-1, 5)), expected, rtol=1e-3, atol=1e-4)


def test_what_a_mask_hides_is_not_found() -> None:
    mask = np.zeros((1, 16, 24, 1), "f")
    mask[:, :, :12] = 1
    artwork = view(1)
    measurement = TERM.measure(artwork._replace(mask=mask))
    own = losses.stacked(artwork.activations, LAYERS)
    for k in LAYERS:
        np.testing.assert_array_equal(
            measurement[k], np.reshape(np.asarray(own[k])[:, :, :3], (1, 12, 5))
        )
    faint = TERM.measure(artwork._replace(mask=mask * 0.1))  # better than nothing
    assert faint["block3_conv1"].shape == (1, 12, 5)


def test_a_blend_holds_fewer_columns_of_a_smaller_share(monkeypatch: pytest.MonkeyPatch) -> None:
    from tfnst.losses import neighbour_term

    first, second = TERM.measure(view(1)), TERM.measure(view(2, 32, 24))
    blend = TERM.blend([first, second], (2, 1))["block3_conv1"]
    assert blend.shape == (1, 24 + 24, 5)
    np.testing.assert_array_equal(blend[:, :24], first["block3_conv1"])
    np.testing.assert_array_equal(blend[:, 24:], second["block3_conv1"][:, ::2])
    assert TERM.blend([first, second], (1, 0))["block3_conv1"].shape == (1, 24, 5)
    monkeypatch.setattr(neighbour_term, "MOST", 12)
    assert TERM.blend([first, first], (1, 1))["block3_conv1"].shape == (1, 12, 5)


def test_layer_by_layer_fewer_places_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    from tfnst.losses import neighbour_term

    monkeypatch.setattr(neighbour_term, "MOST_APART", 6)
    artwork, value = view(1), view(2)
    target = TERM.match(TERM.measure(artwork), value, value, apart=True)
    for k, v in losses.stacked(artwork.activations, LAYERS).items():
        units = unit_columns_of(np.asarray(v)[0].reshape(-1, 5)[::4])
        gaps = np.abs(np.reshape(target[k], (-1, 1, 5)) - units).sum(2).min(1)
        assert gaps.max() < 0.01


def test_gradients_agree_with_finite_differences_and_are_those_of_xla() -> None:
    value = view(1)
    target = TERM.match(TERM.measure(view(2)), value, value)
    random = np.random.default_rng(4)
    moves = {k: random.normal(size=v.shape).astype("f") for k, v in value.activations.items()}

    def along(step: Any) -> Any:
        moved = {k: v + step * moves[k] for k, v in value.activations.items()}
        return TERM.distance(value._replace(activations=moved), target)[0]

    for compiled in (False, True):
        assert_slope_agrees(along, 1e-2, 0.03, compiled)


@pytest.mark.parametrize("wrong", [(), ("block1_conv1",), ("fine", "block3_conv1"), "block3_conv1"])
def test_layers_are_checked(wrong: Any) -> None:
    with pytest.raises(ValueError, match="layers is"):
        losses.NeighbourTerm(wrong)
