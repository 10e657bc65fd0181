"""Engines: what plays generator, judge and refiner."""
