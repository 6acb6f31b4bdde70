"""The losses in NumPy and SciPy, in float64, and as functions of what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
from hypothesis import settings
from hypothesis import strategies as st
from keras import ops

from tfnst import losses

quick = settings(max_examples=20, deadline=None, database=None)
seeds = st.integers(0, 2**32 - 1)
SHAPE = (2, 8, 6, 5)


def activation(seed: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """What a ReLU gives: correlated channels of different strengths, about half of them off."""
    random = np.random.default_rng(seed)
    mixing = random.normal(0, 0.5, (shape[-1], shape[-1])) / np.sqrt(shape[-1])
    values = random.normal(0, 1, shape) @ (mixing + np.eye(shape[-1])) + 0.3
    return np.maximum(values * random.uniform(0.5, 2, shape[-1]), 0).astype(np.float32)


def picture(seed: int, shape: tuple[int, ...] = (2, 7, 9, 3)) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


# The equations once more, one sample at a time, as the docstrings state them.


def columns_of(sample: np.ndarray) -> np.ndarray:
    return np.asarray(sample, np.float64).reshape(-1, sample.shape[-1])


def numpy_gram(sample: np.ndarray) -> np.ndarray:
    columns = columns_of(sample)
    return sum(np.outer(f, f) for f in columns) / len(columns)


def numpy_gram_loss(sample: np.ndarray, style: np.ndarray) -> float:
    wanted = numpy_gram(style)
    return float(((numpy_gram(sample) - wanted) ** 2).sum() / (wanted**2).sum())


def ridged(matrix: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """With what `losses` adds: 1e-4 of the mean variance and 1e-3 of the mean second moment."""
    ridge = 1e-4 * np.trace(matrix) + 1e-3 * (np.trace(matrix) + (mean**2).sum())
    return matrix + ridge / len(matrix) * np.eye(len(matrix))


def numpy_wasserstein_loss(
    sample: np.ndarray, style: np.ndarray, ridge: Callable[..., np.ndarray] = ridged
) -> float:
    m, n = columns_of(sample).mean(0), columns_of(style).mean(0)
    s = ridge(np.cov(columns_of(sample), rowvar=False, bias=True), m)
    t = ridge(np.cov(columns_of(style), rowvar=False, bias=True), n)
    root = scipy.linalg.sqrtm(t)
    overlap = np.trace(scipy.linalg.sqrtm(root @ s @ root)).real
    distance = ((m - n) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * overlap
    return float(distance / ((n**2).sum() + np.trace(t)))


def numpy_mean_std_loss(sample: np.ndarray, style: np.ndarray) -> float:
    own, wanted = columns_of(sample), columns_of(style)
    distance = ((own.mean(0) - wanted.mean(0)) ** 2).sum()
    distance += ((own.std(0) - wanted.std(0)) ** 2).sum()
    return float(distance / (wanted**2).mean(0).sum())


def numpy_histogram_loss(sample: np.ndarray, style: np.ndarray) -> float:
    """Position by position: the value of the same rank among the artwork's takes its place."""
    own, wanted = columns_of(sample), columns_of(style)
    ranks = own.argsort(0, kind="stable").argsort(0, kind="stable")
    matched = np.empty_like(own)
    for channel in range(own.shape[1]):
        quantiles = (ranks[:, channel] + 0.5) / len(own)
        matched[:, channel] = np.quantile(wanted[:, channel], quantiles, method="hazen")
    return float(((own - matched) ** 2).mean() / (wanted**2).mean())


def numpy_sliced_loss(sample: np.ndarray, style: np.ndarray) -> float:
    axes = np.asarray(losses.directions(sample.shape[-1], 6, seed=3), np.float64)
    return numpy_histogram_loss(columns_of(sample) @ axes, columns_of(style) @ axes)


def distinct(sample: np.ndarray) -> np.ndarray:
    """No two values of a channel alike, as ReLU's zeros are: which is the larger, nothing tells."""
    height, width, channels = sample.shape
    steps = np.arange(height * width * channels).reshape(sample.shape)
    return np.asarray(np.asarray(sample, np.float64) + 1e-3 * steps)


def numpy_distinct_histogram_loss(sample: np.ndarray, style: np.ndarray) -> float:
    return numpy_histogram_loss(distinct(sample), distinct(style))


