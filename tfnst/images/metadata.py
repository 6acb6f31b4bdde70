"""What a photo's file says besides its pixels, in EXIF, XMP and IPTC, and what of it is kept."""

from __future__ import annotations

import contextlib
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Any, Literal

from PIL import ExifTags, Image

from tfnst.images import exif, xmp
from tfnst.images.exif import Directory, Exif

Keep = Literal["none", "public", "all"]

DESCRIPTION = int(ExifTags.Base.ImageDescription)
_COMMENT = int(ExifTags.Base.UserComment)
_IPTC = 33723  # of TIFF
_IPTC_RESOURCE = 0x0404  # of Photoshop's, in a JPEG
_PHOTOSHOP = b"Photoshop 3.0\0"
# How a file's pixels lie in it, what else lies there, and what is said of them: another's is false.
_LAYOUT = {*range(254, 267), 273, 274, *range(277, 282), 284, *range(288, 293), 297, 301}
_LAYOUT |= {*range(317, 326), *range(330, 348), *range(512, 533), 700, _IPTC, 34377, 34675, 37724}
_LAYOUT |= set(range(50706, 52000)) - {50735}  # of raw files, but for the camera's number
_PUBLIC = {269, DESCRIPTION, 271, 272, 282, 283, 296, 305, 306, 315, 18246, 18249, 33432}
_PUBLIC |= {40091, 40092, 40093, 40094, 40095}  # title, comment, author, keywords, subject
# Components, sides, colour space, interoperability, gamma; and where the subject is.
_OF_PIXELS = {37121, 37122, *range(40961, 40964), 40965, 42240, 37396, 41492}
_PRIVATE = {
    int(ExifTags.Base.MakerNote),
    int(ExifTags.Base.ImageUniqueID),
    int(ExifTags.Base.CameraOwnerName),
    int(ExifTags.Base.BodySerialNumber),
    int(ExifTags.Base.LensSerialNumber),
}
_SHOT = {int(tag) for tag in ExifTags.Base if 33434 <= tag <= 42239} - _OF_PIXELS - _PRIVATE
# Title, keywords, author, headline, credit, source, copyright, caption and its writer.
_PUBLIC_IPTC = {(1, 90), *((2, n) for n in (0, 5, 25, 80, 85, 105, 110, 115, 116, 120, 122))}


@dataclass(frozen=True)
class Metadata:
    """What a photo's file says of it; each block is empty where there is none.

    Attributes:
        exif: a block, without the letters "Exif" before it.
        xmp: a packet.
        iptc: records.
    """

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""

    def kept(self, keep: Keep) -> Metadata:
        """As much of it as goes along with a painting.

        Args:
            keep: "public": how and when the photo was taken, caption, author and rights, and not
                where, by which one camera, or what only its maker understands; "all" or "none".

        Returns:
            The same, without what is not kept. Nothing that holds for the photo's pixels alone is:
            rotation, sides, colour space, thumbnails.
        """
        if keep == "none":
            return Metadata()
        is_public = keep == "public"
        return Metadata(
            exif.written(_thinned(exif.read(self.exif), is_public)),
            xmp.thinned(self.xmp, is_public),
            _thinned_records(self.iptc) if is_public else self.iptc,
        )


def metadata_of(image: Image.Image, file: IO[bytes]) -> Metadata:
    """What an opened picture's file says; a damaged block is none, or what is left of it."""
    blocks: dict[str, bytes] = {}
    with contextlib.suppress(Exception):
        blocks["exif"] = _exif(image, file)
    with contextlib.suppress(Exception):
        packet = image.info.get("xmp", b"")
        blocks["xmp"] = packet.encode() if isinstance(packet, str) else bytes(packet)
    with contextlib.suppress(Exception):
        blocks["iptc"] = _iptc(image)
    return Metadata(**blocks)


def _exif(image: Image.Image, file: IO[bytes]) -> bytes:
    if image.format == "TIFF":
        block = exif.read(file)
        main = {tag: entry for tag, entry in block.main.items() if tag not in _LAYOUT}
        return exif.written(replace(block, main=main))
    if text := image.info.get("Raw profile type exif"):  # as ImageMagick has it in a PNG
        return bytes.fromhex("".join(text.split("\n")[3:])).removeprefix(exif.PREFIX)
    return re.sub(b"^(Exif\0\0)+", b"", image.info.get("exif", b""))


def _iptc(image: Image.Image) -> bytes:
    if image.format == "JPEG":
        return bytes(image.info.get("photoshop", {}).get(_IPTC_RESOURCE, b""))
    tags: Any = getattr(image, "tag_v2", {})
    records = tags.get(_IPTC, b"")
    if isinstance(records, bytes):
        return records
    # Many a program writes bytes as whole numbers of four.
    order = "<" if tags.prefix == b"II" else ">"
    numbers = records if isinstance(records, tuple) else (records,)
    return struct.pack(f"{order}{len(numbers)}I", *numbers)


