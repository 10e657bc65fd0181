"""The designer engine as a whole: the NIM engine's roles, two of them asked by Data Designer."""

import os
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradegen.data.gold import Gold
from tradegen.engines.designer.batches import BatchRunner, Column, Complaints, run_config
from tradegen.engines.designer.columns import PROVIDER, provider
from tradegen.engines.designer.model import DesignerModel
from tradegen.engines.designer.options import DesignerOptions
from tradegen.engines.designer.quiet import check_installed, import_quietly, listen, quiet_designer
from tradegen.engines.designer.watch import PATIENCE_S, Watch
from tradegen.engines.nim.answers import AnswerForm
from tradegen.engines.nim.endpoint import reach
from tradegen.engines.nim.engine import NimModels, learn_nim
from tradegen.engines.nim.models import ChatModel, Way
from tradegen.engines.nim.options import NimOptions, Role
from tradegen.engines.nim.transport.transport import Transport
from tradegen.engines.protocols import Engine


@dataclass(frozen=True)
class DesignerModels:
    """What is fixed before the first batch; see `engines.registry.EngineModel`."""

    nim: NimModels
    options: DesignerOptions
    scratch: Path

    def start(self) -> Engine:
        """Return the engine's roles for this process."""
        from data_designer.engine.models.usage_events import subscribe_token_usage

        nim, limits = self.nim, self.nim.limits()
        patience_s = max(PATIENCE_S, 2 * limits.idle_timeout_s)
        watch = Watch(lambda: reach(nim.options), patience_s)
        subscribe_token_usage(watch.heard)
        complaints = Complaints()
        listen(complaints.hear)
        address, key = nim.endpoint.base_url, nim.endpoint.key() or "not-needed"
        designer = quiet_designer(
            self.scratch / "home",
            self.scratch / f"batches-{os.getpid()}",
            [provider(PROVIDER, address, key)],
        )
        designer.set_run_config(run_config())
        runner = BatchRunner(designer, complaints)
        transport = Transport(limits)
        ways: defaultdict[str, Way] = defaultdict(Way)

        def model_of(role: Role, form: AnswerForm[Any]) -> ChatModel:
            if role == "refiner":
                return nim.model_of(role, transport, ways)
            column = Column(
                form,
                nim.endpoint.models[role],
                getattr(nim.options, role),
                limits.max_in_flight,
                limits.idle_timeout_s,
            )
            return DesignerModel(column, runner, watch, self.options.batch_rows)

        roles = nim.roles(model_of)
        return Engine(
            name="designer",
            generator=roles.generator,
            judge=roles.judge,
            refiner=roles.refiner,
            applies_rules=True,
            close=transport.close,
        )


def learn_designer(
    gold: Gold,
    seed: int,
    nim: NimOptions,
    options: DesignerOptions,
    *,
    journal: Path | None,
    workers: int,
    scratch: Path | None,
) -> DesignerModels:
    """Reach the endpoint, import Data Designer and prepare the rules.

    Working files go to `scratch`. Raises `EngineUnavailableError` for the reasons that
    `endpoint.reach` has, or without data-designer.
    """
    check_installed()
    folder = scratch or Path(tempfile.mkdtemp(prefix="tradegen-designer-"))
    import_quietly(folder / "home")  # once: processes forked afterwards have it
    return DesignerModels(learn_nim(gold, seed, nim, journal, workers), options, folder)
