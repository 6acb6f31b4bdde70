"""The bytes of a picture file to upright sRGB arrays, with every way they can be bad told apart."""

from __future__ import annotations

import contextlib
import importlib
import io
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps, features

from tfnst.files import File, FileError
from tfnst.images import deep, gamut, jpeg, metadata, png, profiles
from tfnst.images.arrays import Array, checked_unit, unit
from tfnst.images.metadata import Metadata
from tfnst.images.sizes import LARGE, MAX_PIXELS, MIN_SIDE

_PHOTOMETRIC, _BITS, _SAMPLE_FORMAT = 262, 258, 339
_READ = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "HEIF")
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")  # brands
_AVIF = (b"avif", b"avis")


class _Quiet:
    """Pillow's warnings off while any thread decodes.

    Python's warning filters belong to the whole process. Were each thread to save and restore them,
    one could restore what another had silenced: the first in and the last out do it for all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decoding = 0
        self._filters = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._decoding:
                self._filters.enter_context(warnings.catch_warnings())
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._decoding += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._decoding -= 1
            if not self._decoding:
                self._filters.close()


_QUIET = _Quiet()


@contextlib.contextmanager
def _decoding(path: File) -> Iterator[None]:
    """Whatever Pillow makes of a file's data is a picture or a FileError."""
    try:
        with _QUIET:
            yield
    except FileError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise FileError(path, "too large to decode; shrink it with another program") from error
    # Pillow's decoders meet damage with nearly any exception there is.
    except Exception as error:
        text = "this picture is damaged, cut short or of an odd kind; export it again, as PNG"
        raise FileError(path, text) from error


@dataclass(frozen=True)
class Decoded:
    """What a file holds: colour (H, W, 1 or 3), alpha (H, W), each uint8 or float32 in [0, 1]."""

    colour: Array
    alpha: Array | None
    depth: int
    recipe: str | None
    metadata: Metadata


def decoded(
    path: File, file: IO[bytes], enough: int | None = None, draft: int | None = None
) -> Decoded:
    """What a file holds, upright.

    Above `LARGE` pixels, it may be reduced by a whole factor, the long side to no less than
    `enough`; a JPEG whose sides are several times `draft` to a half, a quarter or an eighth.
    """
    with _decoding(path):
        image = identified(path, file)
        is_large = image.width * image.height > LARGE
        if side := draft or (is_large and enough):
            image.draft(None, (side, side))
        kind = deep.kind(image)
        image.load()
        if image.format == "PNG" and _ends_black(image):
            png.require_pixels(file)
        said = metadata.metadata_of(image, file)
        recipe, said = _recipe_in(image), metadata.without_recipe(said)
        upright = _upright(image)
        values = _deep_values(path, file, kind, upright) if kind else None
        factor = max(upright.size) // enough if enough and is_large else 1
        rgb, alpha, depth = _colours(path, upright, values, factor)
    opaque = alpha is None or (unit(alpha) == 1).all()
    return Decoded(rgb, None if opaque else alpha, depth, recipe, said)


def _colours(
    path: File, image: Image.Image, values: Array | None, factor: int
) -> tuple[Array, Array | None, int]:
    """Colour, alpha and depth."""
    if image.mode[0] in "IF":
        return *_wide_grey(path, image), 16
    if values is not None and (deep_colour := _deep_colour(image, values, factor)):
        return *deep_colour, 16
    return *_colour(_reduced(image, factor)), 8


def _upright(image: Image.Image) -> Image.Image:
    # A broken EXIF block costs the rotation, not the picture.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)
    return image


def identified(path: File, file: IO[bytes], smallest: int = MIN_SIDE) -> ImageFile.ImageFile:
    """The picture, header read. Image.open would apply Pillow's own process-wide size limit."""
    Image.init()
    if not (prefix := file.read(16)):
        raise FileError(path, "the file is empty, 0 bytes; copy or download it again")
    if prefix[4:8] == b"ftyp" and prefix[8:12] in _HEIC and "HEIF" not in Image.OPEN:
        _register_heif(path)
    if prefix[4:8] == b"ftyp" and prefix[8:12] in _AVIF and not features.check("avif"):
        text = "AVIF takes a Pillow built with it: pip install -U pillow, or convert it to PNG"
        raise FileError(path, text)
    kinds = (Image.OPEN[kind] for kind in _READ if kind in Image.OPEN)
    makers = [make for make, accept in kinds if accept and accept(prefix) is True]
    if not makers:
        raise FileError(path, f"not a picture that tfnst reads; convert it to {_READ[1]}")
    file.seek(0)
    with _decoding(path):
        info: dict[Any, Any] = {}
        if prefix.startswith(png.SIGNATURE):
            file, info = png.mended(file)
        elif prefix.startswith(jpeg.SIGNATURE):
            file = jpeg.mended(file)
        image = makers[0](file, "")
        image.info |= info
    size = f"the picture is {image.width} x {image.height} pixels"
    if image.width * image.height > MAX_PIXELS:
        raise FileError(path, f"{size}; shrink it to {MAX_PIXELS / 1e6:g} million at most")
    if min(image.size) < smallest:
        raise FileError(path, f"{size}; the smallest side is {smallest}")
    if image.format == "JPEG":
        with _decoding(path):
            jpeg.require_plausible(*image.size, file.seek(0, io.SEEK_END))
            file.seek(0)
    return image


