"""Data: the row contract, gold, the ledger and the run folder."""
