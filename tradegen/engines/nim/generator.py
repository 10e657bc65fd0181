"""The NIM generator: shows a model three seeds and reads the trade that it writes."""

from pydantic import BaseModel

from tradegen.data.row import Row
from tradegen.engines.attempt_log import current_log
from tradegen.engines.nim.answers import AnswerError
from tradegen.engines.nim.asking import Asks
from tradegen.engines.nim.prompting import Message, Prompt
from tradegen.engines.nim.showing import Shown
from tradegen.engines.protocols import Brief
from tradegen.streams import Purpose, stream


class NimGenerator:
    """See `engines.protocols.Generator`."""

    def __init__(self, asker: Asks[BaseModel], prompt: Prompt, shown: Shown, seed: int) -> None:
        """Ask through `asker`; `seed` is the run's, told to models that can use one."""
        self._asker = asker
        self._prompt = prompt
        self._shown = shown
        self._seed = seed

    async def generate(self, brief: Brief) -> Row:
        """Return a new row."""

        def read(answer: BaseModel) -> Row:
            row, settled = self._shown.row_of(answer, brief)
            for name, value in brief.constraint.where:
                stated = getattr(row, name, None) if name in Row.model_fields else None
                stated = row.extras.get(name) if stated is None else stated
                if str(stated) != str(value):
                    raise AnswerError(f"{name} is {stated!r}; the task says {value!r}")
            current_log().settled.extend(settled)
            return row

        rng = stream(self._seed, brief.row_number, Purpose.QUESTION, brief.attempt)
        seed = int(rng.integers(2**31))
        return await self._asker.ask(brief, self.messages(brief), read, seed)

    def messages(self, brief: Brief) -> list[Message]:
        """Return what the model is told."""
        return self._prompt.fill(
            task=self._shown.task("generator", brief), seeds=self._shown.seeds(brief.seeds)
        )
