"""A screen in an artwork's colours, with its strokes where the screen is flat: what is painted on.

Style says which strokes there are and content where edges are; a screen is mostly flat, and from a
flat place nothing leads a descent to strokes. So they are there before it begins.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tfnst import images

# OKLab's lightness: from the first on, paper carries dark ink, and up to the second light ink, at
# WCAG's 4.5 : 1 with ink that is not quite black or white.
LIGHT, DARK = 0.65, 0.47
MIDDLE = 0.6  # of a screen's own lightness, from which on paper without ink counts as light
SURELY = (0.35, 0.75)  # of its lightness, dark and light whatever is beside
LEAST = 0.15  # of lightness, the least range of light tones, and of dark ones
BLUR = 0.04  # of the long side: of larger forms than that only chroma is taken
COLORS = 16  # of the artwork, of which the screen is mixed, and of the screen
NEARNESS = 0.05  # in OKLab, how much farther a colour may be to have a part in a mixture
HUE = 2.0  # how much more chroma counts than lightness where colours are compared
OWN = 0.25  # of the screen's own chroma
STROKES = 0.8  # of the artwork's own contrast
VEIL = 0.5  # how much the artwork's chroma at a place counts beside the screen's
CALM = (0.5, 0.95)  # how much of a stroke goes beside letters, and of one where they are kept
APART = 0.7  # how much of the screen's local contrast in lightness comes on top of its tones
NEIGHBORHOOD = 0.0075  # of the long side, a deviation: what contrast is local to
INK = (0.08, 0.98)  # lightness, the darkest and the lightest


def underpainting(
    screen: np.ndarray,
    artwork: np.ndarray,
    letters: np.ndarray,
    *,
    strength: float = 0.5,
    keep_text: bool = False,
) -> np.ndarray:
    """The screen as a painter would begin it.

    Paper of dark ink is light enough for it, and paper of light ink dark enough, by WCAG's
    contrast; every colour is mixed of the artwork's. On top lie the artwork's strokes.

    Args:
        screen: (H, W, 3) RGB in [0, 1].
        artwork: likewise, of any size; of its middle as much is used as has the screen's shape.
        letters: (H, W) in [0, 1], how much each pixel belongs to a letter or to what is beside it.
        strength: 0 for the screen as it is, from ½ on all of the above.
        keep_text: calm the strokes beside letters almost wholly, not by half.

    Returns:
        (H, W, 3) RGB in [0, 1].
    """
    own = images.oklab(screen)
    side = NEIGHBORHOOD * max(screen.shape)
    raised = own[..., 0] - ndimage.gaussian_filter(own[..., 0], side, mode="nearest")
    painted = _toned(own, images.oklab(artwork), letters * raised)
    painted[..., 0] = np.clip(painted[..., 0] + APART * raised, *INK)
    covering = images.oklab(_covering(artwork, screen.shape[:2]))
    forms = _without_detail(covering)
    strokes = STROKES * (covering - forms)
    strokes[..., 1:] += VEIL * (forms - painted)[..., 1:]
    strokes[..., 0] *= 1 - CALM[keep_text] * letters
    strokes[..., 1:] *= 1 - CALM[keep_text] / 2 * letters[..., None]
    part = min(1.0, 2 * strength)
    mixed = part * images.from_oklab(painted + strokes) + (1 - part) * screen
    return np.asarray(np.clip(mixed, 0, 1), np.float32)


def _toned(own: np.ndarray, artwork: np.ndarray, raised: np.ndarray) -> np.ndarray:
    """The screen's OKLab, (H, W, 3), in tones of the artwork's between which letters can be read.

    Colours of the screen are light or dark by the ink on them: near letters, paper is what is
    lighter than the neighbourhood, `raised`, where ink is dark.
    """
    colors = images.oklab(images.clusters(images.from_oklab(own), COLORS)[0])
    parts = _parts(own, colors)
    votes = np.einsum("hwn,hw->n", parts, raised)
    clear = abs(votes) > 1e-2 * np.einsum("hwn,hw->n", parts, abs(raised)) + 1e-6
    clear &= (colors[:, 0] > SURELY[0]) & (colors[:, 0] < SURELY[1])
    light = parts @ np.where(clear, votes > 0, colors[:, 0] > MIDDLE).astype(float)
    low, high = np.quantile(artwork[..., 0], (0.1, 0.9))
    low, high = min(low, DARK - LEAST), max(high, LIGHT + LEAST)
    tone = own[..., 0]
    on_light = np.interp(tone, _spread(tone[light > 0.5], 1.0), (LIGHT, high))
    on_dark = np.interp(tone, _spread(tone[light <= 0.5], 0.0), (low, DARK))
    tone = light * on_light + (1 - light) * on_dark
    theirs = images.oklab(images.clusters(images.from_oklab(artwork), COLORS)[0])
    stretch = np.array([1, HUE, HUE])
    wanted = stretch * np.concatenate([tone[..., None], own[..., 1:]], -1)
    chroma = _parts(wanted, stretch * theirs) @ theirs[:, 1:]
    return np.concatenate([tone[..., None], OWN * own[..., 1:] + (1 - OWN) * chroma], -1)


def _spread(tones: np.ndarray, end: float) -> tuple[float, float]:
    """The range of almost all tones, so that what differs little goes on differing.

    Where it would be too small, it reaches away from 0, the darkest, or from 1.
    """
    if not tones.size:
        return 0.0, 1.0
    low, high = (float(edge) for edge in np.quantile(tones, (0.01, 0.99)))
    lacking = max(0.0, LEAST - (high - low))
    return (low - lacking, high) if end == 1 else (low, high + lacking)


def _parts(lab: np.ndarray, colors: np.ndarray) -> np.ndarray:
    """(H, W, N): the shares of colours, (N, 3), in a mixture for each pixel, the nearest's most."""
    flat, wanted = colors.astype(np.float32), lab.astype(np.float32)
    squares = np.stack([np.square(wanted - color).sum(-1) for color in flat], -1)
    parts = np.exp((squares.min(-1, keepdims=True) - squares) / (2 * NEARNESS**2))
    return np.asarray(parts / parts.sum(-1, keepdims=True))


def _covering(artwork: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The artwork's middle at that shape, of its own proportions."""
    height, width = shape
    scale = max(height / artwork.shape[0], width / artwork.shape[1])
    sides = [max(s, round(scale * a)) for s, a in zip(shape, artwork.shape[:2], strict=True)]
    top, left = (sides[0] - height) // 2, (sides[1] - width) // 2
    return images.resize(artwork, *sides)[top : top + height, left : left + width]


def _without_detail(picture: np.ndarray) -> np.ndarray:
    """What is left of (H, W, 3) of forms as large as `BLUR`."""
    height, width, _ = picture.shape
    small = images.fitted(height, width, round(1 / BLUR))
    return images.resize(images.resize(picture, *small), height, width)
