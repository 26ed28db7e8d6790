"""A bare Asterisk in a container of its own: the measure of what Linebox costs."""

from __future__ import annotations

import re
from pathlib import Path

from fixtures.boxes import REPO, Box, until

_HERE = Path(__file__).parent / "bare"
_STATIC = REPO / "firmware/linebox/asterisk/static"
#: What the bare dialplan has no use for.
_WITHOUT = ("cel_custom", "res_cdrel_custom", "res_odbc", "func_odbc", "app_celgenuserevent")

_ASTERISK = """[directories]
astetcdir => /data/bare
astmoddir => {modules}
astvarlibdir => /data/asterisk
astdbdir => /data/asterisk
astkeydir => /data/asterisk
astdatadir => /data/astdata
astagidir => /usr/share/asterisk/agi-bin
astspooldir => /data/asterisk
astrundir => /run/asterisk
astlogdir => /data/log-asterisk
[options]
defaultlanguage = zh
cache_media_frames = yes
documentation_language = en_US
"""


def bare_box() -> Box:
    return Box("bare", "voice:base", 30)


def write(box: Box, *, trunk: str, phones: list[tuple[str, str]]) -> None:
    """Its files into /data; ``phones``: extension and the contact where it is."""
    data = box.data
    etc = data / "bare"
    for folder in (
        etc,
        data / "asterisk",
        data / "recordings",
        data / "log-asterisk",
        data / "astdata/sounds",
    ):
        folder.mkdir(parents=True, exist_ok=True)
    for name in (
        "logger.conf",
        "musiconhold.conf",
        "rtp.conf",
        "indications.conf",
        "features.conf",
        "pjproject.conf",
        "codecs.conf",
        "stasis.conf",
        "cdr.conf",
    ):
        source = _STATIC / name
        if source.exists():
            (etc / name).write_text(re.sub(r"^#include.*$", "", source.read_text(), flags=re.M))
    with (etc / "musiconhold.conf").open("a") as music:
        music.write("\n[default]\nmode = files\ndirectory = moh\nsort = random\n")
    modules = (_STATIC / "modules.conf").read_text().splitlines()
    (etc / "modules.conf").write_text(
        "\n".join(m for m in modules if not any(f" {w}.so" in m for w in _WITHOUT)) + "\n"
    )
    (etc / "cel.conf").write_text("[general]\nenable = no\n")
    (etc / "manager.conf").write_text("[general]\nenabled = no\n")
    (etc / "http.conf").write_text("[general]\nenabled = no\n")
    (etc / "extensions.conf").write_text((_HERE / "extensions.conf").read_text())
    (etc / "pjsip.conf").write_text(_pjsip(trunk, phones))
    members = "\n".join(f"member = PJSIP/{ext}" for ext, _ in phones)
    (etc / "queues.conf").write_text(
        "[general]\npersistentmembers = no\nautofill = yes\nshared_lastcall = yes\n[g1]\nstrategy = leastrecent\ntimeout = 20\nretry = 1\n"
        f"wrapuptime = 0\nmaxlen = 50\nringinuse = no\nautofill = yes\nmusicclass = default\nqueue-callerannounce = bench-staff\n{members}\n"
    )
    (etc / "asterisk.conf").write_text(_ASTERISK)


def _pjsip(trunk: str, phones: list[tuple[str, str]]) -> str:
    head = "[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n"
    same = "disallow=all\nallow=alaw,ulaw\ndirect_media=no\nrtp_symmetric=yes\n"
    text = head + (
        f"[trunk]\ntype=endpoint\ncontext=from-trunk\naors=trunk\n{same}[trunk]\ntype=aor\ncontact=sip:{trunk}:5070\nqualify_frequency=30\n"
        f"[trunk]\ntype=identify\nendpoint=trunk\nmatch={trunk}\n"
    )
    for ext, contact in phones:
        text += (
            f"[{ext}]\ntype=endpoint\ncontext=from-phone\naors={ext}\ndevice_state_busy_at=1\n{same}"
            f"[{ext}]\ntype=aor\ncontact=sip:{ext}@{contact}\nqualify_frequency=15\n"
        )
    return text


def start(box: Box) -> None:
    """Asterisk with those files, as the user and at the priority it has in the box."""
    script = (
        "set -e; modules=$(echo /usr/lib/*/asterisk/modules); sed -i \"s#{modules}#$modules#\" /data/bare/asterisk.conf;"
        "mkdir -p /data/astdata/sounds /run/asterisk /data/astdata/sounds/zh;"
        "for part in /usr/share/linebox/sounds/zh/*; do ln -sfn $part /data/astdata/sounds/zh/; done;"
        "ln -sfn /usr/share/asterisk/moh /data/astdata/moh; ln -sfn /usr/share/asterisk/documentation /data/astdata/documentation;"
        "chown -R asterisk:asterisk /data/bare /data/asterisk /data/recordings /data/log-asterisk /run/asterisk;"
        "systemd-run -q --unit=bare -p User=asterisk -p Nice=-5 -p LimitNOFILE=16384 -p StandardOutput=null"
        " /usr/sbin/asterisk -f -C /data/bare/asterisk.conf"
    )  # fmt: skip
    box.sh("sh", "-c", script)
    until(
        "the bare Asterisk is up",
        lambda: (
            "booted"
            in box.sh(
                "asterisk",
                "-C",
                "/data/bare/asterisk.conf",
                "-rx",
                "core waitfullybooted",
                check=False,
            )
        ),
        within_s=30,
    )
