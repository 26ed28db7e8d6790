"""What the sandboxes hold back, tried from inside them (SEC-2).

A unit of its own with the very settings of the daemon's, only another program: it tries what a
daemon taken over by somebody would.
"""

from __future__ import annotations

import json
import stat
from typing import Any

import pytest

from fixtures.site import Site

_TRIES = r"""
import json, mmap, os, pathlib, socket, subprocess, sys
def tried(act):
    try:
        return {"did": str(act())}
    except Exception as error:
        return {"error": type(error).__name__}
def reached(host, port):
    with socket.create_connection((host, port), timeout=2):
        return "connected"
def alone():
    return all(int(p) == os.getpid() or int(p) == os.getppid() for p in os.listdir("/proc") if p.isdigit())
exchange = sys.argv[1]
print(json.dumps({
    "etc": tried(lambda: pathlib.Path("/etc/owned").write_text("x")),
    "program": tried(lambda: pathlib.Path("/usr/lib/linebox/python/owned.py").write_text("x")),
    "data": tried(lambda: pathlib.Path("/data/generations/owned").write_text("x")),
    "secrets": tried(lambda: os.listdir("/data/secrets")),
    "others_credentials": tried(lambda: pathlib.Path("/run/credentials/nginx.service/tls.key").read_text()),
    "alone": alone(),
    "environment_of_init": tried(lambda: pathlib.Path("/proc/1/environ").read_bytes()),
    "outside": tried(lambda: reached(exchange, 8088)),
    "ami": tried(lambda: reached("127.0.0.1", 5038)),
    "root": tried(lambda: os.setuid(0)),
    "namespace": tried(lambda: os.unshare(os.CLONE_NEWUSER)),
    "code": tried(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)),
    "setuid_file": tried(lambda: os.chmod(pathlib.Path("/tmp/x").open("w").name, 0o4755)),
    "asterisk_console": tried(lambda: socket.socket(socket.AF_UNIX).connect("/run/asterisk/asterisk.ctl")),
    "own_credentials": sorted(os.listdir(os.environ["CREDENTIALS_DIRECTORY"])),
}))
"""


def tries(site: Site, daemon: str) -> dict[str, Any]:
    """What came of each try in the sandbox of ``linebox-<daemon>``."""
    site.box.sh("sh", "-c", "cat > /usr/lib/linebox/probe.py", stdin=_TRIES)
    address = site.exchange_box.address
    script = f"""
        set -e
        at=/run/systemd/system from=/etc/systemd/system/linebox-{daemon}.service
        sed -e 's|^ExecStart=.*|ExecStart=/usr/bin/python3 /usr/lib/linebox/probe.py {address}|' \\
          -e 's|^Type=.*|Type=oneshot|' -e '/^Restart/d; /^WatchdogSec/d' \\
          -e 's|^\\[Service\\]|&\\nStandardOutput=file:/tmp/probe.json|' $from > $at/linebox-probe.service
        rm -rf $at/linebox-probe.service.d /tmp/probe.json
        [ ! -d $from.d ] || cp -r $from.d $at/linebox-probe.service.d
        systemctl daemon-reload
        systemctl start linebox-probe.service
        cat /tmp/probe.json
        rm -rf $at/linebox-probe.service* /usr/lib/linebox/probe.py; systemctl daemon-reload
    """
    found: dict[str, Any] = json.loads(site.box.sh("sh", "-c", script))
    return found


#: Nobody of ours may.
_NEVER = ("etc", "program", "secrets", "others_credentials", "environment_of_init", "outside",
          "root", "namespace", "code", "setuid_file", "asterisk_console")  # fmt: skip


@pytest.mark.req("SEC-2")
def test_webd_reaches_nothing_but_its_sockets(site: Site) -> None:
    found = tries(site, "webd")
    assert [name for name in (*_NEVER, "data", "ami") if "did" in found[name]] == []
    assert found["alone"], "it sees other users' processes"
    assert {"session-key", "setup-code.scrypt"} <= set(found["own_credentials"])
    assert not {"ami-calld", "tls.key"} & set(found["own_credentials"])


@pytest.mark.req("SEC-2")
def test_calld_reaches_asterisk_and_nothing_outside(site: Site) -> None:
    found = tries(site, "calld")
    assert [name for name in (*_NEVER, "data") if "did" in found[name]] == []
    assert found["ami"] == {"did": "connected"}
    assert found["own_credentials"] == ["ami-calld"]


@pytest.mark.req("SEC-2")
def test_secrets_are_root_s_alone(site: Site) -> None:
    folder = site.box.data / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and folder.stat().st_uid == 0
    modes = site.box.sh(
        "stat", "-c", "%a %U", "/run/asterisk/manager-secrets.conf", "/run/asterisk/tls.key"
    )
    assert modes.split() == ["600", "asterisk"] * 2


@pytest.mark.req("SEC-2")
def test_our_daemons_packets_end_at_loopback(site: Site) -> None:
    """nftables too, should a sandbox be lifted: a process of that user gets nowhere."""
    code = (
        "import socket, sys\ntry:\n    socket.create_connection((sys.argv[1], 8088), 2)\n"
        "    print('reached')\nexcept OSError:\n    print('held')"
    )
    said = {
        user: site.box.sh(
            "setpriv", "--reuid", user, "--clear-groups", "python3", "-c", code, site.exchange_box.address
        ).strip()
        for user in ("linebox-webd", "linebox-calld", "linebox-confd", "linebox-guardd", "postgres", "root")
    }  # fmt: skip
    assert said.pop("root") == "reached", "the try itself is wrong"
    assert set(said.values()) == {"held"}, said


@pytest.mark.req("SEC-2")
def test_systemd_reckons_every_unit_of_ours_as_well_shut(site: Site) -> None:
    units = json.loads(site.box.sh("systemd-analyze", "security", "--json=short"))
    ours = {u["unit"]: float(u["exposure"]) for u in units if u["unit"].startswith("linebox-")}
    assert {"linebox-webd.service", "linebox-calld.service", "linebox-guardd.service"} <= set(ours)
    assert max(ours.values()) <= 2.5, ours


@pytest.mark.req("SEC-2")
def test_daemons_sockets_are_their_group_s(site: Site) -> None:
    """Nobody outside the group speaks to one."""
    listed = site.box.sh(
        "sh",
        "-c",
        "stat -c '%a %U %G %n' /run/linebox/*/api.sock /run/asterisk/asterisk.ctl",
    )
    for line in listed.splitlines():
        mode, owner, group, name = line.split()
        assert int(mode, 8) & 0o007 == 0, line
        if name.endswith("asterisk.ctl"):  # commands of every kind: Asterisk's alone
            assert (mode, owner, group) == ("600", "asterisk", "asterisk")
    code = "import socket; socket.socket(socket.AF_UNIX).connect('/run/linebox/calld/api.sock')"
    refused = site.box.sh(
        "sh",
        "-c",
        f'setpriv --reuid nobody --regid nogroup --clear-groups python3 -c "{code}" 2>&1 || true',
    )
    assert "PermissionError" in refused
