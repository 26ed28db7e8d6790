"""A bare Asterisk in a container of its own: the measure of what Linebox costs."""

from __future__ import annotations

import re
from pathlib import Path

from fixtures.boxes import REPO, Box, until
from linebox.asterisk.confwriter import sections

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


def write(box: Box, *, like: Box, contacts: dict[str, str]) -> None:
    """Its files into /data: the queue, the trunk and the phones are those of box ``like``, so that
    both have the same Queue() and the same endpoints; ``contacts``: aor → where it is."""
    generation = like.data / "generations/current"
    queue = sections((generation / "own-queues.conf").read_text())["g1"]
    pjsip = _pjsip((generation / "pjsip.conf").read_text(), contacts)
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
    (etc / "pjsip.conf").write_text(pjsip)
    members = "\n".join(f"member = PJSIP/{aor}" for aor in contacts if aor.isdigit())
    general = (_STATIC / "queues.conf").read_text().partition("#include")[0]
    queue = queue.replace("queue-callerannounce = lb/staff", "queue-callerannounce = bench-staff")
    (etc / "queues.conf").write_text(f"{general}\n{queue}\n{members}\n")
    (etc / "asterisk.conf").write_text(_ASTERISK)


def _pjsip(text: str, contacts: dict[str, str]) -> str:
    """The box's own endpoints and aors, where ``contacts`` says, instead of registered."""
    kept = ["[udp]\ntype = transport\nprotocol = udp\nbind = 0.0.0.0:5060\n"]
    for section in re.split(r"^(?=\[)", text, flags=re.M):
        name = re.match(r"\[([^\]]+)\]", section)
        if name is None or name[1] not in contacts or "type = auth" in section:
            continue
        section = re.sub(r"^(?:auth|contact|remove_existing) = .*\n", "", section, flags=re.M)
        if "type = aor" in section:
            section = section.rstrip() + f"\ncontact = sip:{contacts[name[1]]}\n"
        kept.append(section)
    return "\n".join(kept)


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
