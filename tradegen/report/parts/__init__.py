"""Parts of the report: each makes figures of what was found, with their titles and sentences."""
