"""Tests of tfnst.images.metadata: through files of every kind, and out of them by Pillow."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image, IptcImagePlugin, features

from tests.images.samples import IPTC, RECIPE, WRITTEN, XMP, camera_exif, noise, slope
from tfnst import images
from tfnst.images import metadata
from tfnst.images.metadata import Keep, Metadata

BASE, IFD = ExifTags.Base, ExifTags.IFD
ALL = Metadata(camera_exif().tobytes()[6:], XMP.encode(), IPTC)


def photo(tmp_path: Path, suffix: str) -> Path:
    """By Pillow, turned, and with all that a camera and an editor say."""
    turned = Image.fromarray(np.rot90(images.as_uint8(slope()), 1).copy())
    exif = camera_exif()
    if suffix == ".tif":
        turned.save(tmp_path / "a.tif", tiffinfo={700: XMP.encode(), 33723: IPTC}, exif=exif)
        tags = {700: XMP.encode(), 33723: IPTC, **dict(exif)}
        for part in (IFD.Exif, IFD.GPSInfo):
            tags[part] = exif.get_ifd(part)
        turned.save(tmp_path / "a.tif", tiffinfo=tags)
    else:
        options = {"extra": metadata.segment(IPTC)} if suffix == ".jpg" else {}
        turned.save(tmp_path / f"a{suffix}", exif=exif, xmp=XMP.encode(), quality=95, **options)
    return tmp_path / f"a{suffix}"


def carried(tmp_path: Path, source: str, target: str, keep: Keep, **options: object) -> Image.Image:
    picture = images.load(photo(tmp_path, source))
    file = tmp_path / f"b{target}"
    images.save(file, picture.rgb, metadata=picture.metadata.kept(keep), **options)
    image = Image.open(io.BytesIO(file.read_bytes()))
    image.load()
    return image


@pytest.mark.parametrize("source", [".jpg", ".png", ".webp", ".tif"])
def test_exif_is_read_from_every_kind(tmp_path: Path, source: str) -> None:
    assert_public(carried(tmp_path, source, ".jpg", "public"))


@pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")
def test_exif_is_read_from_avif(tmp_path: Path) -> None:
    image = carried(tmp_path, ".avif", ".jpg", "public")
    assert image.getexif()[BASE.Artist] == "Mia" and image.size == (64, 48)


def test_exif_is_read_from_heic() -> None:
    heif = pillow_heif.from_pillow(Image.fromarray(images.as_uint8(slope())))
    heif.save(file := io.BytesIO(), quality=95, exif=camera_exif().tobytes(), xmp=XMP.encode())
    kept = images.load(file).metadata.kept("public")
    image = Image.open(io.BytesIO(images.encode("a.jpg", slope(), metadata=kept)))
    assert_public(image)
    assert "Mia Müller".encode() in image.info["xmp"]


@pytest.mark.parametrize("target", WRITTEN)
def test_exif_is_written_to_every_kind(tmp_path: Path, target: str) -> None:
    image = carried(tmp_path, ".jpg", target, "public")
    assert_public(image)
    assert image.size == (64, 48)
    again = images.load(tmp_path / f"b{target}")
    assert np.abs(again.rgb - slope()).max() < 0.05  # upright, once and for all
    assert b"SN4711" not in (data := (tmp_path / f"b{target}").read_bytes())
    assert b"secret" not in data and b"0815" not in data


def assert_public(image: Image.Image) -> None:
    exif = image.getexif()
    assert exif[BASE.Make] == "Acme" and exif[BASE.Artist] == "Mia"
    assert exif[BASE.Copyright].encode("latin-1") == "© Mia Müller".encode()
    assert exif.get(BASE.Orientation, 1) == 1
    shot = exif.get_ifd(IFD.Exif)
    assert shot[BASE.DateTimeOriginal] == "2024:05:06 07:08:09"
    assert shot[BASE.ExposureTime] == 1 / 250
    assert (shot[BASE.ExifImageWidth], shot[BASE.ExifImageHeight]) == (64, 48)
    assert shot[BASE.ColorSpace] == 1
    assert BASE.BodySerialNumber not in shot and BASE.MakerNote not in shot
    assert not exif.get_ifd(IFD.GPSInfo)
    assert not exif.get_ifd(IFD.IFD1)


@pytest.mark.parametrize("target", [".jpg", ".png", ".tif", ".webp"])
def test_all_is_all(tmp_path: Path, target: str) -> None:
    image = carried(tmp_path, ".tif", target, "all")
    exif = image.getexif()
    assert exif.get_ifd(IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] == (48.0, 8.0, 30.0)
    shot = exif.get_ifd(IFD.Exif)
    assert shot[BASE.BodySerialNumber] == "SN4711" and shot[BASE.MakerNote][:4] == b"Acme"
    assert b"0815" in image.info["xmp"] and b"Orientation" not in image.info["xmp"]


@pytest.mark.parametrize("target", [".jpg", ".png", ".tif", ".webp"])
def test_none_is_none(tmp_path: Path, target: str) -> None:
    image = carried(tmp_path, ".jpg", target, "none")
    assert BASE.Make not in image.getexif() and "xmp" not in image.info
    assert images.load(tmp_path / f"b{target}").metadata.kept("all").xmp == b""


@pytest.mark.parametrize("source", [".jpg", ".tif"])
@pytest.mark.parametrize("target", [".jpg", ".tif"])
def test_iptc_keeps_the_author(tmp_path: Path, source: str, target: str) -> None:
    records = IptcImagePlugin.getiptcinfo(carried(tmp_path, source, target, "public"))
    assert records == {(1, 90): b"\x1b%G", (2, 80): b"Mia"}
    records = IptcImagePlugin.getiptcinfo(carried(tmp_path, source, target, "all"))
    assert records[2, 90] == b"Munich"


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_recipe_and_a_caption_go_together(tmp_path: Path, suffix: str) -> None:
    image = carried(tmp_path, ".jpg", suffix, "public", recipe=RECIPE)
    again = images.load(tmp_path / f"b{suffix}")
    assert again.recipe == RECIPE
    shot = image.getexif().get_ifd(IFD.Exif)
    if suffix == ".png":
        assert image.getexif()[BASE.ImageDescription] == "Harbour"
    else:
        assert bytes(shot[BASE.UserComment]) == b"ASCII\0\0\0Harbour"
    # Painted again, it does not take along what was the recipe of another picture.
    images.save(tmp_path / f"c{suffix}", noise(), metadata=again.metadata.kept("all"))
    assert RECIPE.encode() not in (tmp_path / f"c{suffix}").read_bytes()


def test_captions_of_other_scripts_become_comments() -> None:
    exif = Image.Exif()
    exif[BASE.ImageDescription] = "Hafen ü".encode()
    block = metadata.block_for(Metadata(exif.tobytes()[6:]), 9, 8, RECIPE)
    _, comment = block.parts[IFD.Exif][BASE.UserComment]
    assert comment == b"UNICODE\0" + "Hafen ü".encode("utf-16-be")  # as all of that block


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff" * 3,
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        camera_exif().tobytes()[:90],
    ],
)
def test_damage_costs_the_metadata_alone(tmp_path: Path, suffix: str, exif: bytes) -> None:
    image = Image.fromarray(noise())
    image.save(tmp_path / "a.jpg", exif=exif, xmp=b"<broken", quality=100, subsampling=0)
    picture = images.load(tmp_path / "a.jpg")
    for keep in ("public", "all"):
        kept = picture.metadata.kept(keep)
        images.save(tmp_path / f"b{suffix}", picture.rgb, metadata=kept, recipe=RECIPE)
        assert images.load(tmp_path / f"b{suffix}").recipe == RECIPE


def test_iptc_up_to_its_damage() -> None:
    cut = Metadata(iptc=IPTC[:8] + b"\x1c\x02\x50\xff")
    assert cut.kept("public").iptc == IPTC[:8] and cut.kept("all").iptc == cut.iptc


def test_jpeg_takes_what_fits() -> None:
    exif = camera_exif()
    exif.get_ifd(IFD.Exif)[BASE.MakerNote] = bytes(60_000)
    packet = XMP.replace("0815", "0" * 70_000).encode()
    large = Metadata(exif.tobytes()[6:], packet, bytes(70_000))
    recipe = json.dumps({"tfnst": "x" * 30_000})
    data = images.encode("a.jpg", noise(), metadata=large.kept("all"), recipe=recipe)
    picture = images.load(io.BytesIO(data))
    assert picture.recipe == recipe and picture.metadata.iptc == b""
    image = Image.open(io.BytesIO(data))
    shot = image.getexif().get_ifd(IFD.Exif)
    assert BASE.MakerNote not in shot and shot[BASE.ExposureTime] == 1 / 250
    assert "Mia Müller".encode() in image.info["xmp"] and b"00000" not in image.info["xmp"]
    data = images.encode("a.png", noise(), metadata=large.kept("all"))
    assert len(images.load(io.BytesIO(data)).metadata.exif) > 60_000


def test_the_same_metadata_gives_the_same_bytes() -> None:
    for suffix in WRITTEN:
        made = [images.encode(f"a{suffix}", noise(), metadata=ALL.kept("public")) for _ in "ab"]
        assert made[0] == made[1]


def test_thumbnails_stay_behind(tmp_path: Path) -> None:
    """A second directory, as cameras have it, with a JPEG's bytes that look like a photo's."""
    block = camera_exif()
    block.get_ifd(IFD.IFD1)[BASE.JpegIFByteCount] = 9
    Image.new("RGB", (9, 8)).save(file := io.BytesIO(), "JPEG", exif=block.tobytes() + b"thumbnail")
    kept = images.load(file).metadata.kept("all")
    assert kept.exif and b"thumbnail" not in kept.exif


def test_a_png_by_imagemagick(tmp_path: Path) -> None:
    from PIL import PngImagePlugin

    data = camera_exif().tobytes()
    chunks = PngImagePlugin.PngInfo()
    text = "\nexif\n" + f"{len(data):8}\n" + data.hex() + "\n"
    chunks.add_text("Raw profile type exif", text)
    Image.fromarray(noise()).save(tmp_path / "a.png", pnginfo=chunks)
    assert Metadata(images.load(tmp_path / "a.png").metadata.exif) == Metadata(data[6:])
