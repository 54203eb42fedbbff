from __future__ import annotations

import asyncio

from thebot.live.hub import Hub


async def _collected(hub: Hub[int]) -> list[int]:
    return [item async for item in hub.reader()]


async def test_every_reader_gets_every_item_in_order() -> None:
    hub: Hub[int] = Hub()
    readers = [asyncio.create_task(_collected(hub)), asyncio.create_task(_collected(hub))]
    await asyncio.sleep(0)
    for item in range(5):
        hub.publish(item)
    hub.close()
    assert await asyncio.gather(*readers) == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]


async def test_a_reader_that_falls_behind_is_cut_off_and_told_so_by_the_end() -> None:
    hub: Hub[int] = Hub(capacity=3)
    slow = hub.reader()
    pending = asyncio.ensure_future(anext(slow))
    await asyncio.sleep(0)
    hub.publish(0)
    assert await pending == 0
    for item in range(1, 5):  # the reader does not read meanwhile
        hub.publish(item)
    assert [item async for item in slow] == []
    assert hub.cut_off == 1
    hub.publish(99)  # the sender goes on
