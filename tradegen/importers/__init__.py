"""Importers: gold from what people have, such as lists of fills and journals of round trips."""