def numpy_content_loss(sample: np.ndarray, photo: np.ndarray) -> float:
    sample, photo = np.asarray(sample, np.float64), np.asarray(photo, np.float64)
    return float(((sample - photo) ** 2).mean() / (photo**2).mean())


def numpy_standardize(sample: np.ndarray) -> np.ndarray:
    columns = columns_of(sample)
    floor = 0.01 * columns.var(0).mean() + 1e-8
    return ((columns - columns.mean(0)) / np.sqrt(columns.var(0) + floor)).reshape(sample.shape)


def numpy_content_distance(sample: np.ndarray, photo: np.ndarray) -> float:
    return float(((numpy_standardize(sample) - numpy_standardize(photo)) ** 2).mean())


def numpy_variation(sample: np.ndarray, _: Any = None) -> float:
    height, width, _ = sample.shape
    value = np.asarray(sample, np.float64)
    across = [(value[y, x + 1] - value[y, x]) ** 2 for y in range(height) for x in range(width - 1)]
    down = [(value[y + 1, x] - value[y, x]) ** 2 for y in range(height - 1) for x in range(width)]
    return float(np.mean(across) + np.mean(down))


def unit_columns_of(sample: np.ndarray) -> np.ndarray:
    columns = columns_of(sample)
    squares = (columns**2).sum(1, keepdims=True)
    return np.asarray(columns / np.sqrt(squares + 1e-4 * squares.mean() + 1e-8))


def numpy_cosine_distances(sample: np.ndarray, other: np.ndarray) -> np.ndarray:
    own, others = unit_columns_of(sample), unit_columns_of(other)
    return np.array([[((x - y) ** 2).sum() / 2 for y in others] for x in own])


def numpy_relaxed_emd(sample: np.ndarray, style: np.ndarray) -> float:
    distances = numpy_cosine_distances(sample, style)
    return float(max(distances.min(1).mean(), distances.min(0).mean()))


def numpy_self_similarity_loss(sample: np.ndarray, photo: np.ndarray) -> float:
    own, wanted = (numpy_cosine_distances(x, x) for x in (sample, photo))
    return float(np.abs(own / own.sum(0) - wanted / wanted.sum(0)).sum() / len(own))


# The losses themselves, as functions of an activation and of the activation wanted.


def gram_loss(value: Any, style: Any) -> Any:
    target = losses.gram_matrix(losses.feature_statistics(style))
    return losses.gram_style_loss(losses.feature_statistics(value), target)


def wasserstein_loss(value: Any, style: Any) -> Any:
    target = losses.gaussian(losses.feature_statistics(style))
    return losses.wasserstein_style_loss(losses.feature_statistics(value), target)


def mean_std_loss(value: Any, style: Any) -> Any:
    target = losses.mean_std(losses.feature_statistics(style))
    return losses.mean_std_style_loss(losses.feature_statistics(value), target)


def _distinct_columns(value: Any) -> Any:
    columns = _columns(ops.cast(value, "float32"))
    count = columns.shape[-1]
    steps = ops.expand_dims(ops.arange(ops.shape(columns)[1]), 1) * count + ops.arange(count)
    return columns + 1e-3 * ops.cast(steps, "float32")


def distinct_histogram_loss(value: Any, style: Any) -> Any:
    return losses.histogram_loss(_distinct_columns(value), _distinct_columns(style))


def sliced_loss(value: Any, style: Any) -> Any:
    axes = losses.directions(value.shape[-1], 6, seed=3)
    return losses.sliced_wasserstein_loss(_columns(value), _columns(style), axes)


def content_distance(value: Any, photo: Any) -> Any:
    return losses.content_distance(value, losses.standardize(photo))


def variation(value: Any, _: Any) -> Any:
    return losses.total_variation(value)


def _columns(value: Any) -> Any:
    return ops.reshape(value, (ops.shape(value)[0], -1, value.shape[-1]))


def relaxed_emd(value: Any, style: Any) -> Any:
    return losses.relaxed_emd(losses.cosine_distances(_columns(value), _columns(style)))


def self_similarity_loss(value: Any, photo: Any) -> Any:
    return losses.self_similarity_loss(
        losses.self_similarity(_columns(value)), losses.self_similarity(_columns(photo))
    )
