"""A painting in the colours of its photo."""

from __future__ import annotations

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601, the Y of YIQ


def keep_color(photo: np.ndarray, painting: np.ndarray) -> np.ndarray:
    """The painting's luminance with the photo's colours; both (H, W, 3) in [0, 1], and the result.

    Luminance-only transfer: Gatys, Bethge, Hertzmann & Shechtman, arXiv:1606.05897, section 4. The
    paper puts the photo's I and Q channels beside the painting's Y; what then leaves the range of
    RGB is made paler here, not clipped, so that hue and luminance stay.
    """
    luminance = (painting @ LUMA)[..., None]
    chroma = photo - (photo @ LUMA)[..., None]
    room = np.where(chroma > 0, 1 - luminance, luminance)
    fits = np.min(room / np.maximum(np.abs(chroma), 1e-6), -1, keepdims=True)
    answer: np.ndarray = np.clip(luminance + chroma * np.clip(fits, 0, 1), 0, 1)
    return answer
