"""Builders and tools that tests share."""
