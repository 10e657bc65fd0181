"""The NIM judge: rules first, then a model's opinion of what rules cannot tell."""

from collections.abc import Sequence

from tradegen.data.row import Row
from tradegen.data.rows import Rows
from tradegen.engines.batching import Batcher
from tradegen.engines.critique import Criterion, Critique, Finding
from tradegen.engines.nim.answers import Opinion, Verdict
from tradegen.engines.nim.asking import Asks
from tradegen.engines.nim.fields import row_fields
from tradegen.engines.nim.prompting import Message, Prompt
from tradegen.engines.nim.showing import Shown
from tradegen.engines.protocols import Brief
from tradegen.engines.rules import Rules

_CRITERIA: tuple[Criterion, ...] = ("realism", "consistency", "completeness")


class NimJudge:
    """See `engines.protocols.Judge`. A row that breaks a rule costs no call."""

    def __init__(
        self, rules: Rules, asker: Asks[Verdict], prompt: Prompt, shown: Shown, pass_score: int
    ) -> None:
        """Let rows pass whose three scores are all at least `pass_score`."""
        self._asker = asker
        self._prompt = prompt
        self._shown = shown
        self._pass_score = pass_score
        self._rules = rules
        self._broken = Batcher(self._findings)

    async def judge(self, row: Row, brief: Brief) -> Critique:
        """Return what is wrong with the row."""
        broken = await self._broken((row, brief))
        if broken:
            return Critique(tuple(broken))
        messages = self.messages(row, brief)
        verdict = await self._asker.ask(brief, messages, lambda answer: answer, seed=0)
        opinions = {name: getattr(verdict, name) for name in _CRITERIA}
        return Critique(
            tuple(
                self._finding(name, opinion, row)
                for name, opinion in opinions.items()
                if opinion.score < self._pass_score
            ),
            {name: float(opinion.score) for name, opinion in opinions.items()},
        )

    def messages(self, row: Row, brief: Brief) -> list[Message]:
        """Return what the model is told."""
        return self.messages_about(self._shown.row(row), brief)

    def messages_about(self, row: str, brief: Brief) -> list[Message]:
        """Return what the model is told of a row that is given as data."""
        return self._prompt.fill(
            task=self._shown.task("judge", brief),
            seeds=self._shown.seeds(brief.seeds),
            row=row,
        )

    def _findings(self, items: Sequence[tuple[Row, Brief]]) -> list[list[Finding]]:
        return self._rules.findings(items, Rows.from_models([row for row, _ in items]))

    def _finding(self, criterion: Criterion, opinion: Opinion, row: Row) -> Finding:
        return Finding(
            criterion=criterion,
            field=", ".join(opinion.fields) or "row",
            problem=opinion.reason,
            evidence=f"score {opinion.score} of 5, {self._pass_score} needed",
            fields=row_fields(opinion.fields, row.extras),
        )
