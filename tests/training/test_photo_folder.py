"""Tests of tfnst.training.photo_folder on pictures that are made here."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tfnst import images
from tfnst.training import photo_folder
from tfnst.training.photo_folder import PhotoFolder

quick = settings(max_examples=20, deadline=None, database=None)
seeds = st.integers(0, 2**32 - 1)


def draw(file: Path, height: int = 40, width: int = 50, seed: int = 0) -> Path:
    """A picture of noise, which no compression makes short."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(file)
    return file


def flat(file: Path, colour: tuple[int, int, int], height: int = 40, width: int = 50) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), colour).save(file)
    return file


def cut(file: Path) -> Path:
    """A whole header before half a body, as a download that broke off leaves it."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return file


@pytest.fixture
def photos(tmp_path: Path) -> PhotoFolder:
    for number, suffix in enumerate(["png", "jpg", "webp"]):
        draw(tmp_path / f"{number}.{suffix}", seed=number)
    return PhotoFolder([tmp_path], smallest=32)


# Folders.


def test_pictures_are_found_in_all_folders_at_any_depth(tmp_path: Path) -> None:
    files = [
        draw(tmp_path / "b" / "1.png"),
        draw(tmp_path / "b" / "deep" / "er" / "2.JPG"),
        draw(tmp_path / "a" / "3.webp"),
        draw(tmp_path / "a" / "z.tiff"),
    ]
    photos = PhotoFolder([tmp_path / "b", str(tmp_path / "a")], smallest=32)
    assert photos.files == tuple(files)
    assert photos.skipped == 0


def test_a_hash_tells_sets_of_pictures_apart(photos: PhotoFolder, tmp_path: Path) -> None:
    before = photos.sha256
    assert PhotoFolder([tmp_path], smallest=32).sha256 == before
    draw(tmp_path / "more.png")
    assert PhotoFolder([tmp_path], smallest=32).sha256 != before


def test_what_is_no_usable_picture_is_skipped_and_counted(tmp_path: Path) -> None:
    good = [draw(tmp_path / "good.png"), draw(tmp_path / "large enough.png", 32, 32)]
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "no suffix").write_bytes(good[0].read_bytes())
    (tmp_path / "words.jpg").write_text("no picture either")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "a folder.png").mkdir()
    draw(tmp_path / "low.png", 31, 100)
    draw(tmp_path / "narrow.png", 100, 31)
    draw(tmp_path / "tiny.png", 4, 4)
    photos = PhotoFolder([tmp_path], smallest=32)
    assert photos.files == tuple(good)
    assert photos.skipped == 7


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_a_good_header_before_a_damaged_body_is_skipped(tmp_path: Path, suffix: str) -> None:
    """It would end a training, hours after its start."""
    cut(draw(tmp_path / f"cut.{suffix}"))
    good = draw(tmp_path / "good.png")
    photos = PhotoFolder([tmp_path], smallest=32)
    assert photos.files == (good,)
    assert photos.skipped == 1
    for batch in itertools.islice(photo_folder.crops(photos, 16, 4, seed=0), 4):
        assert np.isfinite(batch).all()


def test_damaged_headers_are_skipped_and_counted(tmp_path: Path) -> None:
    good = draw(tmp_path / "good.png")
    heads = [b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08\0\xff"]
    heads += [good.read_bytes()[:length] for length in (9, 20, 30)]
    heads += [draw(tmp_path / f"whole.{kind}").read_bytes()[:12] for kind in ("gif", "webp", "bmp")]
    heads += [b"RIFF\x04\0\0\0WEBP", b"\xff\xd8\xff\xe1\xff\xffExif"]
    for number, head in enumerate(heads):
        (tmp_path / f"head {number}.jpg").write_bytes(head)
    photos = PhotoFolder([tmp_path], smallest=32)
    assert len(photos.files) == 4
    assert photos.skipped == len(heads)


def test_attributes_that_macos_lays_beside_photos_are_passed_over(tmp_path: Path) -> None:
    good = draw(tmp_path / "IMG.png")
    (tmp_path / "._IMG.png").write_bytes(b"\0\x05\x16\x07")
    photos = PhotoFolder([tmp_path], smallest=32)
    assert photos.files == (good,)
    assert photos.skipped == 0


@pytest.mark.skipif(os.name != "posix", reason="needs named pipes and links")
def test_what_is_no_file_at_all_is_counted_and_named(tmp_path: Path) -> None:
    good = draw(tmp_path / "good.png")
    os.mkfifo(pipe := tmp_path / "pipe.png")
    (link := tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    photos = PhotoFolder([tmp_path], smallest=32)
    assert photos.files == (good,)
    assert photos.skipped == 2 and photos.irregular == [link, pipe]


def test_photos_are_at_least_64_pixels_unless_told_otherwise(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", 63, 80)
    good = draw(tmp_path / "b.png", 64, 80)
    assert PhotoFolder([tmp_path]).files == (good,)


def test_a_folder_without_pictures_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    draw(tmp_path / "small.png", 20, 20)
    with pytest.raises(
        ValueError, match=f"no picture of at least 32 px in {tmp_path}; name a folder"
    ):
        PhotoFolder([tmp_path], smallest=32)


def test_one_folder_needs_no_list(tmp_path: Path) -> None:
    file = draw(tmp_path / "a.png")
    for folder in (str(tmp_path), tmp_path):
        photos = PhotoFolder(folder, smallest=32)
        assert (photos.files, photos.unread) == ((file,), {})


@pytest.mark.parametrize(
    ("folders", "says"),
    [([], " is empty"), (None, " is None"), (3, " is 3"), ([3], r"\[0\] is 3")],
)
def test_folders_are_some(folders: Any, says: str) -> None:
    with pytest.raises(ValueError, match=rf"^folders{says}; give a folder of photos[^\n]*\Z"):
        PhotoFolder(folders)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = draw(tmp_path / "there" / "a.png")
    for wrong in (tmp_path / "none", file):
        with pytest.raises(ValueError, match=f"photos: '{wrong}' is not a folder"):
            PhotoFolder([tmp_path / "there", wrong], smallest=32)


# Crops.


def take(photos: PhotoFolder, count: int, seed: int = 0, first_step: int = 0) -> np.ndarray:
    return np.stack(
        list(itertools.islice(photo_folder.crops(photos, 16, 3, seed, first_step), count))
    )


def test_crops_are_float32_pictures_of_the_size_asked_for(photos: PhotoFolder) -> None:
    batches = take(photos, 5)
    assert batches.shape == (5, 3, 16, 16, 3)
    assert batches.dtype == np.float32
    assert batches.min() >= 0
    assert batches.max() <= 1
    assert batches.std() > 0.1


def test_crops_are_the_same_for_the_same_seed_and_step(photos: PhotoFolder) -> None:
    batches = take(photos, 5)
    np.testing.assert_array_equal(take(photos, 5), batches)
    np.testing.assert_array_equal(take(photos, 2, first_step=3), batches[3:])
    assert not np.array_equal(take(photos, 5, seed=1), batches)
    for one, other in itertools.combinations(batches, 2):
        assert not np.array_equal(one, other)


def test_crops_come_from_all_pictures(tmp_path: Path) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    for number, colour in enumerate(colours):
        flat(tmp_path / f"{number}.png", colour)
    crops = take(PhotoFolder([tmp_path], smallest=32), 8).reshape(-1, 16 * 16, 3)
    np.testing.assert_allclose(crops.std(1), 0, atol=1e-6)
    drawn = {tuple(int(v) for v in 255 * crop[0]) for crop in crops}
    assert drawn == set(colours)


def test_files_that_vanish_or_break_later_end_no_training(tmp_path: Path) -> None:
    files = [flat(tmp_path / f"{name}.png", (250, 0, 0)) for name in "abc"]
    photos = PhotoFolder([tmp_path], smallest=32)
    files[0].unlink()
    cut(files[2])
    for batch in itertools.islice(photo_folder.crops(photos, 16, 4, seed=0), 4):
        np.testing.assert_allclose(
            batch, np.broadcast_to([250 / 255, 0, 0], batch.shape), atol=0.01
        )
    photo_folder._pixels.cache_clear()
    files[1].unlink()
    with pytest.raises(ValueError, match="png"):
        next(photo_folder.crops(photos, 16, 4, seed=0))


def test_crops_are_random_squares_of_random_sizes_half_of_them_mirrored(tmp_path: Path) -> None:
    """In a slope from black on the left to white on the right, and downwards in green."""
    y, x = np.mgrid[:48, :64] * 255 / 63
    slope = np.stack([x, y, 0 * x], 2).astype(np.uint8)
    Image.fromarray(slope).save(tmp_path / "slope.png")
    random = np.random.default_rng(0)
    crops = [photo_folder.random_crop(tmp_path / "slope.png", 16, random) for _ in range(200)]
    rises = np.array([crop[8, 12, 0] - crop[8, 3, 0] for crop in crops])
    assert 0.35 < np.mean(rises > 0) < 0.65
    falls = np.array([crop[12, 8, 1] - crop[3, 8, 1] for crop in crops])
    assert (falls > 0).all()
    np.testing.assert_allclose(np.abs(rises), falls, atol=0.03)
    sides = falls / 9 * 16 * 63
    assert 14 < sides.min() < 20
    assert 42 < sides.max() < 50
    assert 25 < np.median(sides) < 31, "sizes are uniform in their logarithm: √(16·48) = 28"
    middles = np.array([crop[:, :, 0].mean() for crop in crops])
    assert middles.min() < 0.2
    assert middles.max() > 0.8


def test_a_picture_smaller_than_the_crop_is_enlarged(tmp_path: Path) -> None:
    file = draw(tmp_path / "small.png", 12, 9)
    crop = photo_folder.random_crop(file, 32, np.random.default_rng(0))
    assert crop.shape == (32, 32, 3)
    assert crop.dtype == np.float32
    assert crop.std() > 0.1


# Disturbances.


@quick
@given(seeds, st.integers(1, 5), st.integers(1, 9), st.integers(1, 9))
def test_what_is_disturbed_keeps_its_shape_type_and_range(
    seed: int, count: int, height: int, width: int
) -> None:
    batch = np.random.default_rng(seed).random((count, height, width, 3), np.float32)
    before = batch.copy()
    disturbed = photo_folder.disturb(batch, np.random.default_rng(seed))
    assert disturbed.shape == batch.shape
    assert disturbed.dtype == np.float32
    assert 0 <= disturbed.min() <= disturbed.max() <= 1
    np.testing.assert_array_equal(batch, before)
    again = photo_folder.disturb(batch, np.random.default_rng(seed))
    np.testing.assert_array_equal(disturbed, again)


def test_disturbances_are_of_all_kinds_and_leave_some_alone() -> None:
    """A share 0.7·0.6·0.6·0.5 = 0.126 of the samples goes through untouched."""
    grey = np.linspace(0.3, 0.7, 2000, dtype="f")[:, None, None, None]
    batch = np.tile(grey, (1, 8, 8, 3))
    batch[:, :4] += 0.1
    change = photo_folder.disturb(batch, np.random.default_rng(0)) - batch
    untouched = (np.abs(change) < 1e-6).all((1, 2, 3))
    assert 0.09 < untouched.mean() < 0.16
    noisy = change[:, :4].std((1, 2)).max(1) > 1e-4
    assert 0.42 < noisy.mean() < 0.55
    tinted = ~noisy & (change.mean((1, 2)).std(1) > 1e-4)
    assert 0.33 < tinted.sum() / (~noisy).sum() < 0.47
    contrast = change[:, :4].mean((1, 2, 3)) - change[:, 4:].mean((1, 2, 3))
    assert 0.3 < (np.abs(contrast[~noisy]) > 1e-4).mean() < 0.5


def test_zoom_enlarges_small_parts(tmp_path: Path) -> None:
    """With zoom 2 crops come from squares down to half their side, and so are smoother."""
    noise = np.random.default_rng(0).random((64, 64, 3), np.float32)
    images.save(tmp_path / "noise.png", noise)
    random = np.random.default_rng(1)

    def roughness(zoom: float) -> float:
        drawn = [
            photo_folder.random_crop(tmp_path / "noise.png", 64, random, zoom) for _ in range(40)
        ]
        return float(np.mean([np.abs(np.diff(crop, axis=1)).mean() for crop in drawn]))

    assert roughness(2.0) < 0.8 * roughness(1.0)
