"""What models learn: the learning curves of the Hyperband searches."""

from collections.abc import Mapping, Sequence
from typing import Any

from tradegen.report.figures.learning import Curve, learning_figure
from tradegen.report.parts.part import Chart, Missing, Shown, Table

_VALIDATION, _HOLDOUT = "validation", "gold holdout"
_GOLD, _SYNTHETIC, _SHUFFLED = "gold", "synthetic", "shuffled"
_MOST = 6


def learning_shown(records: Sequence[Mapping[str, Any]]) -> list[Shown | Missing]:
    """Return a figure for each target that gold has signal for."""
    if not records:
        return [
            Missing(
                "No search was run in this evaluation: too few gold rows are held out, or too few "
                "have both labels. More gold would bring it."
            )
        ]
    targets = list(dict.fromkeys(str(record["target"]) for record in records))
    of_target = {name: [one for one in records if one["target"] == name] for name in targets}
    told = [
        name for name, of in of_target.items() if any(r["trained_on"] == _SYNTHETIC for r in of)
    ]
    if not told:
        return [
            Missing(
                "Models trained on gold foretell nothing of gold's own holdout "
                f"({', '.join(targets)}), so whether they learn it from the rows cannot be said."
            )
        ]
    shown = [_shown(k, name, of_target[name]) for k, name in enumerate(told[:_MOST])]
    silent = [name for name in targets if name not in told]
    left_out = Missing(f"Gold itself has no signal for {', '.join(silent)}: not searched further.")
    return [*shown, *([left_out] if silent else [])]


def _shown(k: int, target: str, records: Sequence[Mapping[str, Any]]) -> Shown:
    curves = _curves(records)
    chosen = {
        trained_on: Curve(own.get(_VALIDATION, []), own.get(_HOLDOUT, []))
        for trained_on in (_GOLD, _SYNTHETIC, _SHUFFLED)
        if (
            own := next(
                (c for (of, _), (is_it, c) in curves.items() if of == trained_on and is_it), None
            )
        )
        is not None
    }
    others = [
        own[_VALIDATION]
        for (trained_on, _), (is_chosen, own) in curves.items()
        if trained_on == _SYNTHETIC and not is_chosen and own.get(_VALIDATION)
    ]
    ends = {name: curve.holdout[-1] for name, curve in chosen.items() if curve.holdout}
    said = ", ".join(f"{value:.2f} after {name}" for name, value in ends.items())
    return Shown(
        f"Foretelling “{target}” in later real trades: skill {said}",
        "Full lines are skill (2 AUC - 1; 0 is guessing) on the gold holdout, dotted ones on rows "
        "kept back from training. Synthetic should come near gold, its ceiling, and stay clear of "
        "shuffled, the floor; far below its own dotted line it promises more than holds.",
        Chart(
            f"learning-{k}",
            learning_figure(chosen, others),
            f"Learning curves for {target}. Skill on the gold holdout: {said}. {len(others)} other "
            "trials on synthetic rows.",
        ),
        Table(
            ("trained on", "steps", "validation", "gold holdout"),
            [
                (
                    name,
                    str(len(curve.validation)),
                    *(f"{values[-1]:.3f}" if values else "" for values in curve),
                )
                for name, curve in chosen.items()
            ],
        ),
    )


_Key = tuple[str, int]


def _curves(
    records: Sequence[Mapping[str, Any]],
) -> dict[_Key, tuple[bool, dict[str, list[float]]]]:
    """Return each trial's curves by what they were scored on, and whether it was chosen."""
    curves: dict[_Key, tuple[bool, dict[str, list[float]]]] = {}
    for one in sorted(records, key=lambda record: record["step"]):
        if one["skill"] is None:
            continue
        key = str(one["trained_on"]), int(one["trial"])
        _, own = curves.setdefault(key, (bool(one["chosen"]), {}))
        own.setdefault(str(one["scored_on"]), []).append(float(one["skill"]))
    return dict(sorted(curves.items()))
