"""Pictures, files and profiles that the tests of this room share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import ExifTags, Image, TiffImagePlugin

quick = settings(max_examples=30, deadline=None, database=None)

RECIPE = '{"tfnst": "1.0", "style": "night.jpg", "steps": 3}'
LOSSLESS = [".png", ".tif", ".tiff"]
WRITTEN = [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"]


def noise(height: int = 12, width: int = 17, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels) if channels else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def slope(height: int = 48, width: int = 64) -> np.ndarray:
    """A smooth picture without any symmetry, which JPEG and WebP keep well."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    return np.stack([0.1 + 0.8 * x, 0.2 + 0.6 * y, 0.3 + 0.5 * x * y], axis=2).astype(np.float32)


def stored(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def problem(call: object, *arguments: object, **keywords: object) -> str:
    """The message of the ValueError that a call must raise, which must be one line."""
    with pytest.raises(ValueError) as caught:
        call(*arguments, **keywords)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def deep_noise(height: int = 12, width: int = 17, channels: int = 3, seed: int = 0) -> np.ndarray:
    shape = (height, width, channels)
    return np.random.default_rng(seed).integers(0, 65536, shape, np.uint16)


XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:RDF><rdf:Description rdf:about="uuid:17" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 tiff:Orientation="6" aux:SerialNumber="0815" exif:GPSLatitude="48,8N" xmp:Rating="4">
<dc:creator><rdf:Seq><rdf:li>Mia Müller</rdf:li></rdf:Seq></dc:creator>
<exif:GPSLongitude>11,34E</exif:GPSLongitude>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""

IPTC = b"\x1c\x01\x5a\x00\x03\x1b%G\x1c\x02\x50\x00\x03Mia\x1c\x02\x5a\x00\x06Munich"


def camera_exif() -> Image.Exif:
    """As of a camera that was turned, with what tells whose it is and where it was."""
    block = Image.Exif()
    base, ifd = ExifTags.Base, ExifTags.IFD
    block[base.Make], block[base.Orientation], block[base.Artist] = "Acme", 6, b"Mia"
    block[base.ImageDescription] = "Harbour"
    block[base.Copyright] = "© Mia Müller".encode()
    shot = block.get_ifd(ifd.Exif)
    shot[base.DateTimeOriginal] = "2024:05:06 07:08:09"
    shot[base.ExposureTime] = TiffImagePlugin.IFDRational(1, 250)
    shot[base.BodySerialNumber], shot[base.MakerNote] = "SN4711", b"Acme secret" * 9
    shot[base.ExifImageWidth] = 4000
    gps = block.get_ifd(ifd.GPSInfo)
    gps[ExifTags.GPS.GPSLatitudeRef] = "N"
    gps[ExifTags.GPS.GPSLatitude] = (48.0, 8.0, 30.0)
    return block
