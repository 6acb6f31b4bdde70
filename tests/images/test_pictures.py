"""Tests of tfnst.images.pictures, on files that are made here."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.images.samples import RECIPE, noise, problem, slope, stored
from tfnst import files, images
from tfnst.images import decoding


def test_does_not_import_tensorflow() -> None:
    code = "import sys, tfnst.images; sys.exit('tensorflow' in sys.modules)"
    root = Path(images.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


def test_a_header_that_load_refuses_is_refused_early(tmp_path: Path) -> None:
    images.save(tmp_path / "a.png", slope(60, 30))
    images.require_picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    images.require_picture(tmp_path / "b.png")  # what follows the header is not read
    (tmp_path / "c.png").write_text("no picture")
    images.save(tmp_path / "d.png", slope(60, 7))
    for name, text in (("c", "not a picture"), ("d", "7 x 60"), ("e", "no such file")):
        with pytest.raises(ValueError, match=text):
            images.require_picture(tmp_path / f"{name}.png")
    with pytest.raises(ValueError, match="30 x 60 pixels; the smallest side is 32"):
        images.require_picture(tmp_path / "a.png", 32)


class TestSize:
    def test_shrinks_the_long_side(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", slope(60, 30), alpha=slope(60, 30)[..., 0])
        picture = images.load(tmp_path / "a.png", 20)
        assert picture.rgb.shape == (20, 10, 3) and picture.alpha.shape == (20, 10)

    def test_enlarges_only_when_asked(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", slope(10, 20))
        assert images.load(tmp_path / "a.png", 40).rgb.shape == (10, 20, 3)
        assert images.load(tmp_path / "a.png", 40, upscale=True).rgb.shape == (20, 40, 3)
        assert images.load(tmp_path / "a.png", 10, upscale=True).rgb.shape == (5, 10, 3)

    def test_grey_of_16_bits_is_resized_too(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "a.png", Image.fromarray(np.full((20, 30), 30000, np.uint16)))
        rgb = images.load(path, 15).rgb
        assert rgb.shape == (10, 15, 3)
        np.testing.assert_allclose(rgb * 65535, 30000, atol=0.1)

    def test_transparent_colour_leaves_no_fringe(self, tmp_path: Path) -> None:
        rgb, alpha = np.ones((16, 16, 3), np.float32), np.ones((16, 16), np.float32)
        rgb[:, 7:], alpha[:, 7:] = 0, 0
        images.save(tmp_path / "a.png", rgb, alpha=alpha)
        picture = images.load(tmp_path / "a.png", 8)
        assert picture.rgb[picture.alpha > 0.05].min() > 0.98
        assert 0.05 < picture.alpha[0, 3] < 0.95

    @pytest.mark.parametrize("size", [0, -3, 2.5, True, "64"])
    def test_refuses_other_sizes(self, tmp_path: Path, size: object) -> None:
        images.save(tmp_path / "a.png", noise())
        assert "size is" in problem(images.load, tmp_path / "a.png", size)


class TestOpenFiles:
    def test_they_go_like_paths(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise(), recipe=RECIPE)
        written = (tmp_path / "a.png").read_bytes()
        images.save(memory := io.BytesIO(), noise(), recipe=RECIPE, format="png")
        assert memory.getvalue() == written
        with (tmp_path / "b.png").open("wb") as file:  # its name has an extension
            images.save(file, noise(), recipe=RECIPE)
        assert (tmp_path / "b.png").read_bytes() == written
        images.save(tmp_path / "c.part", noise(), recipe=RECIPE, format="PNG")
        assert (tmp_path / "c.part").read_bytes() == written
        for _ in range(2):  # from the beginning, wherever it stood
            assert images.as_uint8(images.load(memory).rgb).tobytes() == noise().tobytes()
        with (tmp_path / "a.png").open("rb") as file:
            assert images.load(file, 10).recipe == RECIPE
        assert files.sha256(memory) == files.sha256(tmp_path / "a.png")

    def test_what_is_no_stream_of_bytes_is_told(self, tmp_path: Path) -> None:
        images.save(tmp_path / "a.png", noise())
        with (tmp_path / "a.png").open(encoding="latin-1") as text:
            assert "a.png: is open as text; open it with mode 'rb'" in problem(images.load, text)
        (closed := io.BytesIO()).close()
        assert "the open file: cannot be read" in problem(images.load, closed)
        message = problem(images.save, io.BytesIO(), noise())
        assert message == (
            "the open file: format is ''; give one of png, jpg, jpeg, webp, tif, tiff"
        )
        with (tmp_path / "b.png").open("w", encoding="utf-8") as text:
            assert "open it with mode 'wb'" in problem(images.save, text, noise())
        with (tmp_path / "a.png").open("rb") as file:
            assert "cannot be written" in problem(images.save, file, noise())

    def test_a_picture_is_saved_with_its_alpha(self, tmp_path: Path) -> None:
        alpha = np.linspace(0, 1, 12, dtype=np.float32)[:, None].repeat(17, 1)
        picture = images.Picture(noise().astype(np.float32) / 255, alpha)
        images.save(tmp_path / "a.png", picture)
        read = images.load(tmp_path / "a.png")
        assert read.alpha is not None
        np.testing.assert_allclose(read.alpha, alpha, atol=0.003)
        np.testing.assert_array_equal(images.validate(picture), picture.rgb)


class TestLargePictures:
    @pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif"])
    def test_are_reduced_while_they_are_decoded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
    ) -> None:
        Image.fromarray(images.as_uint8(slope(480, 640))).save(tmp_path / f"a.{suffix}")
        exact = images.load(tmp_path / f"a.{suffix}", 40).rgb
        monkeypatch.setattr(decoding, "LARGE", 100_000)
        assert images.load(tmp_path / f"a.{suffix}").rgb.shape == (480, 640, 3)
        assert images.load(tmp_path / f"a.{suffix}", enough=160).rgb.shape == (120, 160, 3)
        assert images.load(tmp_path / f"a.{suffix}", enough=321).rgb.shape == (480, 640, 3)
        np.testing.assert_allclose(images.load(tmp_path / f"a.{suffix}", 40).rgb, exact, atol=0.02)

    def test_others_are_exact(self, tmp_path: Path) -> None:
        Image.fromarray(noise(90, 80)).save(tmp_path / "a.png")
        np.testing.assert_array_equal(
            images.load(tmp_path / "a.png", enough=10).rgb, images.load(tmp_path / "a.png").rgb
        )

    def test_strips_are_no_other_picture(self) -> None:
        tall = noise(1300, 40)
        image = Image.fromarray(tall[..., 0].astype(np.float32) / 255)
        whole = image.resize((20, 1300), Image.Resampling.LANCZOS)
        whole = whole.resize((20, 700), Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(
            images.resize(tall, 700, 20)[..., 0], np.clip(np.asarray(whole), 0, 1)
        )
