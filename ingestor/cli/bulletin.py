"""The command bulletin: a month as a page, a workbook and the text of a notice."""

import gc
import threading
from pathlib import Path
from typing import Annotated

import typer

from aggregations import periods
from ingestor import tables
from ingestor.cli.common import Json, app, err, opened_store, options, print_line
from ingestor.cli.figures import plan_chosen, warn_if_stale
from ingestor.words import Language
from sensors.errors import ConfigError, shown


@app.command()
def bulletin(
    plan: Annotated[str, typer.Option(help="Id of the plan: the name of a file of config/plans/.")],
    month: Annotated[str, typer.Option(help="A month of the plan's year, such as 2020-06.")],
    out: Annotated[Path, typer.Option(help="Directory of the files; made where it is missing.")] = Path("bulletins"),
    outlook: Annotated[
        bool,
        typer.Option("--outlook", help="With the chance of meeting each target, as `qingjing outlook` has it."),
    ] = False,
    lang: Annotated[
        str | None, typer.Option("--lang", help="Language of the bulletin: zh or en. Default: that of tables.")
    ] = None,
    json_: Json = False,
) -> None:
    """Write the bulletin of a month: a page with charts, a workbook with all figures, and the text of a notice.

    PLAN-MONTH.html needs nothing else, neither network nor script, and prints on A4; PLAN-MONTH.xlsx has every figure
    exact and printed, with its counts, editions and rules; PLAN-MONTH.txt is what a notice says. In English they end in
    -en. The same store and configuration give the same bytes. What limits the figures, such as a month that is not
    whole, stands on the first line of each.

    \b
    qingjing bulletin --plan shenzhen-2020 --month 2020-06
    qingjing bulletin --plan demo-2020 --month 2020-06 --lang en --out /srv/www/bulletins
    """
    # Only here: what draws charts and writes workbooks takes a second to import; no other command has to wait for it.
    from ingestor.bulletin import charts, wording
    from ingestor.bulletin.files import FORMATS, write
    from ingestor.bulletin.gathering import gather, with_outlooks

    gc.disable()  # the process ends soon, and looking for cycles among a million values takes longer than they live
    language = _language(lang)
    loaded = options.load()
    chosen = plan_chosen(loaded, plan)
    threading.Thread(target=charts.get_ready, daemon=True).start()
    with opened_store(loaded) as store:
        warn_if_stale(loaded, store)
        found = gather(loaded, store, chosen, periods.parse(month))
        if outlook:
            found = with_outlooks(loaded, store, found)
    files = write(found, out, language)
    cautions = wording.cautions(found, language)
    if json_:
        print_line(
            tables.as_json(
                {
                    "plan": plan, "month": str(found.month), "period": str(found.period),
                    "files": {kind: str(file) for kind, file in zip(FORMATS, files, strict=True)},
                    "cautions": cautions, "targets": found.verdicts, "outlooks": found.outlooks,
                    "figures": [row for section in found.sections for row in section.rows.values()],
                }
            )
        )  # fmt: skip
        return
    for each in cautions:
        err.print(each, style="yellow", soft_wrap=True, markup=False, highlight=False)
    for file in files:
        print_line(str(file))


def _language(text: str | None) -> Language:
    if text not in (None, "zh", "en"):
        raise ConfigError(f"--lang: expected zh or en, got {shown(text)}")
    return options.language if text is None else "zh" if text == "zh" else "en"
