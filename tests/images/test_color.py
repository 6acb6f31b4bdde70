"""Tests of tfnst.images.color."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tfnst.images.color import LUMA, keep_color

PICTURES = arrays(np.float32, (3, 4, 3), elements=st.floats(0, 1, width=32))


@given(PICTURES, PICTURES)
def test_luminance_is_the_paintings_and_hue_the_photos(
    photo: np.ndarray, painting: np.ndarray
) -> None:
    answer = keep_color(photo, painting)
    assert answer.dtype == np.float32 and answer.min() >= 0 and answer.max() <= 1
    np.testing.assert_allclose(answer @ LUMA, painting @ LUMA, atol=1e-5)
    wanted = photo - (photo @ LUMA)[..., None]
    got = answer - (answer @ LUMA)[..., None]
    # The same direction, never more colourful.
    assert (np.abs(got) <= np.abs(wanted) + 1e-5).all()
    np.testing.assert_allclose(
        got[..., 0] * wanted[..., 2], got[..., 2] * wanted[..., 0], atol=1e-5
    )


@given(PICTURES)
def test_a_photo_painted_as_itself_is_itself(photo: np.ndarray) -> None:
    np.testing.assert_allclose(keep_color(photo, photo), photo, atol=1e-5)
