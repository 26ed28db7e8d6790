"""hostd's half of a certificate by ACME: asked, taken, renewed, told why not; killed at any moment."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from linebox.base.errors import InputError
from linebox.config.paths import Paths
from linebox.daemons._host_acme import AcmeStore
from linebox.daemons._host_certificates import CertificateStore
from linebox.features.host import acme
from linebox.features.host.model import AcmeWish, Certificates
from linebox.features.host.trouble import trouble

BEGIN = datetime.now(UTC).replace(microsecond=0)
WISH = AcmeWish(names=("cc.company.cn",), email="it@company.cn", agreed=True)


@dataclass
class World:
    """hostd's store with an authority played by hand and a clock that is set."""

    at: Paths
    now: datetime = BEGIN
    runs: bool = False
    starts: int = 0
    reloads: int = 0
    store: CertificateStore = field(init=False)

    def __post_init__(self) -> None:
        for path in (
            self.at.vault,
            self.at.data / "public",
            self.at.own("hostd"),
            self.at.run / "acme",
        ):
            path.mkdir(parents=True)
        self.reborn()

    def reborn(self) -> None:
        """hostd was killed: its successor has only the files."""
        self.store = CertificateStore(
            self.at,
            lambda: ["192.168.1.20"],
            acme=AcmeStore(self.at, start=self.start, runs=lambda: self.runs, now=lambda: self.now),
            reload=self.reload,
        )

    def start(self) -> None:
        self.starts += 1
        self.runs = True

    def reload(self) -> None:
        self.reloads += 1

    @property
    def request(self) -> Path:
        return self.at.vault / "acme/request"

    def answer(self, **more: object) -> None:
        """linebox-acme writes what came, and ends."""
        talk = json.loads((self.request / acme.TALK).read_text())
        text = json.dumps({"id": talk["id"], **more})
        (self.at.run / "acme/answer.json").write_text(text)
        self.runs = False

    def issue(self, *, days: float = 90, names: tuple[str, ...] = ()) -> None:
        csr = x509.load_pem_x509_csr((self.request / acme.CSR).read_bytes())
        assert csr.is_signature_valid
        san = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        wanted = [x509.DNSName(name) for name in names] or list(san)
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A public authority")])
        made = (
            x509.CertificateBuilder(issuer, x509.Name([]), csr.public_key(), 1, self.now - timedelta(hours=1), self.now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName(wanted), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = made.public_bytes(serialization.Encoding.PEM).decode()
        self.answer(certificate=pem)

    def look(self) -> Certificates:
        self.store.tend()
        return self.store.look()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Paths(root=tmp_path))


def asked_for(world: World) -> World:
    assert world.store.ask(WISH).acme.state == "asking"
    world.issue()
    assert world.look().acme.state == "good"
    return world


@pytest.mark.req("SET-1", "SEC-2")
def test_what_comes_is_used_and_its_key_never_left(world: World) -> None:
    own = world.look()
    assert own.acme.state == "off"
    assert world.store.ask(WISH).acme.state == "asking"
    told = {path.name: path.read_text() for path in world.request.iterdir()}
    assert set(told) == {"account.key", "csr", "talk.json"}
    key = (world.at.vault / "acme/key").read_text()
    assert not [name for name, text in told.items() if key in text]
    assert world.look().kind == "own", "the old one while it is asked"
    world.issue()
    got = world.look()
    assert (got.kind, got.names, got.acme.state) == ("acme", ("cc.company.cn",), "good")
    assert got.renews_at == got.not_after - timedelta(days=30)
    assert (world.at.vault / "tls/key").read_text() == key
    assert not world.request.exists() and not (world.at.vault / "acme/key").exists()


@pytest.mark.req("SET-1")
def test_it_is_renewed_30_days_before_its_end_and_not_before(world: World) -> None:
    asked_for(world)
    world.now += timedelta(days=59)
    assert world.look().acme.state == "good"
    world.now += timedelta(days=1, hours=1)
    assert world.look().acme.state == "asking"
    before = world.look().fingerprint
    world.issue()
    got = world.look()
    assert got.fingerprint != before and got.acme.state == "good"
    assert world.starts == 2


@pytest.mark.req("SET-1")
def test_a_short_lived_one_is_renewed_with_a_third_of_its_life_left(world: World) -> None:
    world.store.ask(WISH)
    world.issue(days=1)
    world.look()
    world.now += timedelta(hours=15)
    assert world.look().acme.state == "good"
    world.now += timedelta(hours=1)
    assert world.look().acme.state == "asking"


@pytest.mark.req("SET-1")
def test_a_refusal_keeps_the_old_one_and_says_why(world: World) -> None:
    asked_for(world)
    before = world.look().fingerprint
    world.now += timedelta(days=61)
    world.look()
    world.answer(failure={"code": "acme-port", "name": "cc.company.cn", "detail": "refused"})
    got = world.look()
    assert (got.kind, got.fingerprint, got.acme.state) == ("acme", before, "failed")
    assert got.acme.trouble is not None
    assert "cc.company.cn 的 80 端口" in got.acme.trouble.zh
    assert "port 80 of cc.company.cn" in got.acme.trouble.en
    assert trouble(world.at) == got.acme.trouble, "the home page tells the same"
    world.now += timedelta(hours=2)
    assert world.look().acme.state == "failed", "an authority isn't bothered"
    world.now += timedelta(hours=2)
    assert world.look().acme.state == "asking"
    world.issue()
    assert world.look().acme.state == "good"
    assert trouble(world.at) is None


@pytest.mark.req("SET-1")
def test_a_try_that_is_killed_leaves_nothing_broken(world: World) -> None:
    before = world.look().fingerprint
    world.store.ask(WISH)
    world.runs = False  # killed without an answer
    world.reborn()
    assert world.look().acme.state == "asking", "it may only just be starting"
    world.now += timedelta(seconds=11)
    got = world.look()
    assert (got.fingerprint, got.acme.state) == (before, "failed")
    assert got.acme.trouble is not None and got.acme.trouble.code == "acme-stopped"


@pytest.mark.req("SET-1")
def test_hostd_killed_meanwhile_takes_the_answer_later(world: World) -> None:
    world.store.ask(WISH)
    world.now += timedelta(minutes=1)
    world.reborn()
    assert world.look().acme.state == "asking"
    assert world.starts == 1, "not asked twice"
    world.issue()
    world.reborn()
    assert world.look().kind == "acme"


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    ("certificate", "code"),
    [("rubbish", "acme-unfit"), ("", "acme-unfit"), ("another's", "acme-unfit"), ("wrong name", "acme-lacks")],
)  # fmt: skip
def test_what_is_no_certificate_for_the_box_is_not_used(
    world: World, certificate: str, code: str
) -> None:
    before = world.look().fingerprint
    world.store.ask(WISH)
    match certificate:
        case "another's":
            pem = (world.at.vault / "tls/crt").read_text()
            world.answer(certificate=pem)
        case "wrong name":
            world.issue(names=("another.cn",))
        case _:
            world.answer(certificate=certificate)
    got = world.look()
    assert (got.fingerprint, got.acme.state) == (before, "failed")
    assert got.acme.trouble is not None and got.acme.trouble.code == code


