"""Rights: what an operation needs beside its role, so that an owner-made role can lack it (SEC-1).

A right is ``<feature>.see``, ``<feature>.change`` or one of ``SPECIAL``. Each endpoint carries its
own: from feature and method, unless it names another. A built-in role holds every right of the
operations that are open to it; an owner-made role is a built-in one that kept some of them. So a
right never opens what the built-in role may not, and an operation that is new is closed to
owner-made roles until the owner gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from linebox.base.roles import ADMINISTRATORS, AGENTS, EVERYBODY, SUPERVISORS, Role, Roles

#: Of operations on oneself (one's password, one's sessions, what the pages must know): nobody can
#: lack them.
OWN: Final = "own"

NUMBERS_WHOLE: Final = "numbers.whole"
CUSTOMERS_PRIVATE: Final = "customers.private"
CUSTOMERS_EXPORT: Final = "customers.export"
RECORDINGS_LISTEN: Final = "recordings.listen"
RECORDINGS_DOWNLOAD: Final = "recordings.download"
LIVE_ACT: Final = "live.act"
LIVE_SEE: Final = "live.see"
PHONE_USE: Final = "phone.use"
AUDIT_SEE: Final = "audit.see"

#: Special rights and the roles that hold them by nature.
SPECIAL: Final[Mapping[str, Roles]] = {
    NUMBERS_WHOLE: EVERYBODY,
    CUSTOMERS_PRIVATE: SUPERVISORS,
    CUSTOMERS_EXPORT: SUPERVISORS,
    RECORDINGS_LISTEN: EVERYBODY,
    RECORDINGS_DOWNLOAD: SUPERVISORS,
    LIVE_SEE: EVERYBODY,
    LIVE_ACT: EVERYBODY,
    PHONE_USE: AGENTS,
    AUDIT_SEE: ADMINISTRATORS,
}

_SPECIAL_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    NUMBERS_WHOLE: ("看完整号码", "See whole numbers"),
    CUSTOMERS_PRIVATE: ("看客户的保密资料项", "See customers' private fields"),
    CUSTOMERS_EXPORT: ("导出客户", "Export customers"),
    RECORDINGS_LISTEN: ("听录音和留言", "Hear recordings and messages"),
    RECORDINGS_DOWNLOAD: ("下载录音和留言", "Download recordings and messages"),
    LIVE_SEE: ("看实时情况", "See what happens now"),
    LIVE_ACT: ("改坐席状态（坐席：自己的）", "Change agents' state (agents: their own)"),
    PHONE_USE: ("用浏览器电话", "Use the browser phone"),
    AUDIT_SEE: ("看审计记录", "See the audit"),
}

#: What a feature's rights are about.
_FEATURE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "accounts": ("账号和角色", "accounts and roles"),
    "agents": ("坐席", "agents"),
    "alerts": ("告警线", "alarm thresholds"),
    "audit": ("审计", "the audit"),
    "calendars": ("营业时间", "hours and holidays"),
    "calls": ("通话记录", "calls"),
    "customers": ("客户", "customers"),
    "desk": ("来电资料", "the caller's pane"),
    "diagnostics": ("运行状况", "the box's health"),
    "extensions": ("分机", "extensions"),
    "follow_ups": ("待回访", "follow-ups"),
    "home": ("首页", "the home page"),
    "host": ("网络、证书、时钟和升级", "network, certificates, clock, updates"),
    "ivr": ("语音菜单", "menus"),
    "limits": ("呼出限制", "call limits"),
    "lines": ("外线", "lines"),
    "numbering": ("号码和名单", "numbers and lists"),
    "prompts": ("提示音和音乐", "prompts and music"),
    "recordings": ("录音规则", "recording rules"),
    "routing": ("技能组", "groups"),
    "service": ("服务小结", "service records"),
    "settings": ("公司、设置的生效与历史", "company, applying and history of settings"),
    "setup": ("安装向导", "the set-up"),
    "wall": ("大屏", "the wall display"),
}


def default(feature: str, method: str) -> str:
    """The right of an operation that names none."""
    return f"{feature}.{'see' if method == 'GET' else 'change'}"


def words(right: str) -> tuple[str, str]:
    """A right in Chinese and English."""
    if right in _SPECIAL_WORDS:
        return _SPECIAL_WORDS[right]
    feature, _, act = right.partition(".")
    zh, en = _FEATURE_WORDS.get(feature, (feature, feature))
    return (f"看{zh}", f"See {en}") if act == "see" else (f"改{zh}", f"Change {en}")


def holds(role: Role | None, kept: frozenset[str] | None, right: str) -> bool:
    """Whether somebody of ``role`` has ``right``, as far as the role decides; what a role may call
    is told by the operation. ``kept``: what an owner-made role kept, None for a built-in one."""
    if role is None or role not in SPECIAL.get(right, EVERYBODY):
        return False
    return kept is None or right in kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """``roles``: the built-in ones that hold it."""

    name: str
    zh: str
    en: str
    roles: Roles


class Catalogue:
    """Every right there is, with the built-in roles that hold it.

    ``operations``: of each the rights that it needs, and the roles that may call it.
    """

    def __init__(self, operations: Iterable[tuple[frozenset[str], Roles]]) -> None:
        holders: dict[str, set[Role]] = {}
        for needs, roles in operations:
            for one in needs:
                holders.setdefault(one, set()).update(roles)
        held = {name: frozenset(roles) for name, roles in holders.items()} | dict(SPECIAL)
        self.rights: tuple[Right, ...] = tuple(
            Right(name=name, zh=words(name)[0], en=words(name)[1], roles=held[name])
            for name in sorted(held)
        )

    def of(self, role: Role, kept: frozenset[str] | None = None) -> frozenset[str]:
        """The rights of a built-in role, or of one made of it that ``kept`` these."""
        return frozenset(
            one.name
            for one in self.rights
            if role in one.roles and (kept is None or one.name in kept)
        )
