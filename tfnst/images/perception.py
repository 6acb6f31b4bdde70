"""Colours as eyes see them: OKLab, WCAG contrast, and the nearest colour that can be read."""

from __future__ import annotations

import numpy as np

READABLE = 4.5  # WCAG 2.2, success criterion 1.4.3: text of any size
# Björn Ottosson, "A perceptual color space for image processing", 2020: cones from linear sRGB,
# and lightness, green to red and blue to yellow from the cubic roots of these.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def oklab(rgb: np.ndarray) -> np.ndarray:
    """sRGB in OKLab.

    Args:
        rgb: (…, 3) in [0, 1].

    Returns:
        (…, 3): lightness from 0 to 1, green to red, blue to yellow.

    Examples:
        >>> oklab(np.ones(3)).round(3).tolist()
        [1.0, 0.0, 0.0]
    """
    lab: np.ndarray = np.cbrt(_linear(np.asarray(rgb, np.float64)) @ _CONES.T) @ _LAB.T
    return lab + 0.0


def from_oklab(lab: np.ndarray) -> np.ndarray:
    """OKLab in sRGB; what no screen shows is made as much paler as it needs.

    Args:
        lab: (…, 3).

    Returns:
        (…, 3) in [0, 1].
    """
    lab = np.asarray(lab, np.float64)
    rgb, hidden = _from_oklab(lab), ~_shown(lab)
    if hidden.any():
        rgb[hidden] = _from_oklab(_paler(lab[hidden]))
    return np.clip(rgb, 0, 1)


def _paler(lab: np.ndarray) -> np.ndarray:
    """(N, 3) with as much of their chroma as a screen shows."""
    low, high = np.zeros(len(lab)), np.ones(len(lab))
    for _ in range(12):
        middle = (low + high) / 2
        fits = _shown(lab * np.stack([np.ones_like(middle), middle, middle], -1))
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return lab * np.stack([np.ones_like(low), low, low], -1)


def _from_oklab(lab: np.ndarray) -> np.ndarray:
    light = (lab @ np.linalg.inv(_LAB).T) ** 3 @ np.linalg.inv(_CONES).T
    bright = 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055
    encoded: np.ndarray = np.where(light <= 0.0031308, 12.92 * light, bright)
    return encoded


def _shown(lab: np.ndarray) -> np.ndarray:
    rgb = _from_oklab(lab)
    return np.asarray(((rgb >= -1e-4) & (rgb <= 1 + 1e-4)).all(-1))


def _linear(rgb: np.ndarray) -> np.ndarray:
    linear: np.ndarray = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear


def contrast(color: np.ndarray, other: np.ndarray) -> float:
    """The WCAG 2.2 contrast ratio of two colours: (L₁ + 0.05) / (L₂ + 0.05), the lighter one first.

    Args:
        color: (3,) sRGB in [0, 1].
        other: likewise.

    Returns:
        From 1 to 21.

    Examples:
        >>> round(contrast(np.zeros(3), np.ones(3)), 6)
        21.0
    """
    dark, light = sorted(float(_linear(np.asarray(c)) @ _LUMINANCE) for c in (color, other))
    return (light + 0.05) / (dark + 0.05)


def readable(color: np.ndarray, paper: np.ndarray, least: float = READABLE) -> np.ndarray:
    """The colour of that hue which is nearest to one and can be read on paper.

    It becomes lighter or darker, whichever is less, until its contrast suffices; on any paper black
    or white reaches 4.58.

    Args:
        color: (3,) sRGB in [0, 1].
        paper: likewise.
        least: the contrast that is wanted, up to 4.58.

    Returns:
        (3,) sRGB in [0, 1], as 8 bits hold it.

    Raises:
        ValueError: a contrast that no colour has on this paper.
    """
    color = in_bytes(color)
    if contrast(color, paper) >= least:
        return color
    lightness, *chroma = oklab(color)
    shades = np.linspace(0, 1, 401)
    candidates = in_bytes(from_oklab(np.stack([shades, *(np.full(401, c) for c in chroma)], 1)))
    for index in np.argsort(abs(shades - lightness), kind="stable"):
        if contrast(candidates[index], paper) >= least:
            return np.asarray(candidates[index])
    raise ValueError(f"least is {least}; use a contrast up to 4.58, which any paper allows")


def in_bytes(color: np.ndarray) -> np.ndarray:
    """A colour rounded to 8 bits a channel, as styles name it."""
    rounded: np.ndarray = np.round(255 * np.clip(color, 0, 1)) / 255
    return rounded
