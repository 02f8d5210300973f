"""Words and pairs of words in what traces were asked and what they answered: one more attribute to compare by.

Where no version or tool stands out, what users ask for often does.
"""

import polars as pl

from workbench.causes.candidate import INPUT_PHRASE, OUTPUT_PHRASE

MAX_CHARACTERS = 3_000
"""Of a text that are looked at: a request states what it wants in its first paragraphs."""
MIN_WORD = 4
"""Letters that at least one word of a phrase has: shorter ones are grammar in most languages."""
_WORD = r"\p{L}[\p{L}'’]{1,30}"


def phrases_of(texts: pl.DataFrame) -> pl.DataFrame:
    """Return the phrases of each trace: one row a trace, attribute (input_phrase, output_phrase) and value.

    Parameters
    ----------
    texts
        trace_id, input and output, one row a trace; null where there is no text. A trace without a text is known to
        have no phrase only if it has a text at all.
    """
    return pl.concat(
        [_phrases(texts, "input", attribute=INPUT_PHRASE), _phrases(texts, "output", attribute=OUTPUT_PHRASE)]
    )


def _phrases(texts: pl.DataFrame, column: str, *, attribute: str) -> pl.DataFrame:
    words = (
        texts.select("trace_id", text=pl.col(column).str.slice(0, MAX_CHARACTERS).str.to_lowercase())
        .drop_nulls()
        .select("trace_id", word=pl.col("text").str.extract_all(_WORD))
        .explode("word", empty_as_null=True)
    )
    before = pl.col("word").shift(1).over("trace_id")
    both = words.select("trace_id", value=pl.concat_str(before, "word", separator=" "))
    of_one = pl.col("value").str.len_chars() >= MIN_WORD
    of_two = pl.col("value").str.contains(rf"\p{{L}}{{{MIN_WORD},}}")
    single = words.select("trace_id", value="word").filter(of_one.fill_null(value=True))
    found = pl.concat([single, both.drop_nulls().filter(of_two)]).unique()
    return found.select("trace_id", pl.lit(attribute).alias("attribute"), "value")
