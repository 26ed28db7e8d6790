"""Agents and the groups they may join, in the database."""

from __future__ import annotations

from psycopg import AsyncConnection

from linebox.features.agents.model import Agent, Membership
from linebox.features.settings.model import Author
from linebox.features.settings.service import changing, found
from linebox.model.languages import Language


async def read(connection: AsyncConnection) -> tuple[Agent, ...]:
    """All agents, by staff number; their memberships by group."""
    return await _rows(connection, None)


async def one(connection: AsyncConnection, number: str) -> Agent | None:
    """The agent with this staff number."""
    return next(iter(await _rows(connection, number)), None)


async def save(connection: AsyncConnection, author: Author, agent: Agent) -> None:
    """Make or change the agent of this number, memberships and all. Raises as ``changing``."""
    async with changing(connection, author, "agent", agent.number) as change:
        change.before = await one(connection, agent.number)
        await connection.execute(
            "INSERT INTO agents (number, name, pin_salt, pin_hash, language)"
            " VALUES (%(number)s, %(name)s, %(pin_salt)s, %(pin_hash)s, %(language)s)"
            " ON CONFLICT (number) DO UPDATE SET name = %(name)s, pin_salt = %(pin_salt)s,"
            " pin_hash = %(pin_hash)s, language = %(language)s",
            {
                "number": agent.number,
                "name": agent.name,
                "pin_salt": agent.pin_salt,
                "pin_hash": agent.pin_hash,
                "language": agent.language,
            },
        )
        await connection.execute("DELETE FROM group_agents WHERE agent = %s", (agent.number,))
        for membership in agent.memberships:
            await connection.execute(
                "INSERT INTO group_agents (group_id, agent, penalty) VALUES (%s, %s, %s)",
                (membership.group_id, agent.number, membership.penalty),
            )
        change.after = await one(connection, agent.number)


async def delete(connection: AsyncConnection, author: Author, number: str) -> None:
    """Raises ``InputError("not-found")``. A phone they are logged in at stays logged in until it
    logs out: membership is Asterisk's."""
    async with changing(connection, author, "agent", number) as change:
        change.before = found(await one(connection, number), "agent", number)
        await connection.execute("DELETE FROM agents WHERE number = %s", (number,))


async def _rows(connection: AsyncConnection, number: str | None) -> tuple[Agent, ...]:
    cursor = await connection.execute(
        "SELECT number, name, pin_salt, pin_hash, language,"
        " array_agg(group_id ORDER BY group_id) FILTER (WHERE group_id IS NOT NULL),"
        " array_agg(penalty ORDER BY group_id) FILTER (WHERE group_id IS NOT NULL)"
        " FROM agents LEFT JOIN group_agents ON agent = number"
        " WHERE %(number)s::text IS NULL OR number = %(number)s GROUP BY number ORDER BY number",
        {"number": number},
    )
    return tuple(
        Agent(
            number=staff,
            name=name,
            pin_salt=salt,
            pin_hash=hash_,
            language=Language(language),
            memberships=tuple(
                Membership(group_id=group, penalty=penalty)
                for group, penalty in zip(groups or (), penalties or (), strict=True)
            ),
        )
        for staff, name, salt, hash_, language, groups, penalties in await cursor.fetchall()
    )
