"""Flex XML: the elements of one name in an XML file, safe against what XML can do to a reader."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.parsers import expat

from tradegen.errors import GoldError


def read_elements(path: Path, name: str) -> tuple[str, Sequence[Mapping[str, str]]]:
    """Return the name of the outermost element, and the attributes of all called `name`.

    A document type is refused, as entities defined there can make a small file fill the memory,
    and nothing outside the file is ever read. Raises `GoldError` for that, and for damaged XML.
    """
    found: list[Mapping[str, str]] = []
    root = ""

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal root
        root = root or element
        if element == name:
            found.append({key: value.strip() for key, value in attributes.items()})

    def refuse(*_: object) -> None:
        raise GoldError(f"{path}: declares a document type, which no export does; refused")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(path.read_bytes(), True)
    except (expat.ExpatError, LookupError, ValueError, OSError) as error:
        raise GoldError(
            f"{path}: not readable as XML ({error}); if the file is cut off, download it again"
        ) from error
    return root, found
