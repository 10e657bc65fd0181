"""Technical indicators of a row at its entry, computed from the row's own bars before it."""
