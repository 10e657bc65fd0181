"""The commands. What takes time to import is imported by the command itself."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tradegen.cli.designer_command import designer_app
from tradegen.cli.options import (
    BarsOption,
    BaseUrlOption,
    CalendarOption,
    ConfigOption,
    ConstraintOption,
    EngineOption,
    FolderOption,
    GoldOption,
    HoldoutOption,
    IndicatorOption,
    JsonOption,
    ModelOption,
    QuietOption,
    ReportOption,
    RunArgument,
    SeedOption,
    SkipBadOption,
    TzOption,
    WeightsOption,
    WidenOption,
)
from tradegen.cli.overrides import gold_flags, nim_flags, overrides, pairs_of
from tradegen.version import __version__

app = typer.Typer(
    name="tradegen",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes cost a fifth of a second, and eat what stands in brackets
    help="Make synthetic trade logs that can be trusted.",
    epilog="Exit codes: 0 done; 1 internal error; 2 bad usage or input; 3 attempt budget "
    "exhausted; 4 engine or provider unavailable; 5 storage failed; 10 overfit, 11 underfit and 12 "
    "inconclusive (evaluate, nightly); 13 worse than the last good run (nightly); 14 something "
    "is wrong (nightly --check); 130 interrupted; 143 terminated (nightly).",
)
app.add_typer(designer_app)


class Match(StrEnum):
    """How fills become round trips."""

    FLAT = "flat"
    FIFO = "fifo"


class Format(StrEnum):
    """File formats of `export`."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class LogFormat(StrEnum):
    """How `nightly` writes its log."""

    JSON = "json"
    TEXT = "text"


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version")] = False,
) -> None:
    if version:
        typer.echo(f"tradegen {__version__}")
        raise typer.Exit


@app.command("run")
def run_(
    n: Annotated[int | None, typer.Option("--n", help="Accepted rows to make [1000]")] = None,
    gold: GoldOption = None,
    bars: BarsOption = None,
    tz: TzOption = None,
    holdout: HoldoutOption = None,
    skip_bad_gold: SkipBadOption = None,
    calendar: CalendarOption = None,
    weights: WeightsOption = None,
    constraint: ConstraintOption = None,
    widen_buckets: WidenOption = None,
    engine: EngineOption = None,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    rpm: Annotated[
        float | None, typer.Option(help="Engine nim: requests a minute, e.g. 40 [no limit]")
    ] = None,
    max_calls: Annotated[
        int | None, typer.Option(help="Engines nim, designer: stop before more calls")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(help="Engines nim, designer: stop before this cost")
    ] = None,
    indicator: IndicatorOption = None,
    seed: SeedOption = None,
    name: Annotated[str | None, typer.Option(help="Name of the run [the time]")] = None,
    folder: FolderOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run of this name, or the latest")
    ] = False,
    workers: Annotated[int | None, typer.Option(help="Worker processes [one a core]")] = None,
    max_attempts: Annotated[
        int | None, typer.Option(help="Attempts of the whole run [5 a row, and 100]")
    ] = None,
    max_attempts_per_row: Annotated[
        int | None, typer.Option(help="Attempts after which a row is given up [20]")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the run would take, and make nothing")
    ] = False,
    report: ReportOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make synthetic trades: the main job."""
    from tradegen.cli.dry_run_command import dry_run_command
    from tradegen.cli.run_command import run_command
    from tradegen.settings import load_settings

    flags = overrides(
        {
            "n": n,
            "seed": seed,
            "engine": engine,
            "gold": gold_flags(gold, bars, tz, holdout, skip_bad_gold, calendar),
            "diversity": {"weights": weights, "file": constraint, "widen": widen_buckets},
            "nim": {
                **nim_flags(base_url, model),
                "rpm": rpm,
                "max_calls": max_calls,
                "max_cost": max_cost,
            },
            "indicators": {"extra": indicator or None},
            "run": {
                "name": name,
                "folder": folder,
                "workers": workers,
                "max_attempts": max_attempts,
                "max_attempts_per_row": max_attempts_per_row,
                "report": report,
            },
        }
    )
    if dry_run and resume:
        raise typer.BadParameter("--dry-run is about a new run; leave --resume out")
    if dry_run:
        raise typer.Exit(dry_run_command(load_settings(flags, config), as_json=as_json))
    raise typer.Exit(run_command(flags, config, resume=resume, quiet=quiet, as_json=as_json))


@app.command()
def preview(
    n: Annotated[int, typer.Option("--n", min=1, max=100, help="Rows to show")] = 3,
    gold: GoldOption = None,
    bars: BarsOption = None,
    tz: TzOption = None,
    holdout: HoldoutOption = None,
    skip_bad_gold: SkipBadOption = None,
    calendar: CalendarOption = None,
    weights: WeightsOption = None,
    constraint: ConstraintOption = None,
    widen_buckets: WidenOption = None,
    engine: EngineOption = None,
    base_url: BaseUrlOption = None,
    model: ModelOption = None,
    seed: SeedOption = None,
    config: ConfigOption = None,
) -> None:
    """Show a few rows and what the judge says of them; nothing is saved."""
    from tradegen.cli.preview_command import preview_command
    from tradegen.settings import load_settings

    flags = overrides(
        {
            "n": n,
            "seed": seed,
            "engine": engine,
            "gold": gold_flags(gold, bars, tz, holdout, skip_bad_gold, calendar),
            "diversity": {"weights": weights, "file": constraint, "widen": widen_buckets},
            "nim": nim_flags(base_url, model),
        }
    )
    preview_command(load_settings(flags, config))


@app.command()
def show(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Name or path of a run [the latest]")
    ] = None,
    row: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="Show all attempts at this row number")
    ] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what came of a run: counts, buckets, why rows were thrown away."""
    from tradegen.cli.show_command import show_command
    from tradegen.settings import load_settings

    show_command(run, folder or load_settings().run.folder, row=row, as_json=as_json)


