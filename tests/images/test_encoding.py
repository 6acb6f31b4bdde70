"""Tests of tfnst.images.encoding."""

from __future__ import annotations

import errno
import io
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin

from tests.images.samples import (
    LOSSLESS,
    RECIPE,
    WRITTEN,
    names,
    noise,
    problem,
    quick,
    slope,
    stored,
)
from tfnst import images
from tfnst.images import profiles


class TestRoundTrips:
    @pytest.mark.parametrize("suffix", LOSSLESS)
    def test_lossless_formats_keep_every_value(self, tmp_path: Path, suffix: str) -> None:
        values, alpha = noise(), noise(channels=0, seed=1)
        images.save(tmp_path / f"a{suffix}", values, alpha=alpha)
        picture = images.load(tmp_path / f"a{suffix}")
        assert picture.rgb.dtype == picture.alpha.dtype == np.float32
        np.testing.assert_array_equal(images.as_uint8(picture.rgb), values)
        np.testing.assert_array_equal(images.as_uint8(picture.alpha), alpha)

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_every_format_comes_close(self, tmp_path: Path, suffix: str) -> None:
        images.save(tmp_path / f"a{suffix}", slope())
        picture = images.load(tmp_path / f"a{suffix}")
        assert picture.alpha is None and picture.recipe is None
        assert picture.rgb.shape == slope().shape
        assert np.abs(picture.rgb - slope()).max() < 0.03

    @pytest.mark.parametrize("suffix", [".PNG", ".Jpg"])
    def test_upper_case_extensions(self, tmp_path: Path, suffix: str) -> None:
        images.save(str(tmp_path / f"a{suffix}"), slope())
        assert images.load(str(tmp_path / f"a{suffix}")).rgb.shape == slope().shape

    def test_webp_of_quality_100_is_lossless_with_alpha(self, tmp_path: Path) -> None:
        values, alpha = noise(), noise(channels=0, seed=1)
        images.save(tmp_path / "a.webp", values, alpha=alpha, quality=100)
        picture = images.load(tmp_path / "a.webp")
        np.testing.assert_array_equal(images.as_uint8(picture.rgb), values)
        np.testing.assert_array_equal(images.as_uint8(picture.alpha), alpha)

    def test_quality_changes_the_size(self, tmp_path: Path) -> None:
        for suffix in (".jpg", ".webp"):
            for quality in (30, 95):
                images.save(tmp_path / f"{quality}{suffix}", noise(40, 40), quality=quality)
            small, large = tmp_path / f"30{suffix}", tmp_path / f"95{suffix}"
            assert small.stat().st_size < large.stat().st_size

    def test_jpeg_keeps_full_colour_resolution(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.jpg", slope())
        with Image.open(tmp_path / "a.jpg") as image:
            assert JpegImagePlugin.get_sampling(image) == 0

    def test_jpeg_lays_alpha_over_white(self, tmp_path: Path) -> None:
        alpha = np.repeat(np.float32([[0, 0.5, 1]]), 16, axis=0).repeat(16, axis=1)
        images.save(tmp_path / "a.jpg", np.zeros((16, 48, 3), np.float32), alpha=alpha)
        picture = images.load(tmp_path / "a.jpg")
        assert picture.alpha is None
        np.testing.assert_allclose(picture.rgb[8, [8, 24, 40], 1], [1, 0.5, 0], atol=0.02)

    def test_opaque_alpha_is_none(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise(), alpha=np.ones((12, 17), np.float32))
        assert images.load(tmp_path / "a.png").alpha is None

    def test_png_says_it_is_srgb(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise())
        with Image.open(tmp_path / "a.png") as image:
            assert image.info["srgb"] == 0

    @pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif"])
    def test_others_hold_the_profile_of_srgb(self, tmp_path: Path, suffix: str) -> None:
        images.save(tmp_path / f"a{suffix}", noise())
        with Image.open(tmp_path / f"a{suffix}") as image:
            assert image.info["icc_profile"] == profiles.srgb()

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_the_same_input_gives_the_same_bytes(self, tmp_path: Path, suffix: str) -> None:
        for name in ("a", "b"):
            images.save(tmp_path / f"{name}{suffix}", noise(), recipe=RECIPE)
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()

    @quick
    @given(st.integers(1, 30), st.integers(8, 30), st.integers(0, 99))
    def test_png_keeps_pictures_of_any_shape(self, extra: int, width: int, seed: int) -> None:
        values = noise(7 + extra, width, seed=seed)
        with tempfile.TemporaryDirectory() as folder:
            images.save(Path(folder) / "a.png", values)
            rgb = images.load(Path(folder) / "a.png").rgb
        np.testing.assert_array_equal(images.as_uint8(rgb), values)


class TestRecipe:
    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_round_trip(self, tmp_path: Path, suffix: str) -> None:
        images.save(tmp_path / f"a{suffix}", noise(), recipe=RECIPE)
        assert images.load(tmp_path / f"a{suffix}").recipe == RECIPE

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_other_scripts_mean_the_same(self, tmp_path: Path, suffix: str) -> None:
        recipe = {"tfnst": 1, "style": "Sternennacht ü 星月夜 🌌"}
        text = json.dumps(recipe, ensure_ascii=False)
        images.save(tmp_path / f"a{suffix}", noise(), recipe=text)
        found = images.load(tmp_path / f"a{suffix}").recipe
        assert found.isascii() and json.loads(found) == recipe

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_long_recipes(self, tmp_path: Path, suffix: str) -> None:
        recipe = json.dumps({"tfnst": "x" * 60_000})
        images.save(tmp_path / f"a{suffix}", noise(), recipe=recipe)
        assert images.load(tmp_path / f"a{suffix}").recipe == recipe

    def test_too_long_for_jpeg(self, tmp_path: Path) -> None:
        recipe = json.dumps({"tfnst": "x" * 70_000})
        message = problem(images.save, tmp_path / "a.jpg", noise(), recipe=recipe)
        assert "too long" in message and ".png" in message
        images.save(tmp_path / "a.png", noise(), recipe=recipe)
        assert images.load(tmp_path / "a.png").recipe == recipe

    @pytest.mark.parametrize("suffix", WRITTEN)
    def test_none_writes_none(self, tmp_path: Path, suffix: str) -> None:
        images.save(tmp_path / f"a{suffix}", noise())
        with Image.open(tmp_path / f"a{suffix}") as image:
            assert 270 not in image.getexif() and "tfnst" not in image.info

    @pytest.mark.parametrize(
        "text", ["A sunset", "made with tfnst", '{"other": 1}', '["tfnst"]', "[" * 9000 + "tfnst"]
    )
    def test_foreign_descriptions_are_none(self, tmp_path: Path, text: str) -> None:
        exif = Image.Exif()
        exif[270] = text
        path = stored(tmp_path / "a.jpg", Image.new("RGB", (9, 8)), exif=exif)
        assert images.load(path).recipe is None
        assert "recipe" in problem(images.save, tmp_path / "b.jpg", noise(), recipe=text)


class TestWritingFails:
    @pytest.mark.parametrize("name", ["a.gif", "a.bmp", "a", "a.txt", ".png", "a.png.old"])
    def test_other_extensions(self, tmp_path: Path, name: str) -> None:
        message = problem(images.save, tmp_path / name, noise())
        assert all(suffix in message for suffix in WRITTEN)
        assert names(tmp_path) == []

    def test_missing_folder(self, tmp_path: Path) -> None:
        message = problem(images.save, tmp_path / "new" / "a.png", noise())
        assert f"no folder {tmp_path / 'new'}" in message and "make it" in message

    def test_folder_as_target(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").mkdir()
        assert "this is a folder" in problem(images.save, tmp_path / "a.png", noise())

    @pytest.mark.parametrize(
        ("suffix", "long"), [(".jpg", 65_501), (".webp", 16_384)], ids=["jpg", "webp"]
    )
    def test_too_long_for_the_format(self, tmp_path: Path, suffix: str, long: int) -> None:
        message = problem(images.save, tmp_path / f"a{suffix}", np.zeros((1, long, 3), np.uint8))
        assert str(long - 1) in message and ".png" in message

    @pytest.mark.parametrize("quality", [0, 101, 80.5, "best"])
    def test_quality(self, tmp_path: Path, quality: object) -> None:
        assert "1 to 100" in problem(images.save, tmp_path / "a.jpg", noise(), quality=quality)

    @pytest.mark.parametrize("depth", [12, 0, "16", 16.0])
    def test_depth(self, tmp_path: Path, depth: object) -> None:
        message = problem(images.save, tmp_path / "a.png", noise(), depth=depth)
        assert message == f"depth is {depth!r}; use 8 or 16, bits a channel"

    def test_depth_that_the_format_lacks(self, tmp_path: Path) -> None:
        for suffix, kind in ((".jpg", "JPEG"), (".webp", "WEBP")):
            file = tmp_path / f"a{suffix}"
            for message in (
                problem(images.save, file, noise(), depth=16),
                problem(images.check_target, file, depth=16),
            ):
                assert f"{kind} holds 8 bits a channel; save it as .png or .tif" in message
            images.save(file, images.Picture(slope(), depth=16))  # as deep as it goes

    def test_alpha(self, tmp_path: Path) -> None:
        for alpha, text in (
            (np.ones((3, 4)), "(12, 17)"),
            (np.full((12, 17), np.nan), "alpha holds NaN"),
            (np.full((12, 17), 2.0), "alpha runs from 2 to 2"),
            (np.ones((12, 17), int), "alpha has dtype int64"),
        ):
            assert text in problem(images.save, tmp_path / "a.png", noise(), alpha=alpha)

    def test_rgb_is_validated(self, tmp_path: Path) -> None:
        assert "rgb has shape" in problem(images.save, tmp_path / "a.png", noise(channels=4))

    @pytest.mark.parametrize("victim", [(Path, "replace"), (os, "fsync")], ids=lambda v: v[1])
    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
    def test_failure_leaves_the_old_file(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        victim: tuple[object, str],
        error: BaseException,
    ) -> None:
        target = tmp_path / "a.png"
        target.write_bytes(b"old")
        seen = []

        def fail(*arguments: object) -> None:
            seen.extend(names(tmp_path))
            raise error

        monkeypatch.setattr(*victim, fail)
        expected = ValueError if isinstance(error, OSError) else KeyboardInterrupt
        with pytest.raises(expected, match="No space left" if expected is ValueError else None):
            images.save(target, noise())
        assert len(seen) == 2, "the picture was not written beside its target"
        assert names(tmp_path) == ["a.png"] and target.read_bytes() == b"old"

    def test_failure_to_encode_leaves_the_old_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "a.png"
        target.write_bytes(b"old")

        def fail(
            image: Image.Image, file: io.BytesIO, *arguments: object, **options: object
        ) -> None:
            file.write(b"half")
            raise KeyboardInterrupt

        monkeypatch.setattr(Image.Image, "save", fail)
        with pytest.raises(KeyboardInterrupt):
            images.save(target, noise())
        assert names(tmp_path) == ["a.png"] and target.read_bytes() == b"old"

    def test_success_replaces_the_old_file(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise(seed=1))
        images.save(tmp_path / "a.png", noise(seed=2))
        assert names(tmp_path) == ["a.png"]
        rgb = images.load(tmp_path / "a.png").rgb
        np.testing.assert_array_equal(images.as_uint8(rgb), noise(seed=2))

    @pytest.mark.skipif(os.name != "posix", reason="permission bits are a POSIX matter")
    def test_permissions_follow_the_umask(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise())
        (tmp_path / "plain").touch()
        assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode
