"""The flags and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

GoldOption = Annotated[
    list[Path] | None,
    typer.Option("--gold", help="Real trades: Parquet, CSV or JSONL; several times. Default: demo"),
]
BarsOption = Annotated[
    list[Path] | None, typer.Option("--bars", help="Bars of the trades, if the rows have none")
]
TzOption = Annotated[
    str | None, typer.Option("--tz", help="Zone of times that carry none, e.g. Europe/Berlin")
]
HoldoutOption = Annotated[
    float | None, typer.Option(help="Share of the latest gold rows kept for proof [0.2]")
]
SkipBadOption = Annotated[
    bool | None, typer.Option("--skip-bad-gold", help="Drop bad gold rows instead of stopping")
]
CalendarOption = Annotated[
    str | None, typer.Option(help="Market calendar: auto, XNYS, XLON, 24/7 ... [auto]")
]
WeightsOption = Annotated[
    str | None, typer.Option(help="Volatility weights: gold, or pairs such as 0.3=0.5,0.6=0.5")
]
ConstraintOption = Annotated[
    Path | None, typer.Option(help="Data Designer sampler columns (YAML, TOML or JSON)")
]
WidenOption = Annotated[
    bool | None,
    typer.Option("--widen-buckets", help="Take the nearest gold rows where a bucket has too few"),
]
EngineOption = Annotated[str | None, typer.Option(help="Who generates, judges, refines [embedded]")]
BaseUrlOption = Annotated[
    str | None,
    typer.Option("--base-url", help="Engines nim, designer: a NIM of your own [NVIDIA's]"),
]
ModelOption = Annotated[
    str | None, typer.Option(help="Engines nim, designer: one model for all roles")
]
IndicatorOption = Annotated[
    list[str] | None,
    typer.Option("--indicator", help='One of pandas-ta more, e.g. "kc(length=20)"; several times'),
]
SeedOption = Annotated[int | None, typer.Option(help="Random seed of the run [0]")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file [tradegen.toml, if it is there]")
]
FolderOption = Annotated[Path | None, typer.Option(help="Folder of all runs [runs]")]
ReportOption = Annotated[
    bool | None, typer.Option("--report/--no-report", help="Write report.html at the end [yes]")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Name or path of a run")]
