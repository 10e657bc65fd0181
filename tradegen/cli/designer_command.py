"""`tradegen designer`: the commands that go between tradegen and NeMo Data Designer."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradegen.cli.options import (
    BarsOption,
    CalendarOption,
    ConfigOption,
    ConstraintOption,
    FolderOption,
    GoldOption,
    HoldoutOption,
    JsonOption,
    SeedOption,
    SkipBadOption,
    TzOption,
    WeightsOption,
    WidenOption,
)
from tradegen.cli.overrides import gold_flags, nim_flags, overrides
from tradegen.errors import InputError

if TYPE_CHECKING:
    from tradegen.designer.export import Exported
    from tradegen.designer.left_out import LeftOut

designer_app = typer.Typer(
    name="designer",
    no_args_is_help=True,
    rich_markup_mode=None,
    help="NeMo Data Designer: its configs in and out, its jobs.",
)


@designer_app.command("import")
def import_(
    config: Annotated[Path, typer.Argument(help="Data Designer config: YAML or JSON")],
    out: Annotated[Path, typer.Option(help="Settings file to write")] = Path("tradegen.toml"),
    providers: Annotated[
        Path | None,
        typer.Option(help="Data Designer's model_providers.yaml [the one an export put beside]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for machines")
    ] = False,
) -> None:
    """Make settings of a Data Designer config, and say what has no meaning here."""
    from tradegen.cli.console import make_console
    from tradegen.cli.out_file import where_it_leads
    from tradegen.data.atomic import make_folder_of, write_text
    from tradegen.designer.reading import settings_from
    from tradegen.designer.toml import settings_text

    target = where_it_leads(out)
    _check_free([target], force=force)
    found = settings_from(config, providers)
    make_folder_of(target)
    write_text(target, settings_text(found.stated, found.left_out, str(config)))
    if as_json:
        left = _records(found.left_out)
        print(json.dumps({"out": str(out), "settings": found.stated, "left_out": left}))
        return
    console = make_console()
    for one in found.left_out:
        console.print(f"left out: {one}")
    console.print(f"wrote {out}; next: python -m tradegen run --config {out}")


@designer_app.command("export")
def export(
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings file [tradegen.toml, if it is there]")
    ] = None,
    out: Annotated[Path, typer.Option(help="Config to write, *.yaml")] = Path("designer.yaml"),
    n: Annotated[
        int | None, typer.Option("--n", help="Rows of the seed dataset [as in the settings]")
    ] = None,
    gold: Annotated[
        list[Path] | None,
        typer.Option("--gold", help="Real trades: Parquet, CSV or JSONL; several times"),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="A NIM of your own [NVIDIA's models]")
    ] = None,
    model: Annotated[str | None, typer.Option(help="One model for generator and judge")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Let data-designer validate it: tradegen[designer]")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for machines")
    ] = False,
) -> None:
    """Write the pipeline as a Data Designer config, and say what has no meaning there."""
    from tradegen.cli.out_file import where_it_leads
    from tradegen.designer.export import export_config
    from tradegen.settings import load_settings

    out = where_it_leads(out)
    _check_free([out, out.with_suffix(".parquet")], force=force)
    one = {"model": model} if model else {}
    address = base_url or os.environ.get("NVIDIA_BASE_URL")
    flags = {
        "nim": {**({"base_url": address} if address else {}), "generator": one, "judge": one},
        **({} if n is None else {"n": n}),
        **({"gold": {"files": gold}} if gold else {}),
    }
    written = export_config(load_settings(flags, config), out)
    if check:
        from tradegen.designer.checking import check_config

        check_config(written.config, written.home)
    if as_json:
        files = {name: str(getattr(written, name)) for name in ("config", "seeds", "home")}
        told = {"left_out": _records(written.left_out), "notes": list(written.notes)}
        print(json.dumps({**files, "rows": written.rows, "checked": check, **told}))
    else:
        _tell(written, checked=check)


@designer_app.command("submit")
def designer_submit(
    n: Annotated[int | None, typer.Option("--n", help="Rows to ask for, once each [1000]")] = None,
    base_url: Annotated[
        str | None, typer.Option("--base-url", help="Address of the NeMo microservices")
    ] = None,
    datastore: Annotated[
        str | None, typer.Option(help="Address of the datastore that questions are uploaded to")
    ] = None,
    repository: Annotated[
        str, typer.Option(help="Repository in the datastore")
    ] = "default/tradegen",
    seed_dataset: Annotated[
        str | None, typer.Option(help="Questions that were uploaded before: REPOSITORY/FILE")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="Model provider, as the service calls it [its default]")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Model of generator and judge [as the settings say]")
    ] = None,
    gold: GoldOption = None,
    bars: BarsOption = None,
    tz: TzOption = None,
    holdout: HoldoutOption = None,
    skip_bad_gold: SkipBadOption = None,
    calendar: CalendarOption = None,
    weights: WeightsOption = None,
    constraint: ConstraintOption = None,
    widen_buckets: WidenOption = None,
    seed: SeedOption = None,
    name: Annotated[str | None, typer.Option(help="Name of the run [the time]")] = None,
    folder: FolderOption = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="JOB", help="Go on with a job")
    ] = None,
    cancel: Annotated[
        str | None, typer.Option("--cancel", metavar="JOB", help="Cancel a job")
    ] = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Create the job, and leave it to --resume")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a Data Designer service write the rows, then hold them to judge, guards and ledger."""
    from tradegen.cli.designer_submit_command import submit_command

    flags = overrides(
        {
            "n": n,
            "seed": seed,
            "gold": gold_flags(gold, bars, tz, holdout, skip_bad_gold, calendar),
            "diversity": {"weights": weights, "file": constraint, "widen": widen_buckets},
            "nim": nim_flags(None, model),
            "run": {"name": name, "folder": folder},
        }
    )
    code = submit_command(
        flags,
        config,
        base_url=base_url,
        provider=provider,
        datastore=datastore,
        repository=repository,
        seed_dataset=seed_dataset,
        resume=resume,
        cancel=cancel,
        wait=not no_wait,
        as_json=as_json,
    )
    raise typer.Exit(code)


def _check_free(targets: Sequence[Path], *, force: bool) -> None:
    """Raise `InputError` for a file that must not be replaced."""
    from tradegen.cli.out_file import check_out_file

    for target in targets:
        check_out_file(target)
        if target.exists() and not force:
            raise InputError(f"{target} is there already; choose another --out, or pass --force")


def _records(left_out: Sequence["LeftOut"]) -> list[dict[str, str]]:
    return [{"path": one.path, "what": one.what, "why": one.why} for one in left_out]


def _tell(written: "Exported", *, checked: bool) -> None:
    from tradegen.cli.console import make_console

    console = make_console()
    for text in written.notes:
        console.print(f"note: {text}")
    for one in written.left_out:
        console.print(f"left out: {one}")
    seeds = f"{written.seeds} ({written.rows:,} rows)"
    console.print(f"wrote {written.config}, {seeds}, {written.home}/")
    if checked:
        console.print("data-designer finds the config valid")
    console.print(
        f"next: NEMO_TELEMETRY_ENABLED=false DATA_DESIGNER_HOME={written.home} data-designer "
        f"create {written.config} --run-config {written.home}/run_config.yaml -n {written.rows}"
    )
