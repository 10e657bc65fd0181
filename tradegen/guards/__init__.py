"""Guards: no row may be too close to gold (a copy) or to an accepted row (collapse)."""
