"""What tests and benchmarks need in processes of their own; nothing else imports it."""
