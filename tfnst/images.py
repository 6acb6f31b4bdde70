"""Picture files to and from float32 RGB arrays in [0, 1].

Reads JPEG, PNG, WebP, TIFF, GIF and BMP (the first frame or page), writes JPEG, PNG, WebP and TIFF.
Grey keeps its 16 bits and float TIFF its 32; of 16-bit colour, and of 16-bit grey with alpha,
Pillow decodes the upper 8 bits only. Files are written with 8 bits per channel.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import secrets
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, ImageCms, ImageFile, ImageOps, PngImagePlugin

Array = np.ndarray
Name = str | os.PathLike[str]

MAX_PIXELS = 200_000_000
MIN_SIDE = 8
_READ = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")
_WRITTEN = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
_WRITTEN |= {"tif": "TIFF", "tiff": "TIFF"}
_LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
_LONGEST_JPEG_RECIPE = 65_000
_PHOTOMETRIC, _IMAGE_DESCRIPTION = 262, 270
# Python's warning filters belong to the whole process: two threads that silence Pillow at once
# could leave it silenced for good, so decoding takes turns.
_DECODING = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """rgb: (H, W, 3) float32 in [0, 1], sRGB. alpha: (H, W) float32 in [0, 1], None when opaque.

    recipe: the JSON text that `save` put into the file, None when it holds none.
    """

    rgb: Array
    alpha: Array | None = None
    recipe: str | None = None


class _FileError(ValueError):
    def __init__(self, path: Name, text: str) -> None:
        name = os.fspath(path)
        super().__init__(f"{name if name.isprintable() else ascii(name)}: {text}")


def load(path: Name, size: int | None = None, *, upscale: bool = False) -> Picture:
    """The picture in a file: upright, in sRGB, its long side `size` pixels if that is given.

    A picture smaller than `size` keeps its own size unless `upscale` is true. Raises ValueError for
    a file that is missing, unreadable, damaged, no picture, below 8 pixels a side or too large.
    """
    _require_positive(size=1 if size is None else size)
    with _opened(path) as file:
        rgb, alpha, recipe = _decoded(path, file)
    height, width = rgb.shape[:2]
    if size is not None and (upscale or size < max(height, width)):
        height, width = fitted(height, width, size)
    if alpha is not None and (height, width) != rgb.shape[:2]:
        rgb, alpha = _resized_with_alpha(_unit(rgb), _unit(alpha), height, width)
    else:
        rgb, alpha = resize(rgb, height, width), None if alpha is None else _unit(alpha)
    return Picture(rgb if rgb.shape[2] == 3 else np.repeat(rgb, 3, axis=2), alpha, recipe)


def save(
    path: Name,
    rgb: Array,
    *,
    alpha: Array | None = None,
    recipe: str | None = None,
    quality: int = 95,
) -> None:
    """Write (H, W, 3) values in [0, 1] as the format that the extension names, or nothing at all.

    alpha: (H, W) in [0, 1]; JPEG has none, so there the picture is laid over white. recipe: text of
    a JSON object that mentions "tfnst"; `load` returns it with its non-ASCII characters escaped.
    quality: 1 to 100 for JPEG and WebP; 100 makes WebP lossless. The same input gives the same
    bytes. Raises ValueError, and keeps an old file, when an argument is wrong or the disk refuses.
    """
    kind = check_target(target := Path(path))
    rgb = validate(rgb, "rgb")
    if max(rgb.shape) > (limit := _LONGEST_SIDE.get(kind, max(rgb.shape))):
        raise _FileError(path, f"{kind} holds at most {limit} pixels a side; save it as .png")
    if alpha is not None:
        if np.shape(alpha) != rgb.shape[:2]:
            raise ValueError(f"alpha has shape {np.shape(alpha)}; give {rgb.shape[:2]} as of rgb")
        cover = _checked_unit(np.asarray(alpha), "alpha")[..., None]
        over_white = rgb * cover + (1 - cover)
        rgb = over_white if kind == "JPEG" else np.concatenate([rgb, cover], axis=2)
    if not isinstance(quality, int) or not 1 <= quality <= 100:
        raise ValueError(f"quality is {quality!r}; give a whole number from 1 to 100")
    if recipe is not None:
        # EXIF text is ASCII; in JSON only strings hold anything else, so escapes keep the meaning.
        recipe = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in recipe)
        if not _is_recipe(recipe):
            raise ValueError('this recipe is none; give a JSON object that mentions "tfnst"')
        if kind == "JPEG" and len(recipe) > _LONGEST_JPEG_RECIPE:
            raise _FileError(path, "this recipe is too long for a JPEG; save it as .png")
    write_bytes(target, _encoded(Image.fromarray(as_uint8(rgb)), kind, recipe, quality))


def resize(array: Array, height: int, width: int) -> Array:
    """An (H, W) or (H, W, C) array, in [0, 1] or uint8, as float32 in [0, 1] of the given size.

    An axis that shrinks is filtered with Lanczos and one that grows with bicubic, each on its own;
    what they overshoot is clipped. Raises ValueError for other ranks and for empty sizes.
    """
    _require_positive(height=height, width=width)
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise ValueError(f"the array to resize has shape {array.shape}; give (H, W) or (H, W, C)")
    if array.ndim == 3:
        planes = [resize(array[..., i], height, width) for i in range(array.shape[2])]
        return np.stack(planes, axis=2)
    image = Image.fromarray(_unit(array))
    lanczos, bicubic = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC
    image = image.resize((width, image.height), lanczos if width < image.width else bicubic)
    image = image.resize((width, height), lanczos if height < image.height else bicubic)
    pixels: Array = np.clip(np.asarray(image), 0, 1)
    return pixels


def fitted(height: int, width: int, size: int) -> tuple[int, int]:
    """The height and width, at least 1, of the same aspect whose long side is `size`."""
    _require_positive(height=height, width=width, size=size)
    longest = max(height, width)
    # Whole numbers throughout: a float product can miss `size` by one.
    rows, columns = ((2 * side * size + longest) // (2 * longest) for side in (height, width))
    return max(1, rows), max(1, columns)


def as_uint8(array: Array) -> Array:
    """Floats in [0, 1], of any shape, as uint8: rounded to the nearest, clipped outside."""
    rounded: Array = np.rint(np.clip(array, 0, 1) * 255)
    return rounded.astype(np.uint8)


def validate(array: Array, name: str = "image", minimum: int = 1) -> Array:
    """A caller's array as float32 (H, W, 3) in [0, 1]; uint8 is divided by 255.

    Raises ValueError, calling the array `name`, when it is not (H, W, 3), has a side below
    `minimum`, holds NaN or infinity, is of another integer type, or leaves [0, 1] by over 0.001.
    """
    array = np.asarray(array)
    if array.ndim != 3 or array.shape[2] != 3:
        hints = {2: "; np.stack([array] * 3, axis=2) does", 4: "; pass one picture, array[0]"}
        hint = "; array[..., :3] drops alpha" if array.shape[2:] == (4,) else hints.get(array.ndim)
        raise ValueError(f"{name} has shape {array.shape}; give (H, W, 3){hint or ''}")
    if min(array.shape[:2]) < (smallest := max(1, minimum)):
        size = f"{array.shape[1]} x {array.shape[0]} pixels"
        raise ValueError(f"{name} is {size}; the smallest side is {smallest}")
    return _checked_unit(array, name)


def sha256(path: Name) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits; ValueError when it cannot be read."""
    digest = hashlib.sha256()
    with _opened(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _require_positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"{name} is {number!r}; give a whole number of pixels, at least 1")


