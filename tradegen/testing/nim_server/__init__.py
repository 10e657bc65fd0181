"""A server that speaks NIM's protocol, misbehaves on demand and counts what it sees.

`python -m tradegen.testing.nim_server --help` lists its options. It prints its base URL on the
first line and serves until SIGTERM. Besides NIM's own paths it answers `GET /counters` and
`POST /faults`, which changes faults and rules while it runs.
"""
