"""The shapes of the API's answers, for its OpenAPI document and for the tests."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Refusal(BaseModel):
    """Every error of the API."""

    error: str
    detail: str
    suggestions: list[str] = []


class Health(BaseModel):
    """The state of the platform; more keys may come."""

    model_config = ConfigDict(extra="allow")

    status: Literal["ok", "degraded"]
    mode: str
    symbols: int
    updates_per_second: float
    feed: dict[str, Any]
    rss_mib: float


class Listed(BaseModel):
    """One symbol. Prices in quote currency; null where nothing is known yet."""

    symbol: str
    base: str
    quote: str
    tick: str | None
    price_digits: int
    quantity_digits: int
    trading: bool
    price: float | None
    change_24h: float | None = Field(description="percent")
    open_24h: float | None
    high_24h: float | None
    low_24h: float | None
    quote_volume_24h: float | None
    stale: bool
    traded_at: int = Field(description="ms UTC by the exchange's clock; 0: no trade seen yet")
    spark: list[float | None] = Field(description="prices of the last 24 hours, the newest last")


class Symbols(BaseModel):
    mode: str
    version: int = Field(description="rises when a symbol comes or goes; frames of the stream carry it")
    exchange_time: int = Field(description="ms UTC")
    timeframes: list[str]
    default_timeframe: str
    symbols: list[Listed]


class CandleColumns(BaseModel):
    """Columns of equal length, oldest first; times are open times in ms UTC."""

    symbol: str
    timeframe: str
    open_time: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float] = Field(description="base currency")


class LineColumn(BaseModel):
    name: str
    overlay: bool = Field(description="over the price, or in a pane below")
    values: list[float | None]


class PlotColumns(BaseModel):
    key: str = Field(description="the indicator as text, as it can be asked for")
    label: str
    overlay: bool = Field(description="whether any of its lines is over the price")
    guides: list[float]
    marks: bool = Field(description="a candle pattern: marked where it is not 0, above 0 for a rise")
    since: int = Field(
        description="ms UTC: the first candle that counts, for what sums without end; values of another "
        "beginning do not go on from these. 0 for what forgets"
    )
    steps: bool = Field(description="levels: from one to the next is no slope")
    name: str = Field(description="in /api/indicators; empty for an expression that is no indicator")
    inputs: list[str] = Field(description="what it reads, where that is not the usual")
    parameters: dict[str, float | str]
    lines: list[LineColumn]


class Refused(BaseModel):
    text: str
    why: str


class OneSignal(BaseModel):
    symbol: str
    timeframe: str
    at: int = Field(description="close time of the deciding candle, ms UTC")
    side: Literal["BUY", "SELL"]
    strength: float
    confidence: float
    level: Literal["LOW", "MEDIUM", "HIGH"]
    price: float
    strategy: str
    reasons: list[str]


class ChartColumns(CandleColumns):
    plots: list[PlotColumns]
    signals: list[OneSignal]
    refused: list[Refused] = Field(description="indicators that were asked for and cannot be drawn")


class Signals(BaseModel):
    signals: list[OneSignal]


class OneParameter(BaseModel):
    name: str
    default: float | str
    whole: bool
    least: float | None
    most: float | None = Field(description="null: no limit")
    words: list[str] = Field(description="if any: it is one of these")
    range: str = Field(description="what it may be, in words")


class OneIndicator(BaseModel):
    """All that it says of itself; more keys may come."""

    model_config = ConfigDict(extra="allow")

    name: str
    label: str
    title: str
    group: str
    summary: str
    text: str
    aliases: list[str]
    inputs: list[str]
    parameters: list[OneParameter]
    outputs: list[dict[str, Any]]
    overlay: bool = Field(description="drawn over the price, or in a pane of its own")


class Catalogue(BaseModel):
    configured: list[str] = Field(description="on charts where nobody chose others")
    most: int = Field(description="how many a chart draws")
    indicators: list[OneIndicator]


class Checked(BaseModel):
    """An indicator that can be drawn: `key` is how `/api/chart` and its plots name it."""

    key: str
    label: str