@app.command()
def export(
    run: RunArgument,
    to: Annotated[
        Format | None, typer.Option("--to", help="Format of the file [as --out ends]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write [beside the run's own]")] = None,
    folder: FolderOption = None,
) -> None:
    """Write a run's accepted rows as CSV (rows and bars), JSON lines or Parquet."""
    from tradegen.cli.export_command import export_command
    from tradegen.settings import load_settings

    export_command(run, folder or load_settings().run.folder, to and to.value, out)


@app.command()
def indicators(
    rows: Annotated[
        str, typer.Argument(metavar="RUN", help="Name or path of a run, or a file of trades")
    ],
    indicator: IndicatorOption = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write [a run's features.parquet; FILE.features.parquet]"),
    ] = None,
    bars: BarsOption = None,
    tz: TzOption = None,
    skip_bad_gold: SkipBadOption = None,
    calendar: CalendarOption = None,
    folder: FolderOption = None,
    config: ConfigOption = None,
) -> None:
    """Compute technical indicators at entry, for a run or for trades of your own."""
    from tradegen.cli.indicators_command import indicators_command
    from tradegen.settings import load_settings

    flags = overrides(
        {
            "gold": gold_flags(None, bars, tz, None, skip_bad_gold, calendar),
            "indicators": {"extra": indicator or None},
            "run": {"folder": folder},
        }
    )
    indicators_command(rows, load_settings(flags, config), out)


