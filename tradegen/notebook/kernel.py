"""Whether this process is the kernel of a notebook."""

import sys


def in_notebook() -> bool:
    """Return whether output goes to a notebook; IPython is not imported to find that out."""
    ask = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return ask is not None and hasattr(ask(), "kernel")