def _unit(array: Array) -> Array:
    values = np.asarray(array, np.float32)
    return values / np.float32(255) if array.dtype == np.uint8 else values


def _checked_unit(array: Array, name: str) -> Array:
    if array.dtype != np.uint8 and not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"{name} has dtype {array.dtype}; give uint8, or floats from 0 to 1")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity; numpy.nan_to_num replaces them")
    values = _unit(array)
    low, high = float(values.min()), float(values.max())
    if low < -1e-3 or high > 1 + 1e-3:
        remedy = "divide by 255" if low >= 0 and high <= 255 else "scale it"
        raise ValueError(f"{name} runs from {low:g} to {high:g}; {remedy} to get 0 to 1")
    return values.clip(0, 1)


@contextlib.contextmanager
def _opened(path: Name) -> Iterator[IO[bytes]]:
    try:
        with Path(path).open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise _FileError(path, "there is no such file; check its name and folder") from error
    except IsADirectoryError as error:
        raise _FileError(path, "this is a folder; name one file in it") from error
    except OSError as error:
        text = f"cannot be read ({error.strerror}); check its permissions or try a copy"
        raise _FileError(path, text) from error


def _decoded(path: Name, file: IO[bytes]) -> tuple[Array, Array | None, str | None]:
    """Colour (H, W, 1 or 3) and alpha (H, W), each uint8 or float32 in [0, 1], and the recipe."""
    try:
        with _DECODING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = _identified(path, file)
            image.load()
            recipe = _recipe_in(image)
            # A broken EXIF block costs the rotation, not the picture.
            with contextlib.suppress(Exception):
                ImageOps.exif_transpose(image, in_place=True)
            rgb, alpha = _wide_grey(path, image) if image.mode[0] in "IF" else _colour(image)
    except _FileError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise _FileError(path, "too large to decode; shrink it with another program") from error
    # Pillow's decoders meet damage with nearly any exception there is.
    except Exception as error:
        text = "this picture is damaged, cut short or of an odd kind; export it again, as PNG"
        raise _FileError(path, text) from error
    return rgb, None if alpha is None or (_unit(alpha) == 1).all() else alpha, recipe


