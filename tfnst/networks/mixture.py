"""Names of styles, and mixtures of them, to the weights of a network's rows."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence

import numpy as np

PHOTO = "photo"  # the name of row 0, which gives the photo back
LARGEST = 1e9  # share of a style: sums of larger ones overflow


def row_weights(
    known: Sequence[str], styles: str | Mapping[str, float], strength: float = 1.0
) -> np.ndarray:
    """The row weights, (1 + S,) float32, of a style's name or of {name: share}.

    `known` are the S styles in the order of their rows. Shares are relative to each other; what
    `strength`, 0 to 1, leaves over is the photo's. Raises ValueError for an unknown name, shares
    that make no mixture, or another strength.
    """
    if not isinstance(styles, str | Mapping):
        raise ValueError(f"styles is {styles!r}; give a name, or {{name: share}}")
    shares = {styles: 1.0} if isinstance(styles, str) else dict(styles)
    for name, share in shares.items():
        if name not in known:
            raise ValueError(f"style {name!r} is unknown; use {', '.join(known)}")
        if not isinstance(share, numbers.Real) or not 0 <= share < LARGEST:
            raise ValueError(f"share of style {name!r} is {share!r}; use a number from 0")
    if not sum(shares.values()):
        raise ValueError(f"styles is {styles!r}; give at least one share above 0")
    if not isinstance(strength, numbers.Real) or not 0 <= strength <= 1:
        raise ValueError(f"strength is {strength!r}; use a number from 0 to 1")
    weights = np.zeros(1 + len(known), np.float32)
    weights[0] = 1 - strength
    for name, share in shares.items():
        weights[1 + known.index(name)] = strength * share / sum(shares.values())
    return weights
