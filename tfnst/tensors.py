"""The name of what flows through networks and losses."""

from __future__ import annotations

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
"""A tensor, symbolic or not, of the backend that Keras runs on: TensorFlow, JAX or PyTorch.

To type checkers it is anything, for Keras has no type that is all of these. Docstrings tell shapes:
B pictures of H × W positions and C channels are (B, H, W, C).
"""
