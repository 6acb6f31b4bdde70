"""Keras models from pictures to {layer name: activation}: VGG-19 and VGG-19-lite."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
