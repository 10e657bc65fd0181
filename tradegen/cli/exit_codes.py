"""Exit codes that are no error's of ours."""

INTERRUPTED = 130
PIPE_CLOSED = 141
"""As a shell tells of a process that SIGPIPE has ended."""
