"""The equations of style transfer, one pure function each, and the terms that objectives add up."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