@app.command()
def evaluate(
    rows: Annotated[
        str, typer.Argument(metavar="RUN", help="Name or path of a run, or a Parquet file of rows")
    ],
    gold: GoldOption = None,
    bars: BarsOption = None,
    tz: TzOption = None,
    holdout: HoldoutOption = None,
    skip_bad_gold: SkipBadOption = None,
    calendar: CalendarOption = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer trials and rows: about a minute")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of searches and resamples [0]")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes [one a core]")] = None,
    storage: Annotated[
        str | None, typer.Option(help="Where searches keep their trials: a URL or a journal's path")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write [a run's own; FILE.evaluation]")
    ] = None,
    folder: FolderOption = None,
    report: ReportOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say whether rows are overfit, underfit or well fit, with the evidence.

    Exit codes: 0 well fit; 10 overfit; 11 underfit; 12 inconclusive.
    """
    from tradegen.cli.evaluate_command import evaluate_command
    from tradegen.settings import load_settings

    flags = overrides(
        {
            "gold": gold_flags(gold, bars, tz, holdout, skip_bad_gold, calendar),
            "evaluation": {"seed": seed, "storage": storage},
            "run": {"folder": folder, "workers": workers, "report": report},
        }
    )
    settings = load_settings(flags, config)
    code = evaluate_command(rows, settings, quick=quick, out=out, as_json=as_json, quiet=quiet)
    raise typer.Exit(code)


@app.command()
def nightly(
    night: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date of the run to make or go on with [today]"),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the last run is good and not too old")
    ] = False,
    accept: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Only take this run for good, though it was called worse"),
    ] = None,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="How the log on stderr is written")
    ] = LogFormat.JSON,
    folder: FolderOption = None,
    config: ConfigOption = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Log warnings and errors only")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make tonight's run, judge it, compare it with the last good one: for cron and the like.

    It can be called at any time: it goes on with what is unfinished, and does nothing twice.

    Exit codes: 0 good, or nothing to do; 10 overfit; 11 underfit; 12 inconclusive; 13 worse than
    the last good run; 14 something is wrong (--check); 143 terminated; others as of all commands.
    """
    from tradegen.cli import nightly_command
    from tradegen.errors import InputError
    from tradegen.settings import load_settings, what_is_stated

    if check and accept is not None:
        raise typer.BadParameter("--check and --accept exclude each other")
    flags = overrides({"run": {"folder": folder}})
    how = {"log_as_json": log_format is LogFormat.JSON, "quiet": quiet, "as_json": as_json}
    try:
        settings, stated = load_settings(flags, config), what_is_stated(flags, config)
    except InputError as error:
        if check or accept is not None:
            raise
        raise typer.Exit(nightly_command.refused_command(error, **how)) from None
    if check:
        raise typer.Exit(nightly_command.check_command(settings))
    if accept is not None:
        raise typer.Exit(nightly_command.accept_command(settings, accept))
    asked = None if night is None else night.date()
    raise typer.Exit(nightly_command.nightly_command(settings, stated, asked, **how))


@app.command()
def report(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Name or path of a run [the latest]")
    ] = None,
    gold: GoldOption = None,
    bars: BarsOption = None,
    out: Annotated[Path | None, typer.Option(help="File to write [the run's report.html]")] = None,
    without_gold: Annotated[
        bool, typer.Option("--without-gold", help="Show no single gold trade")
    ] = False,
    folder: FolderOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run: one page for a browser that shows what came of it."""
    from tradegen.cli.report_command import report_command
    from tradegen.settings import load_settings

    flags = overrides(
        {
            "gold": {"files": gold or None, "bars": bars or None},
            "run": {"folder": folder, "report_gold": False if without_gold else None},
        }
    )
    report_command(run, load_settings(flags, config), out)


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="Fills or round trips: a vendor's export, CSV, Excel or Parquet file"),
    ],
    bars: Annotated[
        list[Path] | None, typer.Option("--bars", help="File of bars by symbol; repeatable")
    ] = None,
    bars_from: Annotated[
        str | None,
        typer.Option("--bars-from", help="Provider of bars that no file has: yfinance, alpaca"),
    ] = None,
    out: Annotated[Path, typer.Option(help="File to write")] = Path("gold.parquet"),
    format_: Annotated[
        str | None,
        typer.Option("--format", help="Vendor's format, or csv: a plain table [told by content]"),
    ] = None,
    match: Annotated[
        Match | None,
        typer.Option(help="Fills to round trips: flat to flat, or first in, first out [flat]"),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--map", help='Column of a field, e.g. entry_price="Open Px"; repeatable'),
    ] = None,
    symbol: Annotated[
        list[str] | None,
        typer.Option("--symbol", help="Bars' name of a symbol, e.g. XBTUSD=BTCUSDT; repeatable"),
    ] = None,
    interval: Annotated[
        str | None, typer.Option(help="Spacing of bars [the finest that holds a trade in 60 bars]")
    ] = None,
    tz: TzOption = None,
    bars_tz: Annotated[
        str | None, typer.Option("--bars-tz", help="Zone of the bars' times, if they carry none")
    ] = None,
    time_format: Annotated[
        str | None, typer.Option(help='How times are written, e.g. "%m/%d/%Y %H:%M" [ISO 8601]')
    ] = None,
    calendar: Annotated[
        str | None, typer.Option(help="Calendar of the bars: XNYS, XLON, 24/7 ... [told from them]")
    ] = None,
    fix: Annotated[
        list[str] | None,
        typer.Option("--fix", help="Faults of bars to fix, e.g. splits,zone; or all; repeatable"),
    ] = None,
    dust: Annotated[
        float | None, typer.Option(help="Share of a position that may be left at its end [0.002]")
    ] = None,
    skip_bad: Annotated[
        bool | None,
        typer.Option("--skip-bad", help="Drop rows that cannot be read instead of stopping"),
    ] = None,
    config: ConfigOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of the rows, write nothing")
    ] = False,
    as_json: JsonOption = False,
    show_map: Annotated[
        bool,
        typer.Option("--show-map", help="Say how the file is read, as settings to keep; no more"),
    ] = False,
) -> None:
    """Make gold of what a broker, an exchange or a journal exports."""
    from tradegen.cli.import_asked import Asked
    from tradegen.cli.import_command import import_command
    from tradegen.data.gold import zone
    from tradegen.settings import load_settings

    columns, symbols = pairs_of("--map", column), pairs_of("--symbol", symbol)
    flags = {
        "bars": bars or None,
        "bars_from": bars_from,
        "fix": fix or None,
        "calendar": calendar,
        "format": format_,
        "match": match and match.value,
        "columns": columns,
        "symbols": symbols,
        "interval": interval,
        "tz": tz,
        "bars_tz": bars_tz,
        "time_format": time_format,
        "dust": dust,
        "skip_bad": skip_bad,
    }
    settings = load_settings(overrides({"import": flags}), config).importing
    plain = format_ in (None, "csv")  # a vendor's format, stated, has no use for a table's columns
    import_command(
        Asked(
            file=file,
            bars=settings.bars,
            bars_from=settings.bars_from,
            out=out,
            format=settings.format,
            fifo=settings.match == "fifo",
            columns=settings.columns if plain else columns,
            symbols=settings.symbols,
            must_trade=symbols,
            interval=settings.interval,
            tz=zone(settings.tz),
            bars_tz=zone(settings.bars_tz),
            time_format=settings.time_format if plain else time_format,
            dust=settings.dust,
            skip_bad=settings.skip_bad,
            force=force,
            dry_run=dry_run,
            fixes=settings.fix,
            calendar=settings.calendar,
            as_json=as_json,
            show_map=show_map,
            stated=settings.model_dump(mode="json", exclude_defaults=True),
        )
    )


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="File to write")] = Path("tradegen.toml"),
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there")] = False,
) -> None:
    """Write a settings file with every setting, its default and what it means."""
    from tradegen.cli.init_command import init_command

    init_command(path, force=force)


@app.command()
def doctor(
    config: ConfigOption = None,
    network: Annotated[
        bool, typer.Option("--network", help="Look whether the endpoint can be reached, too")
    ] = False,
) -> None:
    """Check what a run needs: Python, packages, gold, disk and key."""
    from tradegen.cli.doctor_command import doctor_command
    from tradegen.settings import load_settings

    raise typer.Exit(doctor_command(load_settings({}, config), network=network))
