"""What tradegen shows in a notebook: live progress, runs and evaluations as HTML."""