def _ends_black(image: Image.Image) -> bool:
    last = image.crop((0, image.height - 2, image.width, image.height))
    return bool((np.asarray(last).reshape(2, -1) == 0).all(axis=1).any())


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """The means of squares of so many pixels a side, of a picture of eight bits."""
    if factor < 2 or image.mode[0] in "IF":
        return image
    if image.mode in ("1", "P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.reduce(factor)


def _register_heif(path: File) -> None:
    try:
        heif = importlib.import_module("pillow_heif")
    except ImportError:
        text = "HEIC takes the extra heif: pip install pillow-heif, or convert it to PNG"
        raise FileError(path, text) from None
    heif.register_heif_opener()


def _deep_values(path: File, file: IO[bytes], kind: deep.Kind, upright: Image.Image) -> Array:
    """Colours of 16 bits with alpha where there is some, upright: (H, W, C) uint16."""

    def half(lower: bool) -> Array:
        file.seek(0)
        image = identified(path, file)
        deep.read_bytes(image, lower)
        image.load()
        return np.asarray(_upright(image))

    if kind == "grey":
        return deep.grey_with_alpha(half(False))
    upper = np.asarray(upright) if kind == "straight" else half(False)
    values = deep.combined(upper, half(True))
    return deep.straight(values) if kind == "multiplied" else values


def _deep_colour(
    image: Image.Image, values: Array, factor: int
) -> tuple[Array, Array | None] | None:
    """Colour and alpha of 16 bits in sRGB; None where only Pillow knows what its profile means."""
    profile, key = image.info.get("icc_profile"), image.info.get("transparency")
    bands = [band.astype(np.float32) / np.float32(65535) for band in np.moveaxis(values, 2, 0)]
    if isinstance(key, tuple) and len(bands) == 3:
        bands.append((values != np.array(key, np.uint16)).any(axis=2).astype(np.float32))
    if factor > 1:
        bands = [np.asarray(Image.fromarray(band).reduce(factor)) for band in bands]
    alpha = bands.pop() if len(bands) in (2, 4) else None
    rgb = np.stack(bands, axis=2)
    gamma, is_adobe = gamut.gamma(image), gamut.is_adobe(image)
    if profile and len(bands) == 1:
        return _grey_in_srgb(rgb, profile), alpha
    if profile and profiles.is_rgb(profile):
        converted = profiles.in_srgb(rgb, profile)
        return None if converted is None else (converted, alpha)
    if is_adobe or gamma != gamut.SRGB:
        rgb = gamut.in_srgb(rgb, gamma, is_adobe and len(bands) == 3)
    return rgb, alpha


def _wide_grey(path: File, image: Image.Image) -> tuple[Array, Array | None]:
    """Grey of more than 8 bits; transparent where it equals the one value that a PNG may name."""
    values, key = np.asarray(image), image.info.get("transparency")
    alpha = (values != key).astype(np.float32) if isinstance(key, int) else None
    full = np.float32(1 if image.mode == "F" else 65535)
    tags = dict(getattr(image, "tag_v2", {}))
    try:
        grey = checked_unit(values.astype(np.float32) / full, "the picture")
    except ValueError as error:
        raise FileError(path, f"{error}, or export it as 8 or 16 bit") from error
    kind = [tags.get(tag, (usual,)) for tag, usual in ((_BITS, 16), (_SAMPLE_FORMAT, 1))]
    if image.mode != "F" and kind != [(16,), (1,)]:  # signed, or of 12 bits: not as bright as read
        raise FileError(path, "this depth of grey is not read; export it as 8 or 16 bit")
    if tags.get(_PHOTOMETRIC) == 0:
        grey = 1 - grey
    if (gamma := gamut.gamma(image)) != gamut.SRGB:
        grey = gamut.in_srgb(grey, gamma)
    if profile := image.info.get("icc_profile"):
        grey = _grey_in_srgb(grey, profile)
    return grey[..., None], alpha


def _grey_in_srgb(grey: Array, profile: bytes) -> Array:
    """Wide values bent along what becomes of the 256 greys: Pillow transforms 8 bits only."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    curve = np.asarray(_in_srgb(ramp, profile))[0, :, 1] / 255
    return np.interp(grey, np.linspace(0, 1, 256), curve).astype(np.float32)


def _colour(image: Image.Image) -> tuple[Array, Array | None]:
    profile, alpha = image.info.get("icc_profile"), None
    gamma, is_adobe = gamut.gamma(image), gamut.is_adobe(image)
    if image.has_transparency_data:
        is_grey = image.mode in ("1", "L", "LA")
        kind, image = image.format, image.convert("RGBA")
        alpha = np.asarray(image.getchannel("A"))
        # Many a program leaves a bitmap's fourth bytes at 0 and means nothing by them.
        if kind == "BMP" and not alpha.any():
            alpha = None
        image = image.convert("L" if is_grey else "RGB")
    rgb = np.asarray(_in_srgb(image, profile) if profile else image.convert("RGB"))
    if is_adobe or gamma != gamut.SRGB:
        rgb = gamut.in_srgb(unit(rgb), gamma, is_adobe)
    return rgb, alpha


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture as sRGB; a profile that is broken, or of another kind of colour, is ignored."""
    if profile == profiles.srgb() and image.mode == "RGB":
        return image
    with contextlib.suppress(Exception):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}[source.profile.xcolor_space]
        if image.mode == mode or (mode == "RGB" and image.mode != "CMYK"):
            srgb, how = ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
            black = ImageCms.Flags.BLACKPOINTCOMPENSATION
            transform = ImageCms.buildTransform(source, srgb, mode, "RGB", how, black)
            return transform.apply(image.convert(mode))
    return image.convert("RGB")


def _recipe_in(image: Image.Image) -> str | None:
    texts = [image.info.get("tfnst")]
    with contextlib.suppress(Exception):
        texts.append(image.getexif().get(metadata.DESCRIPTION))
    return next(
        (text for text in texts if isinstance(text, str) and metadata.is_recipe(text)), None
    )
