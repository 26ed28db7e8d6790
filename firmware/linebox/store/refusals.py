"""The database's refusals as errors of ours, so that constraints are told in people's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import DataError, OperationalError, errors

from linebox.base.errors import InputError, Unavailable


@contextmanager
def refusals(what: str, key: str = "") -> Iterator[None]:
    """Name what PostgreSQL refuses while a ``what`` is saved or deleted.

    Raises ``InputError`` (``value-not-allowed``, ``already-exists``, ``no-such-reference``,
    ``in-use``) or ``Unavailable`` (``database-away``, ``database-busy``).
    """
    try:
        yield
    except (errors.CheckViolation, errors.NotNullViolation) as error:
        rule = error.diag.constraint_name or error.diag.column_name
        raise InputError("value-not-allowed", what=what, rule=rule) from error
    except errors.UniqueViolation as error:
        raise InputError("already-exists", what=what, rule=error.diag.constraint_name) from error
    except errors.ForeignKeyViolation as error:
        # PostgreSQL names the table that holds the reference; it is another's when we delete.
        if "still referenced" in (error.diag.message_detail or ""):
            raise InputError("in-use", what=what, key=key, used_by=error.diag.table_name) from error
        rule = error.diag.constraint_name
        raise InputError("no-such-reference", what=what, rule=rule) from error
    except DataError as error:
        raise InputError("value-not-allowed", what=what, rule=error.diag.message_primary) from error
    except (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected) as error:
        raise Unavailable("database-busy", what=what) from error
    except OperationalError as error:
        raise Unavailable("database-away", reason=str(error).strip()) from error
