"""Plain text and Markdown: offsets that count in the file, paragraphs, titles."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading import blocks, read_all, read_one, said, sentences

from factcheck.corpus.readers import dates

ARTICLES = Path(__file__).parents[3] / "shared" / "corpus"


def text_file(folder, text, name="a.txt"):
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_the_text_is_the_decoded_file(tmp_path, name, text):
    """Every code point of the file is kept, line ends and all, so that offsets count in it."""
    documents, problems = read_all(text_file(tmp_path, text, name))

    assert [document.text for document in documents] == ([text.removeprefix("\ufeff")] if documents else [])
    assert all(document.in_file for document in documents)
    assert bool(documents) != bool(problems)
    for document in documents:
        ends = [0, *(offset for block in document.blocks for offset in (block.start, block.end)), len(text)]
        assert ends == sorted(ends)
        assert all(any(map(str.isalnum, block)) for block in blocks(document))


def test_offsets_count_code_points_after_the_byte_order_mark(tmp_path):
    """A mark, CRLF line ends and letters of four bytes shift nothing."""
    data = b"\xef\xbb\xbf" + "\U0001f6a2 Schleuse zu.\r\n\r\nDer Kai ist auf.\r\n".encode()
    (tmp_path / "a.txt").write_bytes(data)

    document = read_one(tmp_path / "a.txt")

    assert document.text == data.decode("utf-8-sig")
    assert [(block.start, block.end) for block in document.blocks] == [(0, 14), (18, 34)]
    assert blocks(document) == ["\U0001f6a2 Schleuse zu.", "Der Kai ist auf."]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"caf\xe9 au lait", "a.txt: byte 0xe9 at offset 3 is not UTF-8; save it as UTF-8"),
        (b"\xef\xbb\xbfab\xff", "a.txt: byte 0xff at offset 5 is not UTF-8; save it as UTF-8"),
        (b"MZ\x90\0\x03", "a.txt: a NUL byte at offset 3: a binary file; give a text file"),
        ("Ahoi".encode("utf-16"), "a.txt: UTF-16 text; save it as UTF-8"),
        (b" \n\t\n", "a.txt: no text in it"),
        (b"*** --- ***", "a.txt: no text in it"),
    ],
)
def test_a_file_that_is_not_text_is_a_problem(tmp_path, data, problem):
    """The problem names the byte and where it stands, and nothing is raised."""
    (tmp_path / "a.txt").write_bytes(data)

    documents, problems = read_all(tmp_path)

    assert (documents, said(problems)) == ([], [problem])


def test_a_file_that_changes_between_scan_and_reading_is_read_as_it_is_then(tmp_path):
    """A document never carries the hash of other bytes than its own."""
    from factcheck.corpus.files import Limits, hash_file, scan
    from factcheck.corpus.readers import read

    path = text_file(tmp_path, "The quay is closed.")
    [file] = scan(tmp_path, limits=Limits(), on_problem=print)
    path.write_text("The quay is open.", "utf-8")
    problems = []

    [document] = read(file, limits=Limits(), on_problem=problems.append)

    assert problems == []
    assert (document.text, document.sha256) == ("The quay is open.", hash_file(path))


def test_long_lines_are_paragraphs_and_short_ones_headings(tmp_path):
    """Where lines are as long as paragraphs, a heading stands alone without a blank line."""
    prose = "The council of Lowmere voted on Monday to dredge the inner harbour, which had silted up since the flood. "
    text = f"I. A Vote\n1. What Was Decided\n{prose}It will cost nine million.\nWhat comes next\n{prose}\n- One item\n"

    found = blocks(read_one(text_file(tmp_path, text)))

    assert found == [
        "A Vote",
        "What Was Decided",
        f"{prose}It will cost nine million.",
        "What comes next",
        prose.strip(),
        "One item",
    ]


WRAPPED = """\
Dredging the Inner Harbour

The council of Lowmere voted on Monday to dredge the inner
harbour, which silted up in 2011. It
cost 9m.
Next steps
The first of three dredgers arrives in May and works by
night.

  - A first item that is longer than one line of this
    text and goes on
  - A second item
