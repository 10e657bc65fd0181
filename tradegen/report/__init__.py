"""The report: one page that shows what came of a run, for a person who has to trust it."""
