"""Opening hours by Asterisk's clock: spans around the present minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from fixtures.dialplan_house import house
from fixtures.dialplan_line import Line, line_of
from linebox.features.calendars.model import Calendar, Day, Hours

pytestmark = pytest.mark.req("ACD-2")


@pytest.fixture
def line() -> Iterator[Line]:
    with line_of(house()) as made:
        yield made


def _calendars(now: datetime) -> dict[str, Calendar]:
    """What it should be → a calendar; ``now`` in the box's time zone."""
    begin = time(max(0, now.hour - 1))
    end = time(23, 59) if now.hour >= 22 else time(now.hour + 2)
    today = now.isoweekday()
    around = (Hours(weekday=today, opens=begin, closes=end),)
    tomorrow = (Hours(weekday=today % 7 + 1, opens=begin, closes=end),)
    monday = (Hours(weekday=1, opens=begin, closes=end),)
    return {
        "open in a span": Calendar(id=10, name="a", hours=around),
        "open in the second span": Calendar(
            id=11, name="b", hours=(Hours(weekday=today, opens=time(0), closes=time(0, 1)), *around)
        ),
        "open always": Calendar(id=12, name="c", always_open=True),
        "open by a make-up day": Calendar(
            id=13, name="d", hours=monday, days=(Day(day=now.date(), is_open=True),)
        ),
        "closed on another day's hours": Calendar(id=14, name="e", hours=tomorrow),
        "closed on a holiday": Calendar(
            id=15, name="f", hours=around, days=(Day(day=now.date(), is_open=False),)
        ),
        "closed without hours": Calendar(id=16, name="g"),
        "closed on a make-up day without Monday's hours": Calendar(
            id=17, name="h", days=(Day(day=now.date(), is_open=True),)
        ),
        "open though yesterday was a holiday": Calendar(
            id=18,
            name="i",
            hours=around,
            days=(Day(day=now.date() - timedelta(days=1), is_open=False),),
        ),
    }


def test_hours_are_those_of_the_boxs_time_zone(line: Line) -> None:
    calendars = _calendars(datetime.now(ZoneInfo("Asia/Shanghai")))
    line.write(replace(line.snapshot, calendars=(*line.snapshot.calendars, *calendars.values())))
    steps = ["[hours]", "exten => s,1,NoOp()"]
    for calendar in calendars.values():
        steps.append(f" same => n,Gosub(lb-hours-{calendar.id}-{line.generation.hash},s,1)")
        steps.append(" same => n,Set(FILE(/data/hours,,,al,u)=${GOSUB_RETVAL})")
    with (line.rig.folder / "etc/extensions.conf").open("a") as conf:
        conf.write("\n".join(steps) + "\n")
    line.reload()
    line.rig.asterisk("module load res_clioriginate.so")
    line.rig.asterisk("channel originate Local/s@hours application Wait 1")
    answers = line.rig.data / "hours"
    line.rig.until(
        "all are answered",
        lambda: answers.exists() and len(answers.read_text().splitlines()) == len(calendars),
    )
    said = dict(zip(calendars, answers.read_text().splitlines(), strict=True))
    assert said == {name: name.split()[0] for name in calendars}
