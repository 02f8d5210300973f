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


def test_progress_is_told_after_some_seconds_and_then_ever_more_rarely() -> None:
    """A run of minutes said nothing where standard error was a file, as it is under a scheduler."""
    moment, said = 0, []
    line = now_and_then(lambda words: said.append((moment, words)), monotonic=lambda: moment)
    for moment in range(1, 300):
        line(f"{moment} of 299")
    assert said == [(at, f"{at} of 299") for at in (5, 15, 35, 75, 135, 195, 255)]