"""


def test_hard_wrapped_lines_are_joined_to_paragraphs(tmp_path):
    """A sentence may run over line ends; headings and list items still stand alone."""
    document = read_one(text_file(tmp_path, WRAPPED))

    assert [" ".join(block.split()) for block in blocks(document)] == [
        "Dredging the Inner Harbour",
        "The council of Lowmere voted on Monday to dredge the inner harbour, which silted up in 2011. It cost 9m.",
        "Next steps",
        "The first of three dredgers arrives in May and works by night.",
        "A first item that is longer than one line of this text and goes on",
        "A second item",
    ]
    assert "It\ncost 9m." in sentences(document)


def test_a_numbered_part_of_a_wrapped_sentence_is_no_list_item(tmp_path):
    """A line that was full and did not end a sentence goes on, whatever the next one begins with."""
    steps = [
        "takes two steps: (1) it dredges the basin, and",
        "(2) it raises the dues for all ships in the fleet",
        "from May.",
    ]
    text = "\n".join(["The board of Lowmere harbour, which met on Monday,", *steps])

    assert blocks(read_one(text_file(tmp_path, text))) == [text]


def test_one_short_fact_a_line_is_not_joined(tmp_path):
    """Lines that end where their sentence ends were not wrapped."""
    lines = ["Lowmere has a harbour", "Its quay is 400 m long", "Ships pay dues", "The harbour opened in 1911"]

    assert blocks(read_one(text_file(tmp_path, "\n".join(lines)))) == lines


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Dredging the harbour\n\nIt begins in May.", "Dredging the harbour"),
        ("It begins in May.\n\nThen it ends.", "a"),
        ("By Ann Holt\n\nIt begins in May.", "a"),
        ("Dredging the harbour", "a"),
    ],
)
def test_the_title_is_a_heading_at_the_top_or_the_name_of_the_file(tmp_path, text, title):
    """A byline or a first sentence is no title."""
    assert read_one(text_file(tmp_path, text)).title == title


def test_a_gzipped_text_reads_as_the_text_but_offsets_do_not_count_in_the_file(tmp_path):
    """`in_file` is only said where the stored bytes are the text."""
    (tmp_path / "note.txt.gz").write_bytes(gzip.compress(b"It begins in May."))

    document = read_one(tmp_path / "note.txt.gz")

    assert (document.text, document.title, document.in_file) == ("It begins in May.", "note", False)


def test_a_text_that_unpacks_beyond_the_limit_is_a_problem(tmp_path):
    """A megabyte that unpacks to a gigabyte stops at the limit."""
    import tracemalloc

    with gzip.open(tmp_path / "a.txt.gz", "wb", compresslevel=9) as file:
        for _ in range(24):
            file.write(b"a" * (1 << 22))
    tracemalloc.start()

    documents, problems = read_all(tmp_path, max_file_bytes=5_000_000)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert documents == []
    assert "more than 5,000,000 bytes" in str(*problems)
    assert peak < 30_000_000


@pytest.mark.parametrize(
    "data", [gzip.compress(b"It begins in May.", mtime=0)[:-4], b"not gzip at all", b"\x1f\x8b\x08\0junk"]
)
def test_a_damaged_gzip_file_is_a_problem(tmp_path, data):
    """A torn download costs that file only."""
    (tmp_path / "a.txt.gz").write_bytes(data)

    documents, problems = read_all(tmp_path)

    assert documents == []
    assert said(problems)[0].startswith("a.txt.gz: a damaged gzip file: ")


MARKDOWN = """\
---
title: "Dues: a note"
Date: 2024-03-05
url: https://port.example/a
tags: [a, b]
---
# Harbour **dues**

![A chart. Of dues](img/chart.png)

The port [raised dues](https://port.example/a.html?b=c.d) in 2016. It
was the first rise.

Setext heading
--------------

* item one goes
  on here
* [x] item two
    + nested three
1. first
2) second

> Quoted text runs
> over two lines.

| Year | Dues |
|------|-----:|
| 2016 | 40 |
| 2017 | They rose again. Nobody said why. |

```python
print("A program. Not text.")
```

    indented = "a program too"

[target]: https://port.example "A title"
[^1]: A footnote says so.

