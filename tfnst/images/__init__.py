"""Picture files to and from float32 RGB arrays in [0, 1], shape (H, W, 3)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
