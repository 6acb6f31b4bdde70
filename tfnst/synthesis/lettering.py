"""Where letters are on a screen: thin strokes of even width on quiet paper."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from tfnst.images.color import LUMA

STROKES = (4, 8, 16)  # pixels, the broadest strokes that are looked for, each for itself
CONTRAST = 0.1  # the least, of luminance from 0 to 1
HEIGHTS = (4, 110)  # pixels, of letters
QUIET = 0.05  # how far paper may be from its median


def lettering(picture: np.ndarray) -> np.ndarray:
    """The pixels of letters, and how high these are, so that what depends on size can follow.

    Strokes are what a morphological opening or closing takes away: lighter or darker than all
    around, and thin. Of what hangs together, parts as high as letters count whose strokes are of
    about one width (Epshtein, Ofek & Wexler, "Detecting Text in Natural Scenes with Stroke Width
    Transform", CVPR 2010) and which lie on paper: around most of them there is one shade. No letter
    is read, and icons of lines are taken along.

    Args:
        picture: (H, W, 3) in [0, 1], a screen in its own size.

    Returns:
        (H, W) float32: 0, or the height in pixels of the letter there.
    """
    luminance = (picture @ LUMA).astype(np.float32)
    heights = np.zeros(luminance.shape, np.float32)
    for light in (luminance, 1 - luminance):  # letters lighter, and darker than paper
        for width in STROKES:
            thin = light - ndimage.grey_opening(light, (width + 1, width + 1))
            heights = np.maximum(heights, _heights_of_letters(thin > CONTRAST, luminance))
    return heights


def _heights_of_letters(strokes: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    """(H, W): the height of the part that a pixel belongs to where that may be a letter, else 0."""
    labels, count = ndimage.label(strokes, np.ones((3, 3)))
    if not count:
        return np.zeros(strokes.shape, np.float32)
    boxes = ndimage.find_objects(labels)
    height, width = np.array([[y.stop - y.start, x.stop - x.start] for y, x in boxes]).T
    sized = (height >= HEIGHTS[0]) & (height <= HEIGHTS[1]) & (width <= 20 * height)
    filled = np.bincount(labels.ravel())[1:] >= 0.08 * height * width
    letters = sized & filled & _of_even_strokes(strokes, labels, height)
    letters &= _on_paper(strokes, labels, luminance)
    return np.concatenate([[0], np.where(letters, height, 0)]).astype(np.float32)[labels]


def _of_even_strokes(strokes: np.ndarray, labels: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(N,): whether each part's strokes are of about one width, and thin beside its height."""
    inside = ndimage.distance_transform_edt(strokes)
    # In the middle of a stroke the distance to its border is largest: half its width.
    middle = np.where(strokes & (inside == ndimage.maximum_filter(inside, 3)), labels, 0)
    mean = _means(inside, middle, len(height))
    spread = np.sqrt(np.maximum(_means(inside**2, middle, len(height)) - mean**2, 0))
    even: np.ndarray = (spread <= 0.6 * mean) & (2 * mean <= 0.6 * height + 2)
    return even


def _on_paper(strokes: np.ndarray, labels: np.ndarray, luminance: np.ndarray) -> np.ndarray:
    """(N,): whether most of what is two pixels beside each part is of one shade."""
    touched = ndimage.binary_dilation(strokes, np.ones((3, 3)))  # and blurred
    beside = np.where(touched, 0, ndimage.maximum_filter(labels, 5))
    count, visible = labels.max(), np.unique(beside)
    shade = np.zeros(count + 1)
    shade[visible] = ndimage.median(luminance, beside, visible)
    same = np.abs(luminance - shade[beside]) < QUIET
    return _means(same, beside, count) >= 0.6


def _means(values: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """The mean of each part's values, (count,); 0 of what has none."""
    sums, sizes = (
        np.bincount(labels.ravel(), weights, count + 1)[1:] for weights in (values.ravel(), None)
    )
    means: np.ndarray = sums / np.maximum(sizes, 1)
    return means
