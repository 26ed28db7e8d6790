"""libopenr2 with our patches (image/patches/libopenr2), and without: whole calls, no hardware (TEL-3).

``r2call`` (r2call.c) is both ends of a line; it is linked with whichever library it is run with.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

TREES = Path(os.environ["LINEBOX_TREES"])
OURS = TREES / "openr2"
DAHDI = next(Path("/usr/src").glob("dahdi-[0-9]*/include"))

CALLED, CALLER = "62345678", "13900011234"
#: What both ends are told of a call that is offered, answered and ended.
WHOLE = [
    "caller accepted",
    "callee accepted",
    "caller answered",
    "callee disconnected",
    "callee ended",
    "caller ended",
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("r2") / "r2call"
    library = next(OURS.glob("usr/lib/*/libopenr2.so.*"))
    source = Path(__file__).with_name("r2call.c")
    headers = (f"-I{OURS}/include", f"-I{DAHDI}")
    command = ["gcc", "-Wall", "-Wextra", "-Werror", *headers, str(source), "-o", str(made)]
    subprocess.run([*command, str(library)], check=True)
    return made


def call(  # a call as the settings of a span make it
    program: Path,
    *,
    ours: bool = True,
    variant: str = "CN",
    called: str = CALLED,
    caller: str = CALLER,
    max_ani: int = 11,
    ani_first: bool = False,
    folder: Path,
) -> list[str]:
    library = next(OURS.glob("usr/lib/*/libopenr2.so.*"))
    if ours:
        (folder / "libopenr2.so.3").symlink_to(library)
    command = [program, variant, called, caller, str(max_ani), "8", str(int(ani_first))]
    done = subprocess.run(
        command,
        env={"LD_LIBRARY_PATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stdout.splitlines()


@pytest.mark.req("TEL-3")
def test_in_china_the_callers_number_arrives(program: Path, tmp_path: Path) -> None:
    assert call(program, folder=tmp_path) == [f"callee offered {CALLED} {CALLER}", *WHOLE]


@pytest.mark.req("TEL-3")
def test_debians_library_does_not_get_it_across(program: Path, tmp_path: Path) -> None:
    """When it does, our patch can go."""
    told = call(program, ours=False, folder=tmp_path)
    assert told == ["callee error Multi Frequency Cycle Timeout"]


@pytest.mark.req("TEL-3")
@pytest.mark.parametrize(
    ("caller", "called", "offered"),
    [
        ("62345601", CALLED, "62345678 62345601"),  # shorter than what may come: I-15 ends it
        ("0139000112345678", CALLED, "62345678 01390001123"),  # longer: cut at max_ani
        ("-", CALLED, "62345678 -"),  # withheld
        (CALLER, "8001", "8001 13900011234"),  # fewer called digits than may come
    ],
)
def test_numbers_of_other_lengths(
    program: Path, tmp_path: Path, caller: str, called: str, offered: str
) -> None:
    told = call(program, caller=caller, called=called, folder=tmp_path)
    assert told == [f"callee offered {offered}", *WHOLE]


@pytest.mark.req("TEL-3")
def test_an_exchange_that_asks_for_the_caller_first_gets_both_numbers(
    program: Path, tmp_path: Path
) -> None:
    """A-6 after the first called digit, A-1 until I-15, A-1 for the rest of the called number."""
    told = call(program, ani_first=True, max_ani=20, folder=tmp_path)
    assert told == [f"callee offered {CALLED} {CALLER}", *WHOLE]


@pytest.mark.req("TEL-3")
@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("variant", ["CN", "ITU", "MX", "BR"])
def test_what_worked_before_still_does(
    program: Path, tmp_path: Path, variant: str, *, ours: bool
) -> None:
    max_ani = 0 if variant == "CN" else 11
    told = call(program, ours=ours, variant=variant, max_ani=max_ani, folder=tmp_path)
    number = CALLER if max_ani else ""
    assert told == [f"callee offered {CALLED} {number}", *WHOLE]
