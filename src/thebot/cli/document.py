"""`thebot indicators document`: pages made from what the indicators say of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from thebot.cli.plot import Picture
    from thebot.indicators import Definition
    from thebot.market import Candles

_DRAWN: Final = 110  # candles in a picture
GROUPS: Final = {
    "averages": "Averages of the price, and other lines that follow it.",
    "momentum": "How fast and how far the price moves.",
    "volatility": "How much the price moves, whichever way.",
    "volume": "What the traded volume says.",
    "trend": "Whether there is a trend and where it turns.",
    "structure": "Levels and zones that the market made: pivots, swings, support, gaps, order blocks.",
    "patterns": "Candlestick patterns. 100 is bullish, -100 bearish, 0 none, as in TA-Lib.",
}


def document(
    candles: Annotated[
        Path, typer.Option(metavar="FILE", help="A Parquet file of candles: the last are drawn.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write the pages into.")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="The data folder.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as a JSON object.")] = False,
) -> None:
    """Write a page for each group of indicators, with a picture of each on real candles."""
    from thebot.config import load_indicators
    from thebot.indicators import catalogue
    from thebot.market.parquet import read_candles

    load_indicators(data)
    read = read_candles(candles)
    found = catalogue()
    (out / "plots").mkdir(parents=True, exist_ok=True)
    for each in found:
        (out / "plots" / f"{each.name}.svg").write_text(picture(each, read).svg(), encoding="utf-8")
    written = pages(found)
    for name, text in written.items():
        (out / name).write_text(text, encoding="utf-8")
    if as_json:
        plain = {"folder": str(out), "pages": list(written), "indicators": [each.name for each in found]}
        typer.echo(json.dumps(plain))
    else:
        typer.echo(f"Wrote {len(written)} pages on {len(found)} indicators into {out}")


def pages(found: tuple[Definition, ...]) -> dict[str, str]:
    """The pages by file name: one for each group, and README.md that lists all."""
    groups: dict[str, list[Definition]] = {name: [] for name in GROUPS}
    for each in found:
        groups.setdefault(each.group, []).append(each)
    groups = {name: members for name, members in groups.items() if members}
    made = {f"{name}.md": "\n".join(_page(name, members)) for name, members in groups.items()}
    return {"README.md": "\n".join(_index(groups)), **made}


def _index(groups: dict[str, list[Definition]]) -> Iterator[str]:
    yield "# Indicators\n"
    yield (
        f"All {sum(map(len, groups.values()))} of them, made by `thebot indicators document` from the "
        "catalogue: do not edit these pages by hand. `thebot indicators show rsi` tells the same in a "
        "terminal. How near each is to the published references is in "
        "[conformance](../indicators-conformance.md).\n"
    )
    for name, members in groups.items():
        yield f"## [{name.capitalize()}]({name}.md)\n\n{GROUPS.get(name, 'Of your own.')}\n"
        yield "| name | also | parameters | what it says |\n|---|---|---|---|"
        for each in members:
            aliases = ", ".join(f"`{alias}`" for alias in each.aliases)
            parameters = ", ".join(
                f"{parameter.name} {parameter.shown(parameter.default)}"
                for parameter in each.parameters.values()
            )
            yield (
                f"| [`{each.name}`]({name}.md#{each.name}) | {aliases} | {parameters} | "
                f"{_cell(each.sections['summary'])} |"
            )
        yield ""


def _page(group: str, members: list[Definition]) -> Iterator[str]:
    from thebot.indicators.described import described

    yield f"# {group.capitalize()}\n\n{GROUPS.get(group, 'Of your own.')} [All indicators](README.md)\n"
    for each in members:
        yield from _entry(described(each))


def _entry(found: dict[str, Any]) -> Iterator[str]:
    name = found["name"]
    yield f"## {name}\n\n**{found['title']}**\n\n{found['summary']}\n"
    if found["text"]:
        yield f"{found['text']}\n"
    yield f"![{found['title']}](plots/{name}.svg)\n"
    if found["formula"]:
        yield f"- **Formula:** `{found['formula'].replace('`', chr(39))}`"
    for part in ("convention", "source"):
        if found[part]:
            yield f"- **{part.capitalize()}:** {found[part]}"
    if found["aliases"]:
        yield f"- **Also called:** {', '.join(f'`{alias}`' for alias in found['aliases'])}"
    yield f"- **Reads:** {', '.join(f'`{each}`' for each in found['inputs'])}"
    for each in found["parameters"]:
        yield f"- **Parameter** `{each['name']}`: {each['range']}; {each['default']} unless said"
    memory = "never forgets its start" if found["memory"] is None else f"memory {found['memory']:,} candles"
    for each in found["outputs"]:
        drawn = "over the price" if each["overlay"] else "in a pane of its own"
        known = f"known after {each['warmup']:,} candles" if each["warmup"] else "known at once"
        yield f"- **Output** `{each['name']}`: {each['unit']}, {drawn}, {known}"
    sparse = "; unknown where there is nothing to tell" if found["sparse"] else ""
    yield f"- **Warm-up and memory:** {found['warmup']:,} candles; {memory}{sparse}"
    if found["guides"]:
        yield f"- **Guide lines:** {', '.join(f'{guide:g}' for guide in found['guides'])}"
    if found["buy"]:
        yield f"- **Usual rule:** buy when `{found['buy']}`, sell when `{found['sell']}`"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def picture(definition: Definition, candles: Candles) -> Picture:
    """The indicator with its defaults at the last candles."""
    from thebot.cli.plot import Line, Picture
    from thebot.indicators import Panel
    from thebot.indicators.described import output_names

    made = definition()
    columns = Panel([made], candles.timeframe).over(candles)
    shown = slice(max(0, len(candles) - _DRAWN), None)
    prices = (candles.open, candles.high, candles.low, candles.close)
    over: list[Line] = []
    below: list[Line] = []
    markers: list[float] = []
    for name, output in zip(output_names(definition), made.outputs, strict=True):
        values = columns[output][shown].tolist()
        if definition.group == "patterns":
            markers = values
        else:
            (over if output.overlay else below).append(Line(name, values))
    return Picture(
        title=definition.title,
        candles=[tuple(row) for row in zip(*(each[shown].tolist() for each in prices), strict=True)],
        over=over, below=below, guides=definition.guides, markers=markers,
        steps=definition.group == "structure",
    )  # fmt: skip
