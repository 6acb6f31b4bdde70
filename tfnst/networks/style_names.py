"""Names of styles: which signs they may hold, and the files that they become."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from tfnst.networks.mixture import PHOTO

SEPARATORS = ",=/\\"  # of options and of folders
UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # control signs, lone surrogates, ends of lines
LONGEST = 100  # signs of a file's name without its ending: systems allow 255 bytes with it
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)  # Windows' own


def is_name(name: object) -> bool:
    """Whether a style may have that name: one line of text that no option or folder cuts apart."""
    return (
        isinstance(name, str)
        and name not in ("", PHOTO)
        and not set(name) & set(SEPARATORS)
        and not any(unicodedata.category(sign) in UNPRINTABLE for sign in name)
    )


def require_names(names: Sequence[object]) -> None:
    """ValueError for no names of styles, one twice, or one that a style cannot have."""
    if len(set(names)) < len(names) or not names:
        raise ValueError(f"styles is {tuple(names)}; give one or more names, each once")
    for name in names:
        if not is_name(name):
            raise ValueError(
                f"style {name!r} cannot have that name: {PHOTO!r} is taken, and names hold no "
                "comma, equals sign, slash or sign that is not printed; give another, as "
                "NAME=FILE"
            )


def file_stem(name: str) -> str:
    """The name as that of a file, without an ending, on any system, server and in any address.

    Of ASCII letters, digits, dot, hyphen and underscore; a name of these is its own, unless it
    begins or ends with another sign than a letter or digit, or is a device of Windows.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", plain)[:LONGEST].strip("._-") or "unnamed"
    return DEVICES.sub(r"\1_", stem)


def file_stems(names: Iterable[str]) -> dict[str, str]:
    """`file_stem` of each, none twice, not even where upper and lower case are the same."""
    stems: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        stem = unique = file_stem(name)
        number = 1
        while unique.lower() in taken:
            number += 1
            unique = f"{stem}-{number}"
        taken.add(unique.lower())
        stems[name] = unique
    return stems
