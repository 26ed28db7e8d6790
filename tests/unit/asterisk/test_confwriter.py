"""The writer: people's text stays text; code comes from literals only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linebox.asterisk.confwriter import Code, Writer, sections, word
from linebox.base.errors import ConfigError

PACKAGE = Path(__file__).resolve().parents[3] / "firmware/linebox"


def asterisk_reads(line: str) -> str:
    """A line's value by config.c: comment cut at an unescaped ``;``, blanks taken off."""
    out, i = "", 0
    while i < len(line):
        if line[i] == ";":
            if out.endswith("\\"):
                out = out[:-1] + ";"
            else:
                break
        else:
            out += line[i]
        i += 1
    return out.partition("=")[2].strip()


@given(text=st.text(alphabet=st.characters(blacklist_categories=("Cc", "Cs")), max_size=80))
def test_value_is_read_as_it_was_meant(text: str) -> None:
    out = Writer()
    try:
        out.pair("key", text)
    except ConfigError:
        assert text != text.strip()
        return
    lines = out.text().split("\n")
    assert lines[1:] == [""] and asterisk_reads(lines[0]) == text


@pytest.mark.parametrize("text", ["a\nexten => s,1,System(x)", "a\rb", "a\0b", " a", "a ", "\ta"])
def test_value_of_more_than_one_line_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Writer().pair("key", text)


@pytest.mark.parametrize(
    "text", ["", "a b", "a,b", "a)", "${X}", "a;b", "a\n", "a|b", '"', "$[1]", "长"]
)
def test_argument_that_is_no_word_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        word(text)
    out = Writer()
    out.extension("s")
    with pytest.raises(ConfigError):
        out.step("Playback", text)
    with pytest.raises(ConfigError):
        Code.of("Set(X=<value>)", value=text)


def test_pattern_from_settings_is_refused() -> None:
    with pytest.raises(ConfigError):
        Writer().extension("_X.")
    with pytest.raises(ConfigError):
        Writer().extension("_X.", pattern=True)


def test_steps_are_written_with_labels_commas_and_escapes() -> None:
    out = Writer()
    out.section("c")
    out.extension("s")
    out.step("Gosub", "x", "s", Code("1(a=1;b=2)"))
    out.step("Return", label="end")
    assert out.text() == "[c]\nexten => s,1,Gosub(x,s,1(a=1\\;b=2))\n same => n(end),Return()\n"


def test_sections_are_cut_where_they_begin() -> None:
    assert sections("x=1\n[a]\nb = 1\n\n[c]\n") == {"a": "[a]\nb = 1\n", "c": "[c]\n"}


def test_code_is_made_of_literals_only() -> None:
    """``Code(…)`` and the template of ``Code.of(…)`` are string literals everywhere in the package."""
    seen = 0
    for path in PACKAGE.rglob("*.py"):
        if path.name == "confwriter.py" or "Code" not in path.read_text("utf-8"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = ast.unparse(node.func)
            if name in ("Code", "Code.of"):
                seen += 1
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}"
    assert seen > 20


def test_setting_of_dahdi_is_words_with_commas_between() -> None:
    out = Writer()
    out.setting("bchan", "1-15,17-31")
    assert out.text() == "bchan=1-15,17-31\n"
    for value in ("1 15", "1\nspan=2", "", "1,", "#"):
        with pytest.raises(ConfigError):
            Writer().setting("bchan", value)
