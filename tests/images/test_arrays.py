"""Tests of tfnst.images.arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.images.samples import noise, problem, quick, slope
from tfnst import images
from tfnst.images import HALO


class TestResize:
    sides = st.integers(1, 24)

    @quick
    @given(sides, sides, sides, sides, st.floats(0, 1, width=32))
    def test_constant_stays_constant(
        self, height: int, width: int, to_height: int, to_width: int, value: float
    ) -> None:
        array = np.full((height, width, 3), value, np.float32)
        resized = images.resize(array, to_height, to_width)
        assert resized.shape == (to_height, to_width, 3) and resized.dtype == np.float32
        np.testing.assert_allclose(resized, value, atol=1e-5)

    @quick
    @given(sides, sides, sides, sides, st.integers(0, 99))
    def test_range_and_size(
        self, height: int, width: int, to_height: int, to_width: int, seed: int
    ) -> None:
        array = np.random.default_rng(seed).integers(0, 2, (height, width)).astype(np.float32)
        resized = images.resize(array, to_height, to_width)
        assert resized.shape == (to_height, to_width) and resized.dtype == np.float32
        assert resized.min() >= 0 and resized.max() <= 1

    def test_same_size_changes_nothing(self) -> None:
        np.testing.assert_array_equal(images.resize(slope(), 48, 64), slope())

    def test_leaves_its_argument_alone(self) -> None:
        array = slope()
        images.resize(array, 48, 64)[:] = 0
        np.testing.assert_array_equal(array, slope())

    def test_does_not_shift_or_turn(self) -> None:
        for height, width in ((24, 32), (96, 128), (24, 128)):
            resized = images.resize(slope(), height, width)
            np.testing.assert_allclose(resized.mean((0, 1)), slope().mean((0, 1)), atol=2e-3)
            x = (np.arange(width) + 0.5) * 64 / width - 0.5
            inner = slice(width // 8, -width // 8)
            expected = 0.1 + 0.8 * x / 64
            np.testing.assert_allclose(resized[height // 2, inner, 0], expected[inner], atol=1e-3)

    def test_shrinking_does_not_alias(self) -> None:
        stripes = np.tile(np.float32([0, 1]), (8, 60))
        assert np.abs(images.resize(stripes, 8, 40)[:, 4:-4] - 0.5).max() < 0.15
        assert np.abs(images.resize(stripes, 8, 15)[:, 2:-2] - 0.5).max() < 0.01

    def test_each_axis_has_its_own_filter(self) -> None:
        array = np.random.default_rng(0).random((20, 20)).astype(np.float32) * 0.2 + 0.4
        image = Image.fromarray(array).resize((10, 20), Image.Resampling.LANCZOS)
        expected = np.asarray(image.resize((10, 40), Image.Resampling.BICUBIC))
        np.testing.assert_allclose(images.resize(array, 40, 10), expected, atol=1e-6)

    def test_uint8_is_scaled(self) -> None:
        assert images.resize(np.full((4, 4, 3), 255, np.uint8), 2, 9).min() == pytest.approx(1)

    @pytest.mark.parametrize("shape", [(4,), (0, 4), (1, 4, 4, 3), (4, 4, 0)])
    def test_shapes(self, shape: tuple[int, ...]) -> None:
        assert "(H, W)" in problem(images.resize, np.zeros(shape, np.float32), 4, 4)

    def test_sizes(self) -> None:
        assert "height is 0" in problem(images.resize, slope(), 0, 4)
        assert "width is -1" in problem(images.resize, slope(), 4, -1)

    @quick
    @given(st.integers(1, 70_000), st.integers(1, 70_000), st.integers(1, 70_000))
    def test_fitted(self, height: int, width: int, size: int) -> None:
        fitted = images.fitted(height, width, size)
        assert max(fitted) == size and min(fitted) >= 1
        for side, original in zip(fitted, (height, width), strict=True):
            assert side == 1 or abs(side - original * size / max(height, width)) <= 0.5 + 1e-6
        assert images.fitted(width, height, size) == fitted[::-1]

    def test_fitted_refuses_nothing(self) -> None:
        assert "size is 0" in problem(images.fitted, 4, 4, 0)


class TestAsUint8:
    def test_rounds_and_clips(self) -> None:
        values = np.float32([-1, 0, 0.4 / 255, 0.6 / 255, 1.4 / 255, 1.6 / 255, 254.6 / 255, 1, 9])
        assert images.as_uint8(values).tolist() == [0, 0, 0, 1, 1, 2, 255, 255, 255]

    def test_undoes_the_division(self) -> None:
        every = np.arange(256, dtype=np.uint8)
        np.testing.assert_array_equal(images.as_uint8(every / np.float32(255)), every)
        assert images.as_uint8(every / 255).dtype == np.uint8

    def test_saving_rounds(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", np.full((8, 8, 3), 99.7 / 255))
        with Image.open(tmp_path / "a.png") as image:
            assert image.getpixel((0, 0)) == (100, 100, 100)


class TestValidate:
    def test_accepts(self) -> None:
        for array in (noise(), noise() / 255, (noise() / 255).astype(np.float16)):
            valid = images.validate(array)
            assert valid.dtype == np.float32 and valid.min() >= 0 and valid.max() <= 1
            np.testing.assert_allclose(valid, noise() / 255, atol=1e-3)

    def test_accepts_lists_and_clips_rounding(self) -> None:
        valid = images.validate([[[-0.0005, 0.5, 1.0005]]])
        np.testing.assert_allclose(valid, [[[0, 0.5, 1]]])

    def test_does_not_share_memory(self) -> None:
        array = slope()
        images.validate(array)[:] = 0
        np.testing.assert_array_equal(array, slope())

    def test_a_picture_is_not_copied(self) -> None:
        picture = images.Picture(slope())
        assert np.shares_memory(images.validate(picture), picture.rgb)
        assert images.validate(images.Picture(slope() - 0.1004)).min() == 0

    @pytest.mark.parametrize(
        ("array", "texts"),
        [
            (np.zeros((4, 5)), ["shape (4, 5)", "(H, W, 3)", "np.stack"]),
            (np.zeros((4, 5, 4)), ["shape (4, 5, 4)", "array[..., :3]"]),
            (np.zeros((3, 4, 5)), ["shape (3, 4, 5)", "(H, W, 3)"]),
            (np.zeros((1, 4, 5, 3)), ["shape (1, 4, 5, 3)", "array[0]"]),
            (np.zeros(()), ["shape ()"]),
            (np.zeros((0, 5, 3)), ["5 x 0 pixels", "smallest side is 1"]),
            (np.zeros((4, 4, 3), np.int64), ["dtype int64", "uint8"]),
            (np.zeros((4, 4, 3), np.uint16), ["dtype uint16"]),
            (np.zeros((4, 4, 3), bool), ["dtype bool"]),
            (np.full((4, 4, 3), "a"), ["dtype <U1"]),
            (np.full((4, 4, 3), np.nan), ["NaN", "nan_to_num"]),
            (np.full((4, 4, 3), np.inf), ["infinity"]),
            (np.full((4, 4, 3), 255.0), ["from 255 to 255", "divide by 255"]),
            (np.full((4, 4, 3), 1.002), ["from 1.002 to 1.002"]),
            (np.full((4, 4, 3), -1.0), ["from -1 to -1", "scale it"]),
            (np.full((4, 4, 3), 65535.0), ["scale it"]),
            (np.full((4, 4, 3), 3.5), ["from 3.5 to 3.5; clip or scale it"]),
            (np.full((4, 4, 3), 1.02), ["from 1.02 to 1.02; clip or scale it"]),
        ],
    )
    def test_refuses(self, array: np.ndarray, texts: list[str]) -> None:
        message = problem(images.validate, array, "style")
        assert message.startswith("style ")
        assert all(text in message for text in texts), message

    def test_minimum(self) -> None:
        array = np.zeros((7, 9, 3), np.float32)
        message = problem(images.validate, array, minimum=8)
        assert message == "image is 9 x 7 pixels; the smallest side is 8"
        assert images.validate(array, minimum=7).shape == array.shape

    @quick
    @given(st.floats(-0.01, 1.01))
    def test_tolerance(self, value: float) -> None:
        array = np.full((2, 2, 3), value)
        if -0.00099 < value < 1.00099:
            assert 0 <= images.validate(array).min() <= images.validate(array).max() <= 1
        elif value < -0.00101 or value > 1.00101:
            assert "0 to 1" in problem(images.validate, array)


def test_over_white() -> None:
    rgb = noise(24, 30).astype(np.float32) / 255
    assert images.Picture(rgb).over_white() is rgb
    np.testing.assert_array_equal(images.Picture(rgb, np.ones((24, 30))).over_white(), rgb)
    np.testing.assert_array_equal(images.Picture(rgb, np.zeros((24, 30))).over_white(), 1)
    half = images.Picture(rgb, np.full((24, 30), 0.5, np.float32)).over_white()
    np.testing.assert_allclose(half, 0.5 + rgb / 2, rtol=1e-6)


def test_the_halo_reflects() -> None:
    image = np.random.default_rng(0).random((9, 10, 3))
    seen = images.padded(image, 4)
    assert seen.shape == (9 + 2 * HALO + 3, 10 + 2 * HALO + 2, 3)
    np.testing.assert_array_equal(seen[HALO:-HALO, HALO:-HALO][:9, :10], image)
    assert images.padded(image).shape == (9 + 2 * HALO, 10 + 2 * HALO, 3)
    assert images.padded(image, halo=40).shape == (89, 90, 3)
    np.testing.assert_array_equal(seen[HALO - 1, HALO : HALO + 10], image[0])
