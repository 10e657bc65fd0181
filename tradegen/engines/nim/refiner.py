"""The NIM refiner: asks a model for a JSON Patch and applies it, and nothing beyond it."""

from dataclasses import replace

import jsonpatch
import numpy as np
from pydantic import BaseModel, ValidationError

from tradegen.data.changes import changed_fields
from tradegen.data.row import BAR_FIELDS, CORE_FIELDS, PRICE_FIELDS, Row
from tradegen.engines.attempt_log import current_log
from tradegen.engines.critique import Critique
from tradegen.engines.nim.answers import AnswerError, AnswerForm, Patch
from tradegen.engines.nim.asking import Asks
from tradegen.engines.nim.fields import editable, may_touch
from tradegen.engines.nim.prompting import Message, Prompt, as_data
from tradegen.engines.nim.showing import Shown
from tradegen.engines.protocols import Brief, RefinerOverreachError

_CRITIQUE_CHARACTERS = 2000


class NimRefiner:
    """See `engines.protocols.Refiner`."""

    def __init__(
        self, asker: Asks[Patch], trade: AnswerForm[BaseModel], prompt: Prompt, shown: Shown
    ) -> None:
        """Ask through `asker`; a patched trade must still be of the form `trade`."""
        self._asker = asker
        self._trade = trade
        self._prompt = prompt
        self._shown = shown

    async def refine(self, row: Row, critique: Critique, brief: Brief, retry: int) -> Row:
        """Return the edited row. Raises `RefinerOverreachError` for an edit beyond the critique."""
        allowed = editable(critique.fields)

        def read(answer: Patch) -> Row:
            beyond = [edit.path for edit in answer.patch if not may_touch(edit.path, allowed)]
            if beyond:
                raise RefinerOverreachError(frozenset(beyond))
            return self._patched(row, answer, brief)

        return await self._asker.ask(
            brief, self.messages(row, critique, brief, retry), read, seed=retry
        )

    def messages(self, row: Row, critique: Critique, brief: Brief, retry: int) -> list[Message]:
        """Return what the model is told."""
        return self._prompt.fill(
            task=self._shown.task("refiner", brief, retry=retry, fields=editable(critique.fields)),
            seeds=self._shown.seeds(brief.seeds),
            row=self._shown.row(row),
            critique=as_data([str(finding) for finding in critique.findings], _CRITIQUE_CHARACTERS),
        )

    def _patched(self, row: Row, answer: Patch, brief: Brief) -> Row:
        wire = self._shown.wire.encode(row)
        operations = [edit.model_dump(exclude_unset=True) for edit in answer.patch]
        try:
            patched = jsonpatch.apply_patch(wire, operations)
            trade = self._trade.model.model_validate(patched)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise AnswerError(f"the patch cannot be applied: {error}") from error
        except ValidationError as error:
            raise AnswerError(f"the patched trade is none: {error}") from error
        before, _ = self._shown.row_of_wire(wire, brief)
        after, settled = self._shown.row_of(trade, brief)
        current_log().settled.extend(settled)
        return only_what_moved(row, before, after)


def only_what_moved(row: Row, before: Row, after: Row) -> Row:
    """Return `row` with the fields that differ between `before` and `after` taken from `after`.

    Both come off the wire, whose rounding must not change what an edit did not touch. If any price
    of a bar moves, all prices come from `after`, and the fills that lie on them.
    """
    changed = set(changed_fields(before, after))
    if "bars" in changed or changed & {f"bars.{name}" for name in PRICE_FIELDS}:
        return after.model_copy(update={"trade_id": row.trade_id})
    columns = {name: getattr(after.bars, name) for name in BAR_FIELDS if f"bars.{name}" in changed}
    scalars = {name: getattr(after, name) for name in CORE_FIELDS if name in changed}
    extras = {
        name: after.extras[name] if f"extras.{name}" in changed else value
        for name, value in row.extras.items()
    }
    bars = replace(row.bars, **{name: np.asarray(column) for name, column in columns.items()})
    return row.model_copy(update={**scalars, "extras": extras, "bars": bars})
