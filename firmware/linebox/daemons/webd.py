"""webd: the API and the live pages behind nginx (docs/names.md, "HTTP on sockets").

It starts with every peer away. With PostgreSQL dead, log-in and the live page go on.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from linebox.base.rights import Catalogue
from linebox.config.paths import Paths, paths
from linebox.daemons._runtime import Daemon, Heart
from linebox.daemons._web_server import unix_server
from linebox.features.accounts.factors import Factors
from linebox.features.accounts.phones import Phones
from linebox.features.accounts.service import Accounts
from linebox.features.accounts.watch import Watch
from linebox.features.agents.calld import Calld
from linebox.features.audit.service import Audit
from linebox.features.customers.regions import Regions
from linebox.features.diagnostics.health import Health
from linebox.features.host.client import Hostd
from linebox.features.lines.boardd import Boardd
from linebox.features.settings.confd import Confd
from linebox.features.wall.service import Walls
from linebox.store.pool import Database
from linebox.web.app import application
from linebox.web.daemons import Daemons
from linebox.web.live import Live
from linebox.web.registry import ENDPOINTS


def services(at: Paths) -> Mapping[type, object]:
    """What handlers may ask for, by type."""
    database = Database()
    accounts = Accounts(at.secrets, at.own("webd"), at.run / "webd/log-in.json")
    return {
        Paths: at,
        Database: database,
        Regions: Regions(at.share / "regions.csv", at.data / "regions.csv"),
        Accounts: accounts,
        Factors: Factors(at.secrets, at.own("webd"), database),
        Catalogue: Catalogue((one.needs, one.roles) for one in ENDPOINTS),
        Audit: Audit(at.secrets, at.own("webd"), database),
        Watch: Watch(accounts, Phones(at.socket("calld")), database),
        Walls: Walls(at.secrets, database),
        Confd: Confd(at.socket("confd")),
        Calld: Calld(at.socket("calld")),
        Hostd: Hostd(at.socket("hostd")),
        Boardd: Boardd(at.socket("boardd")),
        Live: Live(at.socket("calld"), Daemons()),
        Health: Health(
            database, {"calld": at.socket("calld")}, {"disk": at.data, "journal": at.journal}
        ),
    }


def main() -> int:
    """The process. Returns its exit status."""
    at = paths()
    daemon = Daemon("webd")
    given = services(at)
    live, watch, audit = given[Live], given[Watch], given[Audit]
    assert isinstance(live, Live)
    assert isinstance(audit, Audit)
    assert isinstance(watch, Watch)

    async def serve(heart: Heart) -> None:
        async with unix_server(application(ENDPOINTS, given), at.socket("webd")):
            while True:
                await heart.sleep(3600.0)

    async def follow(heart: Heart) -> None:
        await heart.beating(live.run())

    async def sessions(heart: Heart) -> None:
        await heart.beating(watch.run())

    async def tell(heart: Heart) -> None:
        await heart.beating(audit.run())

    daemon.add("http", serve)
    daemon.add("audit", tell)
    daemon.add("sessions", sessions)
    daemon.add("live", follow)
    return daemon.main()


if __name__ == "__main__":
    sys.exit(main())
