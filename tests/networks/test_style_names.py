"""Tests of tfnst.networks.style_names."""

from __future__ import annotations

import pytest

from tests.conftest import untrained
from tfnst.networks import style_names


@pytest.mark.parametrize(
    "name",
    ["", "photo", "a,b", "a=b", "a/b", "a\\b", "a\nb", "a\x1b[2J", "a\x85b", "a\u2028b", "\udce9"],
)
def test_what_is_no_name(name: str) -> None:
    assert not style_names.is_name(name)
    with pytest.raises(ValueError, match="cannot have that name"):
        untrained(name)


@pytest.mark.parametrize("name", ["wave", "my wave #1", "星月夜", 'a<b>:"|?*', "con", "tail. "])
def test_what_is_one(name: str) -> None:
    """As networks have them that were trained before their files had other names."""
    assert style_names.is_name(name) and untrained(name).styles == (name,)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("great_wave", "great_wave"),
        ("v1.2-b", "v1.2-b"),
        ('a<b>:"|?*c', "a_b_c"),
        ("tail. ", "tail"),
        ("..", "unnamed"),
        ("../../secret", "secret"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("con", "con_"),
        ("LPT1.x", "LPT1_.x"),
        ("COM¹", "COM1_"),
        ("context", "context"),
        ("Café à Arles", "Cafe_a_Arles"),
        ("星月夜", "unnamed"),
        ("a\x00\u2028b%20#", "a_b_20"),
        ("x" * 300, "x" * 100),
    ],
)
def test_names_become_files_of_any_system(name: str, stem: str) -> None:
    assert style_names.file_stem(name) == stem == style_names.file_stem(stem)


def test_no_two_become_one() -> None:
    stems = style_names.file_stems(["Wave", "wave", "wave-2", "星", "月", "a:b", "a?b"])
    assert list(stems.values()) == [
        "Wave", "wave-2", "wave-2-2", "unnamed", "unnamed-2", "a_b", "a_b-2"
    ]  # fmt: skip
