"""Tests of tfnst.losses.matrix_roots against SciPy and by hand."""

from __future__ import annotations

import numpy as np
import scipy.linalg
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfnst.losses import matrix_roots

quick = settings(max_examples=20, deadline=None, database=None)
seeds = st.integers(0, 2**32 - 1)


def spread(seed: int, size: int = 6, batch: int = 2) -> np.ndarray:
    """Symmetric positive definite matrices with eigenvalues from 0.05 to 5."""
    random = np.random.default_rng(seed)
    turns = np.linalg.qr(random.normal(0, 1, (batch, size, size)))[0]
    values = np.exp(random.uniform(np.log(0.05), np.log(5), (batch, 1, size)))
    return (turns * values @ turns.transpose(0, 2, 1)).astype(np.float32)


@quick
@given(seeds, st.integers(1, 8))
def test_a_square_root_squared_is_the_matrix(seed: int, size: int) -> None:
    matrix = spread(seed, size)
    root, inverse = map(np.asarray, matrix_roots.square_root(matrix, 1e-4))
    np.testing.assert_allclose(root @ root, matrix, atol=1e-4 * np.abs(matrix).max())
    np.testing.assert_allclose(root @ inverse, np.stack([np.eye(size)] * 2), atol=1e-3)
    for sample, expected in zip(root, matrix, strict=True):
        np.testing.assert_allclose(sample, scipy.linalg.sqrtm(expected.astype("d")), atol=1e-3)


def test_a_square_root_worked_out_by_hand() -> None:
    """Of diag(4, 9), and of the matrix with 5 on the diagonal and 4 beside it: (2 1; 1 2)."""
    samples = np.array([[[4, 0], [0, 9]], [[5, 4], [4, 5]]], np.float32)
    root, inverse = matrix_roots.square_root(samples, 1e-4)
    np.testing.assert_allclose(root, [[[2, 0], [0, 3]], [[2, 1], [1, 2]]], atol=1e-4)
    expected = [[[1 / 2, 0], [0, 1 / 3]], [[2 / 3, -1 / 3], [-1 / 3, 2 / 3]]]
    np.testing.assert_allclose(inverse, expected, atol=1e-4)


@quick
@given(seeds, st.integers(1, 8))
def test_the_trace_of_a_root_and_its_gradient_are_exact(seed: int, size: int) -> None:
    matrix = tf.constant(spread(seed, size))
    with tf.GradientTape() as tape:
        tape.watch(matrix)
        trace = matrix_roots.trace_of_root(matrix)
    gradient = tape.gradient(trace, matrix)
    for i, sample in enumerate(np.asarray(matrix, np.float64)):
        root = scipy.linalg.sqrtm(sample)
        np.testing.assert_allclose(trace[i], np.trace(root), rtol=1e-3)
        expected = 0.5 * np.linalg.inv(root)
        np.testing.assert_allclose(gradient[i], expected, atol=5e-3 * np.abs(expected).max())