<div align="center"><img src="a.png"></div>
<!-- A comment.
Not text. -->
***
Last words with `code`.
"""


def test_markdown_gives_the_text_that_a_reader_sees(tmp_path):
    """Headings, items, quotes, rows and notes are blocks; code, images, link targets and comments are not."""
    document = read_one(text_file(tmp_path, MARKDOWN, "a.md"))

    assert blocks(document) == [
        "Harbour **dues**",
        "The port [raised dues](https://port.example/a.html?b=c.d) in 2016. It\nwas the first rise.",
        "Setext heading",
        "item one goes\n  on here",
        "item two",
        "nested three",
        "first",
        "second",
        "Quoted text runs\n> over two lines.",
        "Year | Dues",
        "2016 | 40",
        "2017",
        "They rose again. Nobody said why.",
        "A footnote says so.",
        "Last words with `code`.",
    ]


def test_front_matter_gives_title_date_and_address(tmp_path):
    """Other fields are kept as metadata."""
    document = read_one(text_file(tmp_path, MARKDOWN, "a.md"))

    assert (document.title, document.url) == ("Dues: a note", "https://port.example/a")
    assert (document.date, document.date_origin) == ("2024-03-05", "front matter")
    assert document.metadata == {"tags": "[a, b]"}


def test_a_date_that_can_be_read_in_two_ways_is_kept_as_it_stands(tmp_path):
    """The third of April or the fourth of March: the reader does not guess."""
    document = read_one(text_file(tmp_path, "---\ndate: 03/04/2021\n---\nIt begins.", "a.md"))

    assert (document.date, document.date_origin, document.metadata) == (None, None, {"date": "03/04/2021"})


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Some prose.\n\n## Dues *rise*\n", "Dues rise"),
        ("## A part\n\n# The [whole](b.md)\n", "The whole"),
        ("Dues rise\n=====\n\nText.\n", "Dues rise"),
        ("Only prose here.", "a"),
        ("---\n\nA rule, then prose.", "a"),
    ],
)
def test_without_front_matter_the_highest_heading_is_the_title(tmp_path, text, title):
    """Markup is left out of it; without a heading the file's name serves."""
    assert read_one(text_file(tmp_path, text, "a.md")).title == title


def test_a_number_at_the_start_of_a_wrapped_line_is_no_list_item(tmp_path):
    """In the midst of a paragraph only a list that begins at 1 is one."""
    document = read_one(text_file(tmp_path, "The harbour opened in\n1911. It closed in 1986.", "a.md"))

    assert sentences(document) == ["The harbour opened in\n1911.", "It closed in 1986."]


def test_an_unclosed_fence_hides_the_rest_and_nothing_before(tmp_path):
    """A fence without an end runs to the end of the file, as CommonMark says."""
    assert blocks(read_one(text_file(tmp_path, "Before.\n~~~\nx = 1\n", "a.md"))) == ["Before."]


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2021", "2021"),
        (2021, "2021"),
        ("2021-02", "2021-02"),
        (" 2021-02-03 ", "2021-02-03"),
        ("2021-02-03T23:30:00-05:00", "2021-02-03"),
        ("2021-02-03 10:00:00.5Z", "2021-02-03"),
        ("2021-02-30", None),
        ("2021-13", None),
        ("03/04/2021", None),
        ("31-10-2020", None),
        (1612310400, None),
        (20210203, None),
        (True, None),
        (None, None),
        (["2021"], None),
    ],
)
def test_dates_are_normalised_only_where_they_can_be_read_in_one_way(value, iso):
    """Years, months, days and RFC 3339 moments; everything else is left alone."""
    assert dates.normalise(value) == iso


@pytest.fixture(scope="module")
def articles():
    """The sentences of five news articles as they come from the web, by the first three digits of their names."""
    if not ARTICLES.is_dir():
        pytest.skip("the shared articles are not there")
    documents, problems = read_all(ARTICLES)
    assert problems == []
    return {document.id[:3]: sentences(document) for document in documents}


def test_each_article_gives_as_many_sentences_as_a_person_counts(articles):
    """Counted by reading; the byline, headings, captions and credits are sentences of their own."""
    counts = {key: len(found) for key, found in articles.items()}

    assert counts == {"000": 31, "001": 61, "002": 49, "003": 49, "004": 29}


def test_headings_of_articles_stand_alone_without_their_numbers(articles):
    """Neither glued to the paragraph below nor cut at the number."""
    assert articles["002"][2:4] == [
        "Strengthening Diplomatic and Security Ties",
        "Emphasis on Regional Stability and Rule of Law",
    ]
    assert "Malaysia joins OSA" in articles["003"]
    assert "Malaysia\u2019s Central Connecting Role for Japan" in articles["000"]


def test_abbreviations_in_articles_do_not_end_sentences(articles):
    """No sentence begins in the midst of `U.S.`."""
    found = [sentence for each in articles.values() for sentence in each]

    assert sum("U.S. " in sentence for sentence in found) == 4
    assert not [sentence for sentence in found if sentence.startswith("S.") or sentence.endswith(" U.")]
