"""Providers: where bars come from if the user has none."""
