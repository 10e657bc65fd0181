"""NeMo Data Designer configs: read as settings of tradegen, and written from them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradegen.designer.left_out import LeftOut
    from tradegen.designer.reading import FromDesigner, settings_from

__all__ = ["FromDesigner", "LeftOut", "settings_from"]


def __getattr__(name: str) -> Any:
    """Import what is read with when it is first used."""
    if name in ("FromDesigner", "settings_from"):
        from tradegen.designer import reading

        return getattr(reading, name)
    if name == "LeftOut":
        from tradegen.designer.left_out import LeftOut

        return LeftOut
    raise AttributeError(f"module 'tradegen.designer' has no attribute {name!r}")
