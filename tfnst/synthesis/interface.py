"""Screens of programs in the style of an artwork, such that they can still be used: ImagineNet.

Fischer, Yang & Lam, "ImagineNet: Restyling Apps Using Neural Style Transfer", CHI 2020.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from tfnst import images
from tfnst.losses.interface_terms import PixelTerm, StructureTerm
from tfnst.losses.terms import ReducedTerm
from tfnst.synthesis.default_objective import default_terms
from tfnst.synthesis.interface_settings import InterfaceSettings, own_size
from tfnst.synthesis.lettering import lettering
from tfnst.synthesis.objective import WeightedTerm
from tfnst.synthesis.style_transfer import StyleTransfer
from tfnst.synthesis.underpainting import underpainting

# Within each block and between neighbouring ones, as far as marks reach.
PAIRS = (
    ("block1_conv1", "block1_conv2"),
    ("block1_conv1", "block2_conv1"),
    ("block2_conv1", "block2_conv2"),
    ("block2_conv1", "block3_conv1"),
)
STRUCTURE = 1.0  # weight of the structure loss, as much as style's
HOLD = 12.0  # weight of the underpainting's pixels
TONE = 0.025  # how much that counts where no letters are kept, over where they are
NEAR = 0.9  # heights of a letter around it that are kept with it


def interface_terms(settings: InterfaceSettings, letters: np.ndarray) -> tuple[WeightedTerm, ...]:
    """What a screen is restyled towards: `default_terms`, structure, and pixels.

    Args:
        settings: see `InterfaceSettings`.
        letters: (H, W) in [0, 1], as `around_letters` gives them; with `keep_text`, pixels
            count more there.

    Returns:
        Terms named "content", "style" and so on, "structure", "structure_2" and "pixels".
    """
    structure = StructureTerm(PAIRS)
    weights = TONE + (1 - TONE) * letters if settings.keep_text else np.full_like(letters, TONE)
    return (
        *default_terms(settings.painting),
        WeightedTerm("structure", structure, STRUCTURE),
        WeightedTerm("structure_2", ReducedTerm(structure, 2), STRUCTURE / 2),
        WeightedTerm("pixels", PixelTerm(weights), HOLD, "content"),
    )


def around_letters(heights: np.ndarray) -> np.ndarray:
    """How much each pixel belongs to a letter: 1 on it, falling to 0 over a part of its height.

    Args:
        heights: (H, W), as `lettering` gives them.

    Returns:
        (H, W) float32 in [0, 1], with no border that one could see.
    """
    if not heights.any():
        return np.zeros_like(heights)
    away, nearest = ndimage.distance_transform_edt(heights == 0, return_indices=True)
    reach = 3 + NEAR * heights[tuple(nearest)]
    ramp = np.clip(1.5 - away / reach, 0, 1)
    weights: np.ndarray = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
    return weights


def restyle(
    screen: images.Pixels,
    artwork: images.Pixels,
    settings: InterfaceSettings | None = None,
    **options: Any,
) -> StyleTransfer:
    """A screen on its way to the style of an artwork; `run` and `picture` of it are to be called.

    Args:
        screen: (H, W, 3) RGB in [0, 1], or a `Picture`.
        artwork: likewise.
        settings: by default `InterfaceSettings` of the screen's own size, `LARGEST` at most.
        **options: `network` and `weights`, as `StyleTransfer` takes them.

    Returns:
        The painting, whose content is the `underpainting`.

    Raises:
        ValueError: as `StyleTransfer` does.
    """
    screen = images.validate(screen, "screen", images.MIN_SIDE)
    picture = images.validate(artwork, "artwork", images.MIN_SIDE)
    if settings is None:
        settings = InterfaceSettings(size=own_size(screen))
    letters = around_letters(lettering(screen))
    height, width, _ = screen.shape
    shape = images.fitted(height, width, settings.size)
    begun = underpainting(
        images.resize(screen, *shape),
        picture,
        images.resize(letters, *shape),
        strength=settings.strength,
        keep_text=settings.keep_text,
    )
    terms = interface_terms(settings, letters)
    return StyleTransfer(begun, [picture], settings.painting, terms=terms, **options)
