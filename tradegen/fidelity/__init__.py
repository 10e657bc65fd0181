"""Fidelity: how near synthetic rows are to real ones, and whether they are too near."""
