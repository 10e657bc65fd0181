"""Jobs of NeMo Data Designer on a NeMo microservices deployment, and their rows in a run."""