def _thinned(block: Exif, is_public: bool) -> Exif:
    def kept(entries: Directory, public: set[int], never: set[int]) -> Directory:
        return {
            tag: entry
            for tag, entry in entries.items()
            if tag not in never and (tag in public or not is_public)
        }

    main = kept(block.main, _PUBLIC, _LAYOUT)
    parts = {exif.PHOTO: kept(block.parts.get(exif.PHOTO, {}), _SHOT, _OF_PIXELS)}
    if not is_public:
        parts[exif.GPS] = block.parts.get(exif.GPS, {})
    return Exif(block.order, main, parts)


def _thinned_records(data: bytes) -> bytes:
    return b"".join(record for key, record in _records(data) if key in _PUBLIC_IPTC)


def _records(data: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """The records of IPTC by number and number within; up to the first that is damaged."""
    start = 0
    while data[start : start + 1] == b"\x1c" and start + 5 <= len(data):
        outer, inner, length = struct.unpack_from(">BBH", data, start + 1)
        end = start + 5 + length
        if length & 0x8000 or end > len(data):  # of another form, above 32 KB: nothing to read
            return
        yield (outer, inner), data[start:end]
        start = end


def block_for(metadata: Metadata, width: int, height: int, description: str | None = None) -> Exif:
    """The EXIF block of a picture of that size, in sRGB and upright.

    A `description` takes the place of the photo's, which becomes its comment.
    """
    block = exif.read(metadata.exif)
    main, order = dict(block.main), block.order
    photo = dict(block.parts.get(exif.PHOTO, {}))
    if block:
        main[int(ExifTags.Base.Orientation)] = exif.short(order, 1)
        photo[int(ExifTags.Base.ColorSpace)] = exif.short(order, 1)
        photo[int(ExifTags.Base.ExifImageWidth)] = exif.long(order, width)
        photo[int(ExifTags.Base.ExifImageHeight)] = exif.long(order, height)
    if description is not None:
        _, caption = main.pop(DESCRIPTION, (0, b""))
        if (words := caption.strip(b"\0 ")) and not any(photo.get(_COMMENT, (0, b""))[1][8:]):
            photo[_COMMENT] = exif.UNDEFINED, _comment(words, order)
        main[DESCRIPTION] = exif.text(description.encode("ascii"))
    return Exif(order, main, {**block.parts, exif.PHOTO: photo})


def _comment(words: bytes, order: str) -> bytes:
    """A user's comment, which names its encoding."""
    if words.isascii():
        return b"ASCII\0\0\0" + words
    try:
        letters = words.decode("utf-8")
    except UnicodeDecodeError:
        letters = words.decode("latin-1")
    return b"UNICODE\0" + letters.encode("utf-16-le" if order == "<" else "utf-16-be")


def without_recipe(metadata: Metadata) -> Metadata:
    """The same without its description, where that is the recipe of a painting."""
    block = exif.read(metadata.exif)
    _, text = block.main.get(DESCRIPTION, (0, b""))
    if not is_recipe(text.strip(b"\0 ").decode("latin-1")):
        return metadata
    main = {tag: entry for tag, entry in block.main.items() if tag != DESCRIPTION}
    return replace(metadata, exif=exif.written(replace(block, main=main)))


def is_recipe(text: str) -> bool:
    """Whether it is a JSON object that mentions tfnst."""
    with contextlib.suppress(ValueError, RecursionError):
        return "tfnst" in text and isinstance(json.loads(text), dict)
    return False


def fitted(block: Exif, limit: int) -> bytes:
    """The block in so many bytes at most: its largest values are left out, but no description."""
    while len(data := exif.written(block)) > limit:
        parts = {0: block.main, **block.parts}
        sizes = {
            (len(entry[1]), part, tag)
            for part, entries in parts.items()
            for tag, entry in entries.items()
            if (part, tag) != (0, DESCRIPTION)
        }
        if not sizes:
            break
        _, part, tag = max(sizes)
        parts[part] = {k: v for k, v in parts[part].items() if k != tag}
        block = Exif(block.order, parts.pop(0), parts)
    return data


def segment(records: bytes) -> bytes:
    """IPTC as a JPEG has it, in Photoshop's segment; b"" for none, and for more than fits."""
    resource = b"8BIM" + struct.pack(">HHI", _IPTC_RESOURCE, 0, len(records)) + records
    body = _PHOTOSHOP + resource + b"\0" * (len(records) % 2)
    if not records or len(body) > 65_533:
        return b""
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body
