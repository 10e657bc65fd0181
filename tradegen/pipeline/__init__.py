"""The pipeline: takes a run from settings to files, with every attempt in the ledger."""
