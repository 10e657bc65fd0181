"""Hyperband: what can be learned from synthetic trades, and does it hold on real ones?"""
