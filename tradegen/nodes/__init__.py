"""Nodes: one file each; each calls the sampler or the engine and returns the state's change."""
