"""Pages of the book become calls in the database, in the transaction that files their records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from psycopg import AsyncConnection

from linebox.features.calls import store
from linebox.features.calls.assemble import assemble, is_act, is_over
from linebox.features.calls.book import Page
from linebox.features.calls.model import Story

#: Called in the transaction that files them, with stories in their order.
type OnStories = Callable[[AsyncConnection, Sequence[Story]], Awaitable[None]]


async def tell(
    connection: AsyncConnection,
    pages: Sequence[Page],
    *,
    cut_at: datetime | None,
    on_stories: Sequence[OnStories] = (),
) -> list[Page]:
    """Write what these pages tell now; returns those whose calls are over.

    ``cut_at``: when the start of Asterisk was last heard of, if it is over: what it left open was
    cut then. ``on_stories`` get the calls whose details are written. The pages keep what is told.
    """
    stories: list[Story] = []
    details: list[Story] = []
    stale: list[str] = []
    gone: list[str] = []
    links: dict[str, str] = {}
    finished: list[Page] = []
    for page in pages:
        cel = page.records()
        ends = cut_at is not None or is_over(cel)
        if is_act(cel):
            finished += [page] if ends else []
            continue
        if len(page.ids) == 1 and not ends and not page.told:
            (id_,) = page.ids
            links |= dict.fromkeys(page.linkedids - page.known_links, id_)
            page.known_links |= page.linkedids
            continue
        story = assemble(page.start, cel, page.lines(), cut_at=cut_at)
        id_ = story.call.id
        stories.append(story)
        if ends or page.told:
            details.append(story)
            stale += page.ids if page.told else ()
            finished.append(page)
        gone += page.ids - {id_}
        fresh = page.linkedids - page.known_links if page.ids == {id_} else page.linkedids
        links |= dict.fromkeys(fresh, id_)
        page.known_links |= page.linkedids
        page.ids = {id_}
        page.told = page.told or ends
    if stale:
        await store.forget_details(connection, stale)
    if gone:
        await store.forget_calls(connection, gone)
    if stories:
        await store.put_calls(connection, stories)
    if links:
        await store.link(connection, links)
    if details:
        await store.add_details(connection, details)
        for told in on_stories:
            await told(connection, details)
    if stories:
        await store.notify(connection, [story.call.id for story in stories])
    return finished
