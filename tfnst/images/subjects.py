"""The main subject of a photo, found without being shown: GrabCut from what stands out."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from tfnst import images

SIDE = 256  # pixels, the long side at which a subject is looked for
BORDER = 0.04  # of the short side, which is taken to show the background
LIKELY, CERTAIN = 62, 93  # percentiles of how much a pixel stands out, from which on it is subject
ROUNDS = 6  # of GrabCut
LEAST = 0.25  # of the largest piece, the least that is part of the subject too


def subject_mask(photo: np.ndarray) -> np.ndarray:
    """Where the main subject of a photo is.

    What stands out from the colours of the photo's left, right and upper borders, the more so in
    the middle, is where GrabCut begins (Rother, Kolmogorov & Blake, SIGGRAPH 2004). It suits one
    subject before a background of other colours, and nothing else: see the guide.

    Args:
        photo: (H, W, 3) RGB in [0, 1].

    Returns:
        (H, W) float32 in [0, 1], with an edge of a few pixels.

    Raises:
        ValueError: OpenCV is not installed.
    """
    cv2 = _opencv()
    height, width, _ = photo.shape
    small = images.resize(photo, *images.fitted(height, width, SIDE))
    salience = _salience(small)
    labels = np.full(salience.shape, cv2.GC_PR_BGD, np.uint8)
    labels[salience > np.percentile(salience, LIKELY)] = cv2.GC_PR_FGD
    edge = max(2, round(BORDER / 2 * min(salience.shape)))
    labels[:edge] = cv2.GC_BGD
    for side in (labels[:, :edge], labels[:, -edge:]):
        side[side == cv2.GC_PR_BGD] = cv2.GC_BGD
    labels[salience > np.percentile(salience, CERTAIN)] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    pixels = np.ascontiguousarray(images.as_uint8(small)[..., ::-1])
    cv2.grabCut(pixels, labels, None, *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    pieces = _large_pieces(np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)))
    return images.resize(ndimage.gaussian_filter(pieces, 0.7), height, width)


def _opencv() -> Any:
    try:
        import cv2
    except ImportError:
        raise ValueError(
            "a subject is found by OpenCV, which is not installed; pip install 'tfnst[subject]', "
            "or draw a mask"
        ) from None
    return cv2


def _salience(photo: np.ndarray) -> np.ndarray:
    """How much each pixel differs from borders, and how near to the middle it is, (H, W)."""
    lab = ndimage.gaussian_filter(images.oklab(photo), (2, 2, 0))
    height, width, _ = lab.shape
    edge = max(2, round(BORDER * min(height, width)))
    distances = []
    for border in (lab[:edge], lab[:, :edge], lab[:, -edge:]):
        colors = border.reshape(-1, 3)
        covariance, difference = np.cov(colors.T) + 4e-4 * np.eye(3), lab - colors.mean(0)
        squares = np.einsum("hwi,ij,hwj->hw", difference, np.linalg.inv(covariance), difference)
        distances.append(np.sqrt(squares))
    apart = np.sort(np.stack(distances), 0)[:2].mean(0)  # from the two that are most alike
    rows, columns = np.mgrid[:height, :width]
    away = ((columns / width - 0.5) / 0.36) ** 2 + ((rows / height - 0.55) / 0.42) ** 2
    answer: np.ndarray = np.clip(apart / (np.percentile(apart, 98) + 1e-6), 0, 1) + np.exp(-away)
    return answer


def _large_pieces(mask: np.ndarray) -> np.ndarray:
    """A mask without specks and holes, (H, W) float32; all of it where nothing else is left."""
    pieces, count = ndimage.label(ndimage.binary_opening(mask))
    if not count:
        return np.ones(mask.shape, np.float32)
    areas = np.bincount(pieces.ravel())[1:]
    kept = np.flatnonzero(areas >= LEAST * areas.max()) + 1
    filled: np.ndarray = ndimage.binary_fill_holes(np.isin(pieces, kept)).astype(np.float32)
    return filled
