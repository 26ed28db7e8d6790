"""Sessions and the database in step: what was seen is noted, who lost the right to be there ends.

Whatever takes an account away (a page, another tool, the agent's being deleted) holds within
``EVERY_S``, and at once when webd's own pages do it. With the database away sessions go on.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from linebox.base.errors import LineboxError
from linebox.features.accounts import roles_store, store
from linebox.features.accounts.phones import Phones
from linebox.features.accounts.service import Accounts
from linebox.store.pool import Database

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0


class Watch:
    """Looks every ``EVERY_S``; calld is told of ended agents' sessions as soon as they end."""

    def __init__(self, accounts: Accounts, phones: Phones, db: Database) -> None:
        self._accounts = accounts
        self._phones = phones
        self._db = db
        self._noted: dict[str, object] = {}
        accounts.when_ended(phones.owe)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await self._phones.settle()
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._phones.owing.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Once: learn the roles, note what was used since, end what the database says is over."""
        used = self._accounts.in_use()
        if not used:
            return
        fresh = [one for one in used if self._noted.get(one.signed.id) != one.at]
        try:
            async with self._db.transaction() as connection:
                await store.note(connection, fresh)
                held = await store.held(connection, [one.signed.id for one in used])
                rules = await roles_store.rules(connection)
        except LineboxError as error:
            log.debug("sessions aren't compared: %s", error)
            return
        self._accounts.roles.learn(rules)
        self._noted = {one.signed.id: one.at for one in used}
        for one in used:
            if one.signed.id in held:
                self._accounts.names[one.signed.person.login] = held[one.signed.id]
            else:
                self._accounts.end(one.signed.id)
