"""What a command says where no terminal is: ids in one piece, and a line of progress now and then."""

import pytest

from workbench.cli.output import new_table, now_and_then, print_out


def test_what_is_piped_has_its_ids_whole(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that was folded at column 80 was found by no script, and by nobody who copied it."""
    monkeypatch.setenv("COLUMNS", "80")
    ids = [f"exp_20261101T060000_{letter * 10}" for letter in "abcde"]
    table = new_table([f"column {place}" for place in range(5)], n_text=5)
    table.add_row(*ids)
    print_out(table)
    assert capsys.readouterr().out.splitlines()[1].split() == ids


def test_a_narrow_terminal_has_its_ids_whole_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a terminal of 80 columns ids stood in two pieces, one below the other: neither could be pasted."""
    for name, value in {"COLUMNS": "80", "FORCE_COLOR": "1", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    table = new_table(("experiment", "tests", "holdout", "decision"), n_text=4)
    ids = [f"{kind}_20261027T100000_hjshhdtwqf" for kind in ("exp", "chg", "hol", "hol")]
    table.add_row(ids[0], ids[1], f"{ids[2]}, {ids[3]}", "dont_ship, signed by Ada, who did not write the change")
    print_out(table)
    words = capsys.readouterr().out.replace(",", "").split()
    assert [word for word in words if "_2026" in word] == ids


def test_a_word_that_is_very_long_is_folded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    table = new_table(("id",), n_text=1)
    table.add_row("x" * 300)
    print_out(table)
    assert max(map(len, capsys.readouterr().out.splitlines())) < 300


def test_progress_is_told_after_some_seconds_and_then_ever_more_rarely() -> None:
    """A run of minutes said nothing where standard error was a file, as it is under a scheduler."""
    moment, said = 0, []
    line = now_and_then(lambda words: said.append((moment, words)), monotonic=lambda: moment)
    for moment in range(1, 300):
        line(f"{moment} of 299")
    assert said == [(at, f"{at} of 299") for at in (5, 15, 35, 75, 135, 195, 255)]
