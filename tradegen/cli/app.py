"""The commands and their flags. What takes time to import is imported by the command itself."""

import errno
import io
import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from tradegen.errors import InputError, StorageError, TradegenError
from tradegen.threads import ONE_THREAD
from tradegen.version import __version__

INTERRUPTED = 130
PIPE_CLOSED = 141
"""As a shell tells of a process that SIGPIPE has ended."""

_STDERR = 2
_LOST = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF)

_WRONG_PATH = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR})
"""What a path that the user gave can be wrong with, wherever it is first touched."""

_PATH_SHOWN = 200

app = typer.Typer(
    name="tradegen",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes cost a fifth of a second, and eat what stands in brackets
    help="Make synthetic trade logs that can be trusted.",
    epilog="Exit codes: 0 done; 1 internal error; 2 bad usage or input; 3 attempt budget "
    "exhausted; 4 engine unavailable; 5 storage failed; 10 overfit, 11 underfit and 12 "
    "inconclusive (evaluate); 130 interrupted.",
)


class Match(StrEnum):
    """How fills become round trips."""

    FLAT = "flat"
    FIFO = "fifo"


class Format(StrEnum):
    """File formats of `export`."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


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
    str | None, typer.Option("--base-url", help="Engine nim: a NIM of your own [NVIDIA's models]")
]
ModelOption = Annotated[str | None, typer.Option(help="Engine nim: one model for all three roles")]
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
        int | None, typer.Option(help="Engine nim: stop before more calls than this")
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(help="Engine nim: stop before this cost, at the prices set")
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

    overrides = _tree(
        {
            "n": n,
            "seed": seed,
            "engine": engine,
            "gold": _gold(gold, bars, tz, holdout, skip_bad_gold, calendar),
            "diversity": {"weights": weights, "file": constraint, "widen": widen_buckets},
            "nim": {
                **_nim(base_url, model),
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
        raise typer.Exit(dry_run_command(load_settings(overrides, config), as_json=as_json))
    raise typer.Exit(run_command(overrides, config, resume=resume, quiet=quiet, as_json=as_json))


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

    overrides = _tree(
        {
            "n": n,
            "seed": seed,
            "engine": engine,
            "gold": _gold(gold, bars, tz, holdout, skip_bad_gold, calendar),
            "diversity": {"weights": weights, "file": constraint, "widen": widen_buckets},
            "nim": _nim(base_url, model),
        }
    )
    preview_command(load_settings(overrides, config))


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

    overrides = _tree(
        {
            "gold": _gold(None, bars, tz, None, skip_bad_gold, calendar),
            "indicators": {"extra": indicator or None},
            "run": {"folder": folder},
        }
    )
    indicators_command(rows, load_settings(overrides, config), out)


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

    overrides = _tree(
        {
            "gold": _gold(gold, bars, tz, holdout, skip_bad_gold, calendar),
            "evaluation": {"seed": seed, "storage": storage},
            "run": {"folder": folder, "workers": workers, "report": report},
        }
    )
    settings = load_settings(overrides, config)
    code = evaluate_command(rows, settings, quick=quick, out=out, as_json=as_json, quiet=quiet)
    raise typer.Exit(code)


@app.command()
def report(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Name or path of a run [the latest]")
    ] = None,
    gold: GoldOption = None,
    bars: BarsOption = None,
    out: Annotated[Path | None, typer.Option(help="File to write [the run's report.html]")] = None,
    folder: FolderOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the report of a run: one page for a browser that shows what came of it."""
    from tradegen.cli.report_command import report_command
    from tradegen.settings import load_settings

    overrides = _tree(
        {"gold": {"files": gold or None, "bars": bars or None}, "run": {"folder": folder}}
    )
    report_command(run, load_settings(overrides, config), out)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="Fills or round trips: a CSV, Excel or Parquet file")
    ],
    bars: Annotated[list[Path], typer.Option("--bars", help="File of bars by symbol; repeatable")],
    out: Annotated[Path, typer.Option(help="File to write")] = Path("gold.parquet"),
    match: Annotated[
        Match,
        typer.Option(help="How fills become round trips: flat to flat, or first in, first out"),
    ] = Match.FLAT,
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
    dust: Annotated[
        float, typer.Option(help="Share of a position that may be left when it counts as closed")
    ] = 0.002,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Drop rows that cannot be read instead of stopping")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of the rows, write nothing")
    ] = False,
) -> None:
    """Make gold of what a broker, an exchange or a journal exports."""
    from tradegen.cli.import_command import Asked, import_command
    from tradegen.data.gold import zone

    import_command(
        Asked(
            file=file,
            bars=bars,
            out=out,
            fifo=match is Match.FIFO,
            columns=_pairs("--map", column),
            symbols=_pairs("--symbol", symbol),
            interval=interval,
            tz=zone(tz),
            bars_tz=zone(bars_tz),
            time_format=time_format,
            dust=dust,
            skip_bad=skip_bad,
            force=force,
            dry_run=dry_run,
        )
    )


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """Return the pairs of an option that is given as NAME=VALUE."""
    from tradegen.errors import InputError

    pairs = {}
    for one in given or []:
        name, equals, value = one.partition("=")
        if not (name and equals and value):
            raise InputError(f"{option} {one}: expected NAME=VALUE")
        pairs[name.strip()] = value.strip()
    return pairs


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


