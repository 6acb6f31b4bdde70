"""The neighbourhood of a picture that is most like a given one, found approximately."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

COMPONENTS = 20  # principal components at most, of what a tree is searched by
VARIANCE = 0.995  # of the neighbourhoods', that so many of them are to hold
SLACK = 1.0  # what is found in the tree is no more than 1 + SLACK times as far as the nearest
CANDIDATES = 4  # of the tree's, that are compared in full


class PatchSearch:
    """Rows of features, in a k-d tree of their principal components.

    As Hertzmann et al. do, section 3.3. The few nearest in the tree are compared in full.

    Args:
        rows: (N, D), whose Euclidean distance is the one that counts.
        eligible: the indices of those that may be found; None for all.
    """

    def __init__(self, rows: np.ndarray, eligible: np.ndarray | None = None) -> None:
        self.rows = rows
        self.eligible = np.arange(len(rows)) if eligible is None else eligible
        self.mean = rows.mean(0)
        centred = rows - self.mean
        variances, axes = np.linalg.eigh(centred.T @ centred)
        variances, axes = variances[::-1].clip(0), axes[:, ::-1]
        held = np.cumsum(variances) / max(float(variances.sum()), 1e-30)
        count = min(COMPONENTS, int(np.searchsorted(held, VARIANCE)) + 1)
        self.axes = np.ascontiguousarray(axes[:, :count])
        self.tree = cKDTree(centred[self.eligible] @ self.axes, balanced_tree=False)

    def project(self, part: np.ndarray, first: int = 0) -> np.ndarray:
        """Components of (n, d) columns of features, those from `first` on, the mean taken off."""
        columns = slice(first, first + part.shape[1])
        return (part - self.mean[columns]) @ self.axes[columns]

    def candidates(self, components: np.ndarray) -> np.ndarray:
        """The indices (n, k) of the few rows nearest to (n, components), roughly."""
        count = min(CANDIDATES, len(self.eligible))
        _, places = self.tree.query(components, count, eps=SLACK)
        indices: np.ndarray = self.eligible[places.reshape(len(components), count)]
        return indices
