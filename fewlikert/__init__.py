"""Statistics of few people on Likert items: small, clustered, ordinal samples, equal to R."""

import lazy_loader

# Loading scipy and statsmodels takes seconds that a program which uses one name need not wait for.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
__version__ = "0.1.0"