@pytest.mark.req("SEC-2")
def test_an_answer_by_a_link_of_another_try_or_of_no_shape_is_none(world: World) -> None:
    """Whoever took linebox-acme over can't have root read or believe something else."""
    world.store.ask(WISH)
    path = world.at.run / "acme/answer.json"
    world.issue()
    good = path.read_text()
    elsewhere = world.at.root / "elsewhere"
    for make in (
        lambda: (elsewhere.write_text(good), path.symlink_to(elsewhere)),
        lambda: path.mkdir(),
        lambda: path.write_text(good.replace('"id": "', '"id": "x')),
        lambda: path.write_text("[" * 100_000),
        lambda: path.write_text('{"id": 5}'),
    ):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        world.runs = True
        make()
        assert world.look().acme.state == "asking"


@pytest.mark.req("SET-1")
def test_the_owner_s_other_choices_end_the_asking(world: World) -> None:
    asked_for(world)
    got = world.store.ask_no_more()
    assert (got.kind, got.acme.state) == ("own", "off")
    world.now += timedelta(days=100)
    assert world.look().acme.state == "off"
    world.store.ask(WISH)
    world.issue()
    world.look()
    assert world.store.renew().acme.state == "off"
    assert world.store.look().kind == "own"


@pytest.mark.req("SET-1")
def test_a_new_name_is_asked_for_at_once_and_none_while_one_is(world: World) -> None:
    asked_for(world)
    both = AcmeWish(names=("cc.company.cn", "call.company.cn"), agreed=True)
    assert world.store.ask(both).acme.state == "asking"
    with pytest.raises(InputError, match="acme-asking"):
        world.store.ask(WISH)
    world.issue()
    assert world.look().names == both.names


@pytest.mark.req("SET-1")
def test_terms_and_a_private_root_are_asked_for_in_words(world: World) -> None:
    def refused(wish: AcmeWish) -> dict[str, str]:
        with pytest.raises(InputError) as caught:
            world.store.ask(wish)
        found = caught.value.fields["problems"]
        assert isinstance(found, list)
        return {one["field"]: one["code"] for one in found}

    world.look()
    assert refused(AcmeWish(names=WISH.names)) == {"agreed": "acme-not-agreed"}
    rubbish = AcmeWish(names=WISH.names, agreed=True, root="rubbish")
    assert refused(rubbish) == {"root": "certificate-unreadable"}
    leaf = (world.at.vault / "tls/crt").read_text()
    below = AcmeWish(names=WISH.names, agreed=True, root=leaf)
    assert refused(below) == {"root": "acme-root-below"}
    assert world.starts == 0
