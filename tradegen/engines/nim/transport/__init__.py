"""The way to an endpoint: as fast as it allows, losing no answer."""
