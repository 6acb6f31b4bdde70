"""Tests of the sample artworks: of the programs that paint them, and of the files that ship."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tools.artworks import __main__ as artworks

NAMES = list(artworks.PAINTERS)
SIZE = 96


@cache
def painted(name: str) -> Image.Image:
    """A small version of one artwork, painted once for all tests."""
    return artworks.artwork(name, SIZE)


def colours(image: Image.Image) -> NDArray[np.float64]:
    """A coarse look at the picture, whatever its size."""
    return np.asarray(image.convert("RGB").resize((32, 32)), np.float64) / 255


def tones(image: Image.Image) -> float:
    """How far apart the darkest and the brightest hundredth of the pixels are."""
    low, high = np.percentile(np.asarray(image.convert("L")) / 255, [1, 99])
    return float(high - low)


@pytest.mark.parametrize("name", NAMES)
def test_a_painting_has_its_size_and_the_full_tonal_range(name: str) -> None:
    image = painted(name)
    assert image.mode == "RGB"
    assert max(image.size) == SIZE
    assert min(image.size) >= SIZE // 2
    assert tones(image) > 0.6


@pytest.mark.parametrize("name", NAMES)
def test_painting_again_gives_the_same_bytes(name: str) -> None:
    again = artworks.artwork(name, SIZE)
    assert again.tobytes() == painted(name).tobytes()
    assert artworks.jpeg(again) == artworks.jpeg(painted(name))


def test_a_jpeg_gives_up_quality_only_to_keep_its_limit() -> None:
    best = artworks.jpeg(painted("waves"))
    assert len(artworks.jpeg(painted("waves"), limit=len(best))) == len(best)
    assert len(artworks.jpeg(painted("waves"), limit=len(best) - 1)) < len(best)


def test_the_six_paintings_differ() -> None:
    for one, other in combinations(NAMES, 2):
        apart = np.abs(colours(painted(one)) - colours(painted(other))).mean()
        assert apart > 0.1, (one, other)


def test_the_assets_are_the_painters_pictures() -> None:
    assert sorted(p.name for p in artworks.ASSETS.iterdir()) == sorted(f"{n}.jpg" for n in NAMES)
    for name in NAMES:
        with Image.open(artworks.ASSETS / f"{name}.jpg") as image:
            assert max(image.size) == 640
            assert tones(image) > 0.6
            # Fine strokes fall elsewhere at another size, but the scene stays where it was.
            apart = {n: np.abs(colours(image) - colours(painted(n))).mean() for n in NAMES}
        assert min(apart, key=lambda n: apart[n]) == name
        assert apart[name] < 0.15


def test_the_command_paints_only_what_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    artworks.main(["-o", str(tmp_path / "new"), "--only", "waves", "--size", str(SIZE)])
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["waves.jpg"]
    assert (tmp_path / "new" / "waves.jpg").read_bytes() == artworks.jpeg(painted("waves"))
    assert capsys.readouterr().out.startswith("waves: ")
