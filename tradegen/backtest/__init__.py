"""Backtest: what real and synthetic trades, and strategies on their bars, would have earned."""
