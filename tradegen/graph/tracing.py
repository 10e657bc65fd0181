"""Tracing: LangSmith is sent nothing unless a setting says so."""

import os

_SWITCHES = tuple(
    f"{namespace}_{name}"
    for namespace in ("LANGSMITH", "LANGCHAIN")
    for name in ("TRACING_V2", "TRACING")
)


def environment_of_graphs(*, tracing: bool) -> dict[str, str]:
    """Return the environment of a process that runs graphs.

    A shell in which other projects are traced would otherwise send every row, and the gold rows it
    is grounded in, to LangSmith. With `tracing` the shell's own switches hold.
    """
    return {**os.environ, **({} if tracing else dict.fromkeys(_SWITCHES, "false"))}


def shut_off_tracing() -> None:
    """Shut tracing off in this process, even if LangSmith has read its switches already."""
    from langsmith import configure

    for switch in _SWITCHES:  # LangChain refuses to work while the oldest of them is on
        os.environ.pop(switch, None)
    configure(enabled=False)
