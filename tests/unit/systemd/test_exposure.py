"""Each unit's exposure as systemd reckons it from the files alone (SEC-2)."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[3] / "systemd/system"
#: Ours; the engines need more, and stay at what they reach now.
MOST = 2.5
ENGINES = {"asterisk": 1.5, "nginx": 1.6, "postgresql": 0.5, "pgbouncer": 0.5}
NAMES = sorted(path.stem for path in UNITS.glob("*.service"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("root")
    shutil.copytree(UNITS, made / "etc/systemd/system")
    return made


def exposure(root: Path, unit: str) -> float:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--root={root}", f"{unit}.service"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", said.stdout)
    assert found, said
    return float(found[1])


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("unit", NAMES)
def test_no_unit_is_exposed_more_than_it_may_be(root: Path, unit: str) -> None:
    assert exposure(root, unit) <= ENGINES.get(unit, MOST)


@pytest.mark.req("SEC-2")
def test_a_unit_without_the_sandbox_would_be_found(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root, tmp_path / "bare")
    shutil.rmtree(tmp_path / "bare/etc/systemd/system/linebox-.service.d")
    assert exposure(tmp_path / "bare", "linebox-webd") > MOST


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize("unit", NAMES)
def test_daemons_run_as_users_of_their_own_and_get_secrets_as_credentials(unit: str) -> None:
    text = (UNITS / f"{unit}.service").read_text()
    assert "EnvironmentFile" not in text
    if unit == "linebox-hostd":  # does what only root may, and makes certificates
        return
    for word in re.findall(r"/data/secrets\S*", text):
        assert f":{word}\n" in text, "only as the source of a credential"
    if "Type=notify" in text:
        assert re.search(r"^User=", text, re.M)
