"""What other parts may ask of customers: the rules of a card, and which numbers somebody sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import AsyncConnection

from linebox.base import rights
from linebox.base.endpoints import Ask
from linebox.base.roles import Role
from linebox.base.shapes import Problem
from linebox.features.customers import store
from linebox.features.customers.model import Customer, FieldDefinition, fitting, plain
from linebox.model.masking import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Whose numbers the asker sees whole: supervisors all; agents those of their own customers and
    of whom they talk with (docs/names.md, "Accounts and roles")."""

    role: Role | None
    agent: str
    worked_with: frozenset[str] = frozenset()
    #: Rights ``numbers.whole`` and ``customers.private``.
    whole: bool = True
    private: bool = True
    #: Keys of the fields that are shown only with right ``customers.private``.
    private_fields: frozenset[str] = frozenset()

    def of(self, customer: Customer) -> tuple[str, ...]:
        """The card's numbers as they may be shown: talking with a customer shows the whole card."""
        card = customer.card
        own = bool(self.agent) and (
            card.owner == self.agent or not self.worked_with.isdisjoint(card.numbers)
        )
        return tuple(shown(number, self.role, own=own, whole=self.whole) for number in card.numbers)

    def fields(self, customer: Customer) -> dict[str, str]:
        """What the card says in the fields that may be shown."""
        return {
            key: text
            for key, text in customer.card.fields.items()
            if self.private or key not in self.private_fields
        }


async def sight(connection: AsyncConnection, ask: Ask) -> Sight:
    """What ``ask`` may see now."""
    working: frozenset[str] = frozenset()
    if ask.role is Role.AGENT:
        working = await store.worked_with(connection, ask.agent)
    private = ask.may(rights.CUSTOMERS_PRIVATE)
    return Sight(
        role=ask.role,
        agent=ask.agent,
        worked_with=working,
        whole=ask.may(rights.NUMBERS_WHOLE),
        private=private,
        private_fields=frozenset() if private else await store.private_fields(connection),
    )


def checked_fields(
    definitions: Sequence[FieldDefinition], given: Mapping[str, str], at: Mapping[str, str]
) -> tuple[dict[str, str], list[Problem]]:
    """The values as they are stored, empty ones left out, and what is wrong with the others.

    ``at``: where each key's problem is told.
    """
    known = {one.key: one for one in definitions}
    values: dict[str, str] = {}
    problems: list[Problem] = []
    for key, value in given.items():
        definition = known.get(key)
        if definition is None:
            problems.append(Problem(at[key], "unknown-field", {}))
        elif value.strip():
            fit = fitting(definition, value)
            if fit is None:
                problems.append(Problem(at[key], f"not-a-{definition.kind}", _wanted(definition)))
            else:
                values[key] = fit
    return values, problems


def _wanted(definition: FieldDefinition) -> dict[str, object]:
    return {"choices": "、".join(definition.choices)} if definition.choices else {}


def checked_numbers(
    written: Sequence[str], read: Sequence[str | None], field: str
) -> tuple[tuple[str, ...], list[Problem]]:
    """``read`` without doubles; what couldn't be read is told at ``<field>.<place>``."""
    problems = [
        Problem(f"{field}.{n}", "not-a-phone-number", {"value": text})
        for n, (text, number) in enumerate(zip(written, read, strict=True))
        if number is None
    ]
    return tuple(dict.fromkeys(number for number in read if number is not None)), problems


__all__ = ["Sight", "checked_fields", "checked_numbers", "plain", "sight"]
