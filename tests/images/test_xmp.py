"""Tests of tfnst.images.xmp."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.images.samples import XMP
from tfnst.images.xmp import thinned


def names(packet: bytes) -> set[str]:
    return {
        name.rpartition("}")[2]
        for part in ElementTree.fromstring(packet).iter()
        for name in (part.tag, *part.attrib)
    }


FRAME = {"xmpmeta", "RDF", "Description", "about", "creator", "Seq", "li", "Rating"}


def test_what_is_public_is_kept() -> None:
    packet = thinned(XMP.encode(), public=True)
    assert names(packet) == FRAME and "Mia Müller".encode() in packet
    assert b"uuid" not in packet and b"0815" not in packet
    assert packet.startswith(b"<x:xmpmeta") and b"dc:creator" in packet


def test_of_all_only_what_holds_for_the_pixels_goes() -> None:
    packet = thinned(XMP.encode(), public=False)
    assert names(packet) == FRAME | {"SerialNumber", "GPSLatitude", "GPSLongitude"}
    assert b"Orientation" not in packet


def test_nothing_left_is_nothing() -> None:
    assert (
        thinned(XMP.replace("creator", "format").replace("Rating", "Label").encode(), True) == b""
    )


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"no XML",
        XMP.encode()[:300],
        b"<a/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + XMP[XMP.index("<x:") :].encode(),
        b"<a>" * 20_000 + b"</a>" * 20_000,
    ],
)
@pytest.mark.parametrize("public", [True, False])
def test_what_cannot_be_read_is_nothing(packet: bytes, public: bool) -> None:
    assert thinned(packet, public) == b""


def test_padding_is_passed_over() -> None:
    assert thinned(XMP.encode() + b" \n\0\0", True) == thinned(XMP.encode(), True)
