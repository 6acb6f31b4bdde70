"""XMP packets without what does not fit another picture, or is nobody else's business."""

from __future__ import annotations

import contextlib
from xml.etree import ElementTree

_ADOBE = "http://ns.adobe.com"
_NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": f"{_ADOBE}/xap/1.0/",
    "xmpRights": f"{_ADOBE}/xap/1.0/rights/",
    "xmpMM": f"{_ADOBE}/xap/1.0/mm/",
    "xmpNote": f"{_ADOBE}/xmp/note/",
    "photoshop": f"{_ADOBE}/photoshop/1.0/",
    "tiff": f"{_ADOBE}/tiff/1.0/",
    "exif": f"{_ADOBE}/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "aux": f"{_ADOBE}/exif/1.0/aux/",
    "crs": f"{_ADOBE}/camera-raw-settings/1.0/",
    "cc": "http://creativecommons.org/ns#",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_PUBLIC = {
    "dc": {"creator", "rights", "title", "description", "subject"},
    "xmp": {"Rating", "CreateDate"},
    "xmpRights": {"Certificate", "Marked", "Owner", "UsageTerms", "WebStatement"},
    "photoshop": {"AuthorsPosition", "CaptionWriter", "Credit", "Headline", "Source"},
    "cc": {"attributionName", "attributionURL", "license"},
}
# Of the photo's pixels, and of what lay beside them in its file.
_FOREIGN = {
    "exif": {"ColorSpace", "PixelXDimension", "PixelYDimension"},
    "tiff": {"ImageLength", "ImageWidth", "Orientation"},
    "photoshop": {"ICCProfile"},
    "xmp": {"Thumbnails"},
    "xmpNote": {"HasExtendedXMP"},
}
_RDF = f"{{{_NAMESPACES['rdf']}}}"
_ABOUT = f"{_RDF}about"

for _prefix, _namespace in _NAMESPACES.items():
    ElementTree.register_namespace(_prefix, _namespace)


def _full(names: dict[str, set[str]]) -> frozenset[str]:
    """Names as ElementTree has them."""
    each = [(prefix, name) for prefix, group in names.items() for name in group]
    return frozenset(f"{{{_NAMESPACES[prefix]}}}{name}" for prefix, name in each)


_PUBLIC_NAMES, _FOREIGN_NAMES = _full(_PUBLIC), _full(_FOREIGN)


def thinned(packet: bytes, public: bool) -> bytes:
    """A packet without size, rotation and thumbnails of the picture that it was taken from.

    Args:
        packet: XML, with or without its wrapping.
        public: keep author, rights, title, caption, keywords, rating and date alone.

    Returns:
        The packet; b"" where nothing is left, or it cannot be read.
    """
    # No program's packet declares entities, and those that do may be made to grow.
    if not packet or b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return b""
    with contextlib.suppress(Exception):  # of a damaged packet
        root = ElementTree.fromstring(packet.strip(b"\0 \t\r\n"))
        rdf = root if root.tag == f"{_RDF}RDF" else root.find(f"{_RDF}RDF")
        if rdf is None:
            return b""
        for part in list(rdf):
            if not _thin(part, public):
                rdf.remove(part)
        if len(rdf):
            wrapped = ElementTree.Element(f"{{{_NAMESPACES['x']}}}xmpmeta")
            wrapped.append(rdf)
            return ElementTree.tostring(wrapped, "utf-8")
    return b""


def _thin(part: ElementTree.Element, public: bool) -> bool:
    """Whether anything is left of a part of a packet."""

    def stays(name: str) -> bool:
        return name in _PUBLIC_NAMES if public else name not in _FOREIGN_NAMES

    if part.tag != f"{_RDF}Description":
        return not public
    for child in [child for child in part if not stays(child.tag)]:
        part.remove(child)
    for name in [name for name in part.attrib if name != _ABOUT and not stays(name)]:
        del part.attrib[name]
    if public:
        part.attrib[_ABOUT] = ""  # may be a number of the file
    return len(part) > 0 or bool(part.attrib.keys() - {_ABOUT})