def _identified(path: Name, file: IO[bytes]) -> ImageFile.ImageFile:
    """The picture, header read. Image.open would apply Pillow's own process-wide size limit."""
    Image.init()
    if not (prefix := file.read(16)):
        raise _FileError(path, "the file is empty, 0 bytes; copy or download it again")
    kinds = (Image.OPEN[kind] for kind in _READ)
    makers = [make for make, accept in kinds if accept and accept(prefix) is True]
    if not makers:
        raise _FileError(path, f"not a picture that tfnst reads; convert it to {_READ[1]}")
    file.seek(0)
    image = makers[0](file, "")
    size = f"the picture is {image.width} x {image.height} pixels"
    if image.width * image.height > MAX_PIXELS:
        raise _FileError(path, f"{size}; shrink it to {MAX_PIXELS / 1e6:g} million at most")
    if min(image.size) < MIN_SIDE:
        raise _FileError(path, f"{size}; the smallest side is {MIN_SIDE}")
    return image


def _wide_grey(path: Name, image: Image.Image) -> tuple[Array, Array | None]:
    """Grey of more than 8 bits; transparent where it equals the one value that a PNG may name."""
    values, key = np.asarray(image), image.info.get("transparency")
    alpha = (values != key).astype(np.float32) if isinstance(key, int) else None
    full = np.float32(1 if image.mode == "F" else 65535)
    try:
        grey = _checked_unit(values.astype(np.float32) / full, "the picture")
    except ValueError as error:
        raise _FileError(path, f"{error}, or export it as 8 or 16 bit") from error
    if dict(getattr(image, "tag_v2", {})).get(_PHOTOMETRIC) == 0:
        grey = 1 - grey
    if profile := image.info.get("icc_profile"):
        # Pillow transforms 8 bits only: bend the wide values along what becomes of the 256 greys.
        ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
        curve = np.asarray(_in_srgb(ramp, profile))[0, :, 1] / 255
        grey = np.interp(grey, np.linspace(0, 1, 256), curve).astype(np.float32)
    return grey[..., None], alpha


def _colour(image: Image.Image) -> tuple[Array, Array | None]:
    profile, alpha = image.info.get("icc_profile"), None
    if image.has_transparency_data:
        is_grey = image.mode in ("1", "L", "LA")
        image = image.convert("RGBA")
        alpha = np.asarray(image.getchannel("A"))
        image = image.convert("L" if is_grey else "RGB")
    return np.asarray(_in_srgb(image, profile) if profile else image.convert("RGB")), alpha


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture as sRGB; a profile that is broken, or of another kind of colour, is ignored."""
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
        texts.append(image.getexif().get(_IMAGE_DESCRIPTION))
    return next((text for text in texts if isinstance(text, str) and _is_recipe(text)), None)


def _is_recipe(text: str) -> bool:
    with contextlib.suppress(ValueError, RecursionError):
        return "tfnst" in text and isinstance(json.loads(text), dict)
    return False


def _resized_with_alpha(rgb: Array, alpha: Array, height: int, width: int) -> tuple[Array, Array]:
    """Weighted by alpha, so that the colour of transparent pixels does not bleed into others."""
    cover = resize(alpha, height, width)[..., None]
    weighted = resize(rgb * alpha[..., None], height, width)
    mean = (weighted / np.maximum(cover, 1 / 255)).clip(0, 1)
    return np.where(cover > 1 / 255, mean, resize(rgb, height, width)), cover[..., 0]


def check_target(target: Path) -> str:
    if target.is_dir():
        raise _FileError(target, "this is a folder; name a file in it, such as styled.png")
    if not (kind := _WRITTEN.get(target.suffix[1:].lower())):
        raise _FileError(target, f"cannot write this kind; end the name in .{', .'.join(_WRITTEN)}")
    if not target.parent.is_dir():
        raise _FileError(target, f"there is no folder {target.parent}; make it first")
    return kind


def _encoded(image: Image.Image, kind: str, recipe: str | None, quality: int) -> bytes:
    chunks, exif = PngImagePlugin.PngInfo(), Image.Exif()
    chunks.add(b"sRGB", b"\0")
    if recipe is not None:
        chunks.add_text("tfnst", recipe)
        exif[_IMAGE_DESCRIPTION] = recipe
    tags = exif.tobytes() if recipe is not None else b""
    options: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": chunks},
        "JPEG": {"quality": quality, "subsampling": "4:4:4", "exif": tags},
        "WEBP": {"quality": quality, "lossless": quality == 100, "exact": True, "exif": tags},
        "TIFF": {"compression": "tiff_adobe_deflate", "exif": tags},
    }
    image.save(data := io.BytesIO(), kind, **options[kind])
    return data.getvalue()


def write_bytes(target: Path, data: bytes) -> None:
    # Not tempfile: its files are private to the user, whatever the umask says.
    temporary = target.parent / f".tfnst-{secrets.token_hex(8)}.tmp"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        text = f"cannot be written ({error.strerror or error}); check disk space and permissions"
        raise _FileError(target, text) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