def _gold(
    files: list[Path] | None,
    bars: list[Path] | None,
    tz: str | None,
    holdout: float | None,
    skip_bad: bool | None,
    calendar: str | None,
) -> dict[str, Any]:
    return {
        "files": files or None,
        "bars": bars or None,
        "tz": tz,
        "holdout": holdout,
        "skip_bad": skip_bad,
        "calendar": calendar,
    }


def _nim(base_url: str | None, model: str | None) -> dict[str, Any]:
    one = {"model": model}
    return {"base_url": base_url, "generator": one, "judge": one, "refiner": one}


def _tree(flags: dict[str, Any]) -> dict[str, Any]:
    """Return the flags that were given."""
    tree = {key: _tree(value) if isinstance(value, dict) else value for key, value in flags.items()}
    return {key: value for key, value in tree.items() if value not in (None, {})}


def main() -> NoReturn:
    """Run the command line; errors become one message and their exit code."""
    for variable, value in ONE_THREAD.items():
        os.environ.setdefault(variable, value)
    _open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # bars of blocks are no reason to fail
    try:
        status = _outcome()
        sys.stdout.flush()
    except OSError as error:
        status = _lost_output(error)
    sys.exit(status)


def _outcome() -> int:
    """Run the command and return its exit code. Raises `OSError` if stdout cannot be written."""
    try:
        status = app(standalone_mode=False)
    except TradegenError as error:
        _say(str(error), error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as left:  # what typer and rich make of a pipe that has closed
        if isinstance(left.__context__, BrokenPipeError):
            raise left.__context__ from None
        raise
    except (MemoryError, OSError, RuntimeError) as error:
        if hasattr(error, "exit_code") or (known := _known(error)) is None:
            raise
        _say(str(known), known.exit_code)
        return known.exit_code
    except Exception as error:  # typer's own usage errors carry their exit code
        if not hasattr(error, "exit_code") or not hasattr(error, "show"):
            raise
        if _wants_json():
            _say(str(error), error.exit_code)
        else:
            error.show()
        return int(error.exit_code)
    return status if isinstance(status, int) else 0


def _open_standard_streams() -> None:
    """Let streams that the caller has closed lead nowhere, and no file take their numbers."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _lost_output(error: OSError) -> int:
    """Say that output was lost, unless the reader has just left; return the exit code."""
    from tradegen.cli.console import silence_stdout

    silence_stdout()
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    if error.errno not in _LOST:
        raise error
    print(f"tradegen: the output cannot be written ({error.strerror})", file=sys.stderr)
    return StorageError.exit_code


def _known(error: MemoryError | OSError | RuntimeError) -> TradegenError | None:
    """Return what an error of the system means for the user, if that is known."""
    if (wrong := _what_is_wrong_with_the_path(error)) is not None:
        return InputError(wrong)
    if (wanting := _what_is_wanting(error)) is not None:
        return TradegenError(wanting)
    return None


def _what_is_wrong_with_the_path(error: Exception) -> str | None:
    """Return what is wrong with a path that the user gave, if that is what an error says."""
    if not isinstance(error, OSError) or error.errno not in _WRONG_PATH or error.filename is None:
        return None
    shown = str(error.filename)
    shown = shown if len(shown) <= _PATH_SHOWN else f"{shown[:_PATH_SHOWN]}..."
    return f"{shown}: {error.strerror}; name another, or change its permissions"


def _what_is_wanting(error: MemoryError | OSError | RuntimeError) -> str | None:
    """Return what the machine has not enough of, if that is what an error says."""
    advice = "fewer rows or --workers need less"
    if isinstance(error, MemoryError):
        return f"not enough memory ({error or 'no size is told'}); {advice}"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return f"no more threads can be started; {advice}"
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return f"too many files are open ({error.strerror}); {advice}, or raise ulimit -n"
    if isinstance(error, OSError) and error.errno in (errno.EAGAIN, errno.ENOMEM):
        return f"no more processes can be started ({error.strerror}); {advice}"
    return None


def _wants_json() -> bool:
    return "--json" in sys.argv


def _say(message: str, exit_code: int) -> None:
    if _wants_json():
        print(json.dumps({"error": message, "exit_code": exit_code}))
    print(f"tradegen: {message}", file=sys.stderr)
