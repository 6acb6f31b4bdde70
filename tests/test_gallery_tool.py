"""Tests of what puts networks into the package."""

from __future__ import annotations

import numpy as np
from keras import ops

from tfnst.networks.settings import NetworkSettings
from tfnst.networks.style_network import ROWS, StyleNetwork
from tools import gallery

SHAPE = NetworkSettings((0, 4, 4), 1, strokes=2)


def filled(value: float) -> StyleNetwork:
    network = StyleNetwork(["one", "two"], SHAPE)
    for weight in network.weights:
        weight.assign(np.full(weight.shape, value, np.float32))
    return network


def test_an_average_has_weights_between_by_shares() -> None:
    first, second = filled(1.0), filled(5.0)
    result = gallery.averaged([first, second], [3, 1])
    assert all(np.allclose(weight, 2.0) for weight in result.weights)
    assert all(np.allclose(weight, 1.0) for weight in first.weights)


def test_strokes_are_as_far_from_their_mean_as_anothers_times_a_factor() -> None:
    network, other = filled(0.0), filled(7.0)
    gammas = []
    for each, rows in ((network, [0, 1, 2, 3, 4]), (other, [9, 5, 5, 6, 8])):
        gamma = next(weight for weight in each.weights if weight.name in ROWS)
        gamma.assign(np.outer(rows, np.ones(4)).astype(np.float32))
        gammas.append(gamma)
    gallery.take_strokes(network, other, 2.0)
    # the photo's row; the fine rows 1 and 2, and the broad 3 and 4, about means 2 and 3
    assert ops.convert_to_numpy(gammas[0])[:, 0].tolist() == [0, 1, 0, 3, 6]
    (bias,) = (weight for weight in network.weights if weight.path.endswith("colors/bias"))
    assert not ops.convert_to_numpy(bias).any()
