"""The nightly job: a new run each night, judged, compared with the last good one, kept or not."""
