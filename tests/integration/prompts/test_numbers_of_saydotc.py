"""What app_queue's announcements say: the real Asterisk's say.c finds every file, in both languages.

An Asterisk without network and with sounds of 20 ms says a range of numbers; its own log tells what it
played."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from linebox.features.prompts import builtin
from linebox.model.languages import Language

MODULES = [
    *(
        "pbx_config",
        "app_playback",
        "app_dial",
        "app_echo",
        "format_pcm",
        "codec_alaw",
        "codec_ulaw",
    ),
    *("res_timing_timerfd", "app_verbose", "func_channel", "res_clioriginate"),
]
NUMBERS = [0, 1, 2, 9, 10, 11, 19, 20, 21, 30, 45, 99, 100, 101, 110, 119, 120, 200, 305, 999, 1000]
NUMBERS += [1001, 1010, 1100, 2000, 9999, 10000, 12000]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The log of each language's calls."""
    root = tmp_path_factory.mktemp("asterisk")
    for folder in ("etc", "run", "log", "spool", "db", "data/sounds"):
        (root / folder).mkdir(parents=True)
    for sound in builtin.sounds():
        file = root / "data/sounds" / sound.language / f"{sound.name}.alaw"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\xd5" * 160)
    (root / "data/documentation").symlink_to("/usr/share/asterisk/documentation")
    usual = subprocess.run(["asterisk", "-V"], capture_output=True, text=True, check=True).stdout
    assert usual.startswith("Asterisk 22.")
    modules = next(Path("/usr/lib").glob("*/asterisk/modules"))
    (root / "etc/asterisk.conf").write_text(
        f"""[directories]
astetcdir => {root}/etc
astmoddir => {modules}
astvarlibdir => {root}/data
astdbdir => {root}/db
astkeydir => {root}/data
astdatadir => {root}/data
astagidir => {root}/data
astspooldir => {root}/spool
astrundir => {root}/run
astlogdir => {root}/log
[options]
documentation_language = en_US
"""
    )
    load = "\n".join(f"load = {module}.so" for module in MODULES)
    (root / "etc/modules.conf").write_text(f"[modules]\nautoload = no\n{load}\n")
    (root / "etc/logger.conf").write_text("[logfiles]\nfull => verbose(3),notice,warning,error\n")
    steps = "\n".join(f" same => n,Verbose(3,say {n})\n same => n,SayNumber({n})" for n in NUMBERS)
    (root / "etc/extensions.conf").write_text(
        f"""[say]
exten => _[a-z][a-z],1,Answer()
 same => n,Set(CHANNEL(language)=${{EXTEN}})
{steps}
 same => n,Verbose(3,say done)
"""
    )
    asterisk = ["asterisk", "-C", str(root / "etc/asterisk.conf")]
    daemon = subprocess.Popen(
        [*asterisk, "-f", "-vvv"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def console(command: str) -> str:
        done = subprocess.run(
            [*asterisk, "-rx", command], capture_output=True, text=True, timeout=20
        )
        return done.stdout

    try:
        deadline = time.monotonic() + 60
        while "fully booted" not in console("core waitfullybooted"):
            assert time.monotonic() < deadline, "Asterisk doesn't start"
            assert daemon.poll() is None, "Asterisk ended"
        log = root / "log/full"
        heard = {}
        for language in Language:
            before = log.stat().st_size
            console(f"channel originate Local/{language}@say application Wait 60")
            while "say done" not in (text := log.read_text("utf-8", "replace")[before:]):
                assert time.monotonic() < deadline + 30, text[-2000:]
                time.sleep(0.1)
            console("channel request hangup all")
            heard[str(language)] = text
        yield heard
    finally:
        console("core stop now")
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()


@pytest.mark.req("ACD-5")
@pytest.mark.parametrize("language", list(Language))
def test_no_file_is_missed(told: dict[str, str], language: Language) -> None:
    assert re.findall(r"(?:File|Unable to).*", told[language]) == []


def played(text: str) -> dict[int, list[str]]:
    """Number → what was played for it."""
    parts = re.split(r"say (\d+|done)$", text, flags=re.MULTILINE)
    return {
        int(number): re.findall(r"Playing 'digits/([^.']+)", what)
        for number, what in zip(parts[1::2], parts[2::2], strict=False)
        if number != "done"
    }


@pytest.mark.req("ACD-5")
@pytest.mark.parametrize(
    ("number", "zh", "en"),
    [
        (0, "0", "0"),
        (2, "2", "2"),
        (10, "10", "10"),
        (19, "10 9", "19"),
        (20, "20", "20"),
        (45, "40 5", "40 5"),
        (101, "1 hundred 0 1", "1 hundred 1"),
        (305, "3 hundred 0 5", "3 hundred 5"),
        (1000, "1 thousand", "1 thousand"),
    ],
)
def test_places_in_the_queue_are_said_rightly(
    told: dict[str, str], number: int, zh: str, en: str
) -> None:
    assert played(told["zh"])[number] == zh.split()
    assert played(told["en"])[number] == en.split()


def test_app_queues_own_sounds_are_all_there() -> None:
    """The names that app_queue.so of this Asterisk plays unless a queue names others."""
    module = next(Path("/usr/lib").glob("*/asterisk/modules/app_queue.so")).read_bytes()
    named = {m.decode() for m in re.findall(rb"\0(queue-[a-z]+[a-z0-9]*)(?=\0)", module)}
    named -= {"queue-callerannounce"}
    assert len(named) > 8
    assert named <= {sound.name for sound in builtin.sounds()} | {"queue-periodic-announce"}
