"""The gold of a run, found again where it lies now and read as the run has read it."""

from collections.abc import Mapping
from typing import Any

from tradegen.data.gold import Gold, load_gold
from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError
from tradegen.settings import GoldSettings, restore_settings


def gold_of_run(run: RunFolder, manifest: Mapping[str, Any], stated: GoldSettings) -> Gold:
    """Return the gold that a run was made from; `stated` may name the place where it lies now.

    Raises `InputError` if it cannot be read, is not the same, or is to be read in another way.
    """
    try:
        begun_with = restore_settings(manifest["settings"]).gold
    except ValueError as error:
        raise InputError(
            f"{run.manifest}: settings of another version of tradegen; export the rows and "
            "evaluate that file"
        ) from error
    gold = load_gold(_moved(begun_with, stated).source())
    if manifest["gold"].get("fingerprint") != gold.fingerprint:
        raise InputError(
            f"{', '.join(gold.files)}: not the gold that {run.path} was made from; give that with "
            "--gold, and --bars if its bars lie elsewhere"
        )
    return gold


def _moved(begun_with: GoldSettings, stated: GoldSettings) -> GoldSettings:
    """Return the gold that a run was made from, in the place where it lies now.

    Raises `InputError` if it were read in another way: what the run has seen might be held out.
    """
    for name in sorted(stated.model_fields_set - {"files", "bars"}):
        was, now = getattr(begun_with, name), getattr(stated, name)
        if was != now:
            raise InputError(
                f"gold.{name} is {now!r}, and the run was made with {was!r}: leave it out; a run "
                "is evaluated with the gold settings that it was made with"
            )
    places = {name: getattr(stated, name) for name in ("files", "bars") if getattr(stated, name)}
    return begun_with.model_copy(update=places)
