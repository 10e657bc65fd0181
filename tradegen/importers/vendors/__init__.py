"""Vendors: one module for each from whose exports trades are read."""
