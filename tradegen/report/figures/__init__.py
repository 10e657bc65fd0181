"""Figures: numbers in, a Plotly figure out; nothing here knows of files."""
