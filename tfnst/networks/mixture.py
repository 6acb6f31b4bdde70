"""Names of styles, and mixtures of them, to the weights of a network's rows."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence

import numpy as np

from tfnst.arguments import FieldError

PHOTO = "photo"  # the name of row 0, which gives the photo back
LARGEST_SHARE = 1e9  # share of a style: sums of larger ones overflow
STROKE = 0.5  # between the finest and the largest strokes of a style
SHARE = f"a number from 0, below {LARGEST_SHARE:g}"


def row_weights(
    names: Sequence[str], styles: str | Mapping[str, float], strength: float = 1.0
) -> np.ndarray:
    """The weights of a network's rows for a style or a mixture of styles.

    Args:
        names: the S styles in the order of their rows.
        styles: a style's name, or {name: share}; shares are relative to each other.
        strength: 0 to 1; what it leaves over is the photo's.

    Returns:
        (1 + S,) float32 that add up to 1, the photo's first.

    Raises:
        ValueError: an unknown name, shares that make no mixture, or another strength.

    Examples:
        >>> row_weights(("scream", "swirl"), {"scream": 3, "swirl": 1}, strength=0.5).tolist()
        [0.5, 0.375, 0.125]
    """
    if not isinstance(styles, str | Mapping):
        raise ValueError(f"styles is {styles!r}; give a name, or {{name: share}}")
    shares = {styles: 1.0} if isinstance(styles, str) else dict(styles)
    for name, share in shares.items():
        if name not in names:
            raise ValueError(f"style {name!r} is unknown; use {', '.join(names)}")
        if not isinstance(share, numbers.Real) or not 0 <= share < LARGEST_SHARE:
            raise ValueError(f"share of style {name!r} is {share!r}; use {SHARE}")
    if not sum(shares.values()):
        raise ValueError(f"styles is {styles!r}; give at least one share above 0")
    if not isinstance(strength, numbers.Real) or not 0 <= strength <= 1:
        raise FieldError("strength", strength, "a number from 0 to 1")
    weights = np.zeros(1 + len(names), np.float32)
    weights[0] = 1 - strength
    for name, share in shares.items():
        weights[1 + names.index(name)] = strength * share / sum(shares.values())
    return weights


def stroke_rows(weights: np.ndarray, stroke: float | None) -> np.ndarray:
    """The weights of all rows of a network whose styles have rows for two sizes of strokes.

    Args:
        weights: (…, 1 + S), of photo and styles.
        stroke: 0 for the finest to 1 for the largest; None for a network with a row a style.

    Returns:
        (…, 1 + 2S): the photo's, those of the finest strokes, those of the largest.

    Examples:
        >>> stroke_rows(np.array([0.5, 0.5]), 0.75).tolist()
        [0.5, 0.125, 0.375]
    """
    if stroke is None:
        return weights
    photo, styles = weights[..., :1], weights[..., 1:]
    return np.concatenate([photo, (1 - stroke) * styles, stroke * styles], -1)


def checked_stroke(stroke: float | None, strokes: int) -> float | None:
    """The stroke that a network with that many sizes of strokes is to paint with.

    Args:
        stroke: a number from 0 to 1, or None for `STROKE`, or where there is no choice.
        strokes: 1 or 2, see `NetworkSettings`.

    Returns:
        The number, or None for a network of one size.

    Raises:
        ValueError: another number, or any where there is no choice.
    """
    if strokes == 1:
        if stroke is None:
            return None
        raise ValueError(
            f"stroke is {stroke!r}, but this network has one size of strokes a style; leave it out"
        )
    if stroke is None:
        return STROKE
    if isinstance(stroke, bool) or not isinstance(stroke, numbers.Real) or not 0 <= stroke <= 1:
        raise FieldError("stroke", stroke, "a number from 0 (fine) to 1 (large)")
    return float(stroke)


def parse_shares(texts: Sequence[str], names: Sequence[str]) -> dict[str, float]:
    """The shares of styles that texts tell.

    Args:
        texts: of NAME, whose share is 1, and NAME=SHARE, by commas or one by one.
        names: the styles; where there is one alone, it needs no text.

    Returns:
        {name: share}, which `row_weights` checks, in the order of the texts.

    Raises:
        ValueError: no text, a name that comes twice, or a share that is no number.

    Examples:
        >>> parse_shares(["scream=3,swirl"], ("scream", "swirl", "udnie"))
        {'scream': 3.0, 'swirl': 1.0}
    """
    if not texts and len(names) > 1:
        raise ValueError(f"style is missing; use {', '.join(names)}")
    shares: dict[str, float] = {}
    for part in (part for text in texts or names for part in text.split(",")):
        name, _, share = part.partition("=")
        if name in shares:
            raise ValueError(f"style {name!r} is named twice; name it once")
        try:
            shares[name] = float(share or 1)
        except ValueError:
            raise ValueError(f"share of style {name!r} is {share!r}; use {SHARE}") from None
    return shares


def mask_shares(
    masks: Mapping[str, np.ndarray], styles: str | Mapping[str, float], shape: tuple[int, int]
) -> np.ndarray:
    """Masks as the shares of styles at each position.

    Args:
        masks: {name: (H, W) in [0, 1]}, one for each of the K styles.
        styles: a style's name, or {name: share}, with equal shares.
        shape: H and W of the picture.

    Returns:
        (H, W, K) float32 that add up to 1 at most, in the masks' order.

    Raises:
        ValueError: masks for other styles, of another shape or type, or that leave [0, 1].

    Examples:
        >>> masks = {"scream": np.ones((1, 1)), "swirl": np.ones((1, 1))}
        >>> mask_shares(masks, {"scream": 1, "swirl": 1}, (1, 1)).tolist()
        [[[0.5, 0.5]]]
    """
    if not isinstance(masks, Mapping):
        raise ValueError(f"masks is a {type(masks).__name__}; give {{name: (H, W) in [0, 1]}}")
    names = {styles} if isinstance(styles, str) else set(styles)
    if set(masks) != names:
        raise ValueError(
            f"masks are for {', '.join(masks) or 'no style'}; give one for each of "
            f"{', '.join(sorted(names))}"
        )
    if not isinstance(styles, str) and len(set(styles.values())) > 1:
        raise ValueError(f"styles is {styles!r}; with masks, give equal shares")
    for name, mask in masks.items():
        if (kind := np.asarray(mask).dtype).kind not in "fiub":
            raise ValueError(f"mask of {name!r} has dtype {kind}; give numbers from 0 to 1")
        if np.shape(mask) != shape:
            raise ValueError(f"mask of {name!r} has shape {np.shape(mask)}; give {shape}")
        if not (np.min(mask) >= 0 and np.max(mask) <= 1):
            raise ValueError(f"mask of {name!r} leaves [0, 1]; 0 is the photo, 1 is the style")
    stacked = np.stack([np.asarray(mask, np.float32) for mask in masks.values()], -1)
    return stacked / np.maximum(stacked.sum(-1, keepdims=True), 1)
