"""The palette of an artwork by the roles that colours have in an interface, as CSS or XML."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.cluster.vq import kmeans2

from tfnst.images.perception import READABLE, contrast, from_oklab, in_bytes, oklab, readable

COLORS = 10  # that are looked for in an artwork
SAMPLES = 20_000  # pixels, evenly, of which they are the clusters
STEP = 0.05  # of lightness, between background and surface
PAIRS = (
    *(("text", "background"), ("text", "surface"), ("muted", "background"), ("muted", "surface")),
    *(("on_primary", "primary"), ("on_secondary", "secondary"), ("on_accent", "accent")),
)  # text, and what it is read on


def clusters(picture: np.ndarray, count: int = COLORS, seed: int = 0) -> tuple[np.ndarray, ...]:
    """The main colours of a picture and how much each fills: k-means in OKLab.

    Args:
        picture: (H, W, 3) RGB in [0, 1].
        count: how many at most.
        seed: of the first choice (k-means++).

    Returns:
        (N, 3) RGB in [0, 1], the most common first, and (N,) shares that sum to 1.
    """
    pixels = picture.reshape(-1, 3)
    pixels = pixels[np.linspace(0, len(pixels) - 1, min(SAMPLES, len(pixels))).astype(int)]
    points = oklab(pixels)
    count = min(count, len(np.unique(points.round(3), axis=0)))
    centres, nearest = kmeans2(points, count, minit="++", rng=seed)
    shares = np.bincount(nearest, minlength=count) / len(points)
    order = [k for k in np.argsort(-shares, kind="stable") if shares[k] > 0]
    return from_oklab(centres[order]), shares[order]


def roles(picture: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """An interface's colours from an artwork's.

    What fills most of it is the background, and what is farthest from that in lightness, text; the
    strongest colour is primary, the one least like it the accent. Where a colour cannot be read on
    what it is for (`PAIRS`), it is made lighter or darker until it can.

    Args:
        picture: of the artwork, (H, W, 3) RGB in [0, 1].
        seed: of `clusters`.

    Returns:
        (3,) RGB in [0, 1] by role, in the order in which they are written.
    """
    colors, shares = clusters(picture, seed=seed)
    lab = oklab(colors)
    background = in_bytes(colors[0])
    ink = colors[np.argmax(abs(lab[:, 0] - lab[0, 0]))]
    text = readable(ink, background, READABLE if _is_middle(background) else 7.0)
    away = np.sign(lab[0, 0] - oklab(text)[0])
    shade = np.clip(lab[0, 0] + away * STEP, 0, 1)
    surface = in_bytes(from_oklab(np.array([shade, *lab[0, 1:]])))
    chosen = dict(zip(("primary", "secondary", "accent"), _strong(lab, shares), strict=True))
    muted = readable((text + background) / 2, background)
    named = {"background": background, "surface": surface, "text": text, "muted": muted}
    for name, index in chosen.items():
        named[name] = color = in_bytes(colors[index])
        ink = background if contrast(background, color) > contrast(text, color) else text
        named[f"on_{name}"] = readable(ink, color)
    return named


def _strong(lab: np.ndarray, shares: np.ndarray) -> tuple[int, int, int]:
    """Which colours are primary, secondary and accent; the first one is the background."""
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    seen = np.minimum(apart[0], 0.15)  # beyond that, on the background
    first = int(np.argmax(seen * (0.02 + chroma) * np.sqrt(shares)))
    # Accents are few and strong.
    accent = int(np.argmax(seen * (0.02 + chroma) * apart[first]))
    rest = seen * np.minimum(apart[first], apart[accent]) * (0.05 + chroma)
    return first, int(np.argmax(rest)), accent


def _is_middle(color: np.ndarray) -> bool:
    return max(contrast(color, np.zeros(3)), contrast(color, np.ones(3))) < 7.1


def hexadecimal(color: np.ndarray) -> str:
    """A colour as style sheets name it.

    Args:
        color: (3,) RGB in [0, 1].

    Returns:
        Six hexadecimal digits behind a #.

    Examples:
        >>> hexadecimal(np.array([1, 0.5, 0]))
        '#ff8000'
    """
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in np.clip(color, 0, 1))


def as_css(colors: Mapping[str, np.ndarray]) -> str:
    """Custom properties of a style sheet.

    Args:
        colors: by role, as `roles` gives them.

    Returns:
        The text of a .css file.
    """
    lines = [f"  --{k.replace('_', '-')}: {hexadecimal(v)};" for k, v in colors.items()]
    return "\n".join([":root {", *lines, "}", ""])


def as_android(colors: Mapping[str, np.ndarray]) -> str:
    """Android's colour resources.

    Args:
        colors: by role, as `roles` gives them.

    Returns:
        The text of a colors.xml file.
    """
    lines = [
        f'    <color name="{k}">#FF{hexadecimal(v)[1:].upper()}</color>' for k, v in colors.items()
    ]
    head = '<?xml version="1.0" encoding="utf-8"?>'
    return "\n".join([head, "<resources>", *lines, "</resources>", ""])
