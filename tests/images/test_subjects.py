"""Tests of tfnst.images.subjects."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from tfnst.images import subjects


def scene() -> tuple[np.ndarray, np.ndarray]:
    """A striped ball before a hilly ground, and where it is."""
    image = Image.new("RGB", (300, 200), (120, 150, 190))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 140), (150, 110), (300, 150), (300, 200), (0, 200)], fill=(90, 120, 80))
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).ellipse((95, 50, 205, 160), fill=255)
    ball = Image.new("RGB", image.size, (200, 60, 40))
    for left in range(90, 220, 22):
        ImageDraw.Draw(ball).rectangle((left, 0, left + 9, 200), fill=(235, 170, 60))
    image.paste(ball, mask=mask)
    noise = np.random.default_rng(0).normal(0, 6, (200, 300, 3))
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), float)
    photo = np.clip(blurred + noise, 0, 255) / 255
    return photo.astype(np.float32), np.asarray(mask) / 255


def test_a_ball_before_a_ground_is_found_the_same_every_time() -> None:
    pytest.importorskip("cv2")
    photo, wanted = scene()
    mask = subjects.subject_mask(photo)
    assert mask.shape == wanted.shape and mask.min() >= 0 and mask.max() <= 1
    overlap = np.minimum(mask, wanted).sum() / np.maximum(mask, wanted).sum()
    assert overlap > 0.9
    np.testing.assert_array_equal(mask, subjects.subject_mask(photo))


def test_a_flat_photo_is_all_subject_or_has_some() -> None:
    pytest.importorskip("cv2")
    mask = subjects.subject_mask(np.full((40, 60, 3), 0.5, np.float32))
    assert np.isfinite(mask).all() and mask.max() > 0


def test_without_opencv_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ValueError, match=r"pip install 'tfnst\[subject\]', or draw a mask"):
        subjects.subject_mask(scene()[0])
