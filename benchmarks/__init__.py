"""Benchmarks: run by hand or by night, never asserted in tests."""
