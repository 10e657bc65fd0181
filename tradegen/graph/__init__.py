"""The graph: one row's way from sampler to acceptance."""
