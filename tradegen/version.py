"""The version of tradegen."""

__version__ = "0.1.0"
