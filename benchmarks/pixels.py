"""From a price change to the pixels that show it, in a real browser, with what it costs.

    python -m benchmarks.pixels                 # starts `thebot up` on the embedded sandbox, 60 s
    python -m benchmarks.pixels --seconds 20 --url http://127.0.0.1:8000/

Each change of a price cell in the watchlist is dated back to when the exchange's message arrived at our
server (frames carry the age of each price) and forward to when the browser had painted it. The part from the
sending of the frame to the paint is told apart. The browser's main thread is read from Chromium's metrics,
the server's CPU from the operating system.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from benchmarks.running import platform
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

# Runs before the page's own scripts. It knows nothing of them: it reads the frames off the socket, and sees
# the cells change.
WATCH = """
(() => {
  const log = window.__pixels = {
    latencies: [], sinceSent: [], frames: 0, painted: 0, symbols: new Set(), on: false,
  };
  let last = null;
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', (event) => {
        if (typeof event.data === 'string') return;
        const head = new Float64Array(event.data, 0, 8), rows = head[6];
        last = { sentAt: head[2], age: new Uint16Array(event.data, 64 + 12 * rows, rows) };
        log.frames += 1;
      });
    }
  };
  const channel = new MessageChannel();
  let waiting = [];
  channel.port1.onmessage = () => {   // posted while a frame is made, heard once it was painted
    const now = performance.timeOrigin + performance.now();
    log.painted += 1;
    for (const { sentAt, age } of waiting) {
      log.latencies.push(now - sentAt + age);
      log.sinceSent.push(now - sentAt);
    }
    waiting = [];
  };
  let rowOf = null;
  new MutationObserver((changes) => {
    if (!log.on || !last) return;
    for (const change of changes) {
      const cell = change.target.parentElement;
      if (!cell || !cell.classList.contains('price')) continue;
      const symbol = cell.parentElement.dataset.symbol;
      const row = rowOf.get(symbol);
      log.symbols.add(symbol);
      waiting.push({ sentAt: last.sentAt, age: last.age[row] });
    }
    if (waiting.length) channel.port2.postMessage(0);
  }).observe(document, { characterData: true, subtree: true });
  window.__begin = (symbols) => {
    rowOf = new Map(symbols.map((symbol, i) => [symbol, i]));
    Object.assign(log, { latencies: [], sinceSent: [], frames: 0, painted: 0, on: true });
    log.symbols.clear();
  };
})();
"""


@dataclass(frozen=True)
class Figures:
    """One window. Times in ms, shares in percent of one core."""

    seconds: float
    symbols: int  # on the desk
    symbols_in_sight: int
    changes_seen: int
    updates_per_second: float  # pictures a second that showed new prices
    p50: float  # message of the exchange at our server -> painted
    p95: float
    p95_from_server: float  # frame sent -> painted
    main_thread: float
    server_cpu: float
    server_rss_mib: float

    def __str__(self) -> str:
        return (
            f"{self.symbols} symbols ({self.symbols_in_sight} in sight), {self.changes_seen} changes in "
            f"{self.seconds:.0f} s, {self.updates_per_second:.1f} pictures/s | price change to pixels p50 "
            f"{self.p50:.0f} ms, p95 {self.p95:.0f} ms (server to pixels {self.p95_from_server:.0f} ms) | "
            f"main thread {self.main_thread:.1f} %, server {self.server_cpu:.1f} % of a core, "
            f"{self.server_rss_mib:.0f} MiB"
        )


def measured(page: Page, server: psutil.Process, seconds: float) -> Figures:
    """One window of `seconds` on a page that `watched` has opened and that shows moving prices."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def busy() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")

    listed = page.evaluate("fetch('/api/symbols').then((answer) => answer.json())")
    names = [each["symbol"] for each in listed["symbols"]]
    page.evaluate("(names) => window.__begin(names)", names)
    server.cpu_percent()
    busy_before, begun = busy(), time.perf_counter()
    page.wait_for_timeout(seconds * 1000)
    busy_after, took, cpu = busy(), time.perf_counter() - begun, server.cpu_percent()
    seen: dict[str, Any] = page.evaluate(
        "() => { const l = window.__pixels; return { ...l, symbols: l.symbols.size }; }"
    )
    devtools.detach()
    latencies, sent = np.array(seen["latencies"] or [np.nan]), np.array(seen["sinceSent"] or [np.nan])
    return Figures(
        seconds=took,
        symbols=len(names),
        symbols_in_sight=seen["symbols"],
        changes_seen=len(seen["latencies"]),
        updates_per_second=seen["painted"] / took,
        p50=float(np.percentile(latencies, 50)),
        p95=float(np.percentile(latencies, 95)),
        p95_from_server=float(np.percentile(sent, 95)),
        main_thread=(busy_after - busy_before) / took * 100,
        server_cpu=cpu,
        server_rss_mib=server.memory_info().rss / 2**20,
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def watched(browser: Browser, url: str) -> Iterator[Page]:
    """The page with the watch over its pixels, once it shows a chart and prices."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(WATCH)
    page.goto(url)
    page.wait_for_selector("#connection[data-kind]", timeout=30_000)
    page.wait_for_function("() => document.querySelector('#chart').dataset.state === 'ready'", timeout=60_000)
    yield page
    page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--url", help="a dashboard that runs already; with --pid of its server")
    parser.add_argument("--pid", type=int)
    parser.add_argument("--settle", type=float, default=15, help="seconds before the window begins")
    parser.add_argument("--screenshot", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()

    def run(url: str, server: psutil.Process) -> None:
        with chromium() as browser, watched(browser, url) as page:
            page.wait_for_timeout(given.settle * 1000)
            figures = measured(page, server, given.seconds)
            if given.screenshot:
                page.screenshot(path=given.screenshot)
        print(json.dumps(asdict(figures)) if given.json else figures)

    if given.url:
        run(given.url, psutil.Process(given.pid or os.getpid()))
    else:
        with platform() as running:
            running.wait_until_warm()
            run(running.url, running.server)


if __name__ == "__main__":
    main()
