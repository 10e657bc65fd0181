"""The embedded engine: statistics learned from gold in place of LLMs, offline."""
