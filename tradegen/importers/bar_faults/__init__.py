"""Faults of bars: what is wrong with the bars of one market, told from them and from its trades."""
