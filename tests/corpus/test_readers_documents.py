"""Web pages, PDF and Word files, each made by the test with the field's own writers."""

import gzip
import struct
import zipfile

import pytest
from reading import blocks, read_all, read_one, said, sentences

pytest.importorskip("trafilatura")
pypdf = pytest.importorskip("pypdf")
docx = pytest.importorskip("docx")

PROSE = (
    "The port of Lowmere raised its dues by 12 per cent in March, the first rise since 2016, said Dr. Holt. "
    "Ship owners objected, while the harbour board called the step overdue."
)
PAGE = f"""<!doctype html><html lang="en"><head><title>Harbour dues rise | Port Times</title>
<meta property="article:published_time" content="2024-03-05T08:00:00+01:00">
<link rel="canonical" href="https://port.example/dues"><meta name="author" content="Ann Lee"></head>
<body><nav><ul><li><a href="/">Home page</a></li><li><a href="/news">All the news</a></li></ul></nav>
<aside><p>Subscribe to our newsletter today and win a free cup of coffee.</p></aside>
<article><h1>Harbour dues rise</h1><p>{PROSE}</p><h2>Reactions</h2>
<ul><li>Ship owners protest.</li><li>The union <b>waits</b>.</li></ul>
<table><tr><th>Year</th><th>Dues</th></tr><tr><td>2016</td><td>40</td></tr></table>
<p>A second paragraph ends the page, with a line<br>break in it.<br>This line stands alone.</p>
<pre>print("a program")
exit()</pre></article><footer>Copyright Port Times, all rights reserved</footer></body></html>"""


def test_a_page_gives_its_main_text_without_what_is_around_it(tmp_path):
    """Navigation, asides, footers and programs are left out; a row of short cells stays together."""
    (tmp_path / "a.html").write_text(PAGE, "utf-8")

    document = read_one(tmp_path / "a.html")

    assert blocks(document) == [
        "Harbour dues rise",
        PROSE,
        "Reactions",
        "Ship owners protest.",
        "The union waits.",
        "Year | Dues",
        "2016 | 40",
        "A second paragraph ends the page, with a line break in it.",
        "This line stands alone.",
    ]
    assert not document.in_file


def test_a_page_says_its_title_date_and_address(tmp_path):
    """All from the page's own metadata."""
    (tmp_path / "a.htm.gz").write_bytes(gzip.compress(PAGE.encode()))

    document = read_one(tmp_path / "a.htm.gz")

    assert (document.title, document.url) == ("Harbour dues rise", "https://port.example/dues")
    assert (document.date, document.date_origin) == ("2024-03-05", "html")
    assert document.metadata["author"] == "Ann Lee"


def test_a_heading_of_a_hidden_dialogue_is_not_the_title(tmp_path):
    """The page's own title wins over a heading that has nothing to do with it."""
    dialogue = "<div hidden><h1>Keyboard shortcuts</h1></div>"
    page = f"<html><head><title>Dues &amp; fees</title></head><body>{dialogue}<p>{PROSE}</p></body></html>"
    (tmp_path / "a.html").write_text(page, "utf-8")

    assert read_one(tmp_path / "a.html").title == "Dues & fees"


def test_a_page_without_a_date_gets_none(tmp_path):
    """A year in the text or in a copyright line is not the date of the page."""
    page = f"<html><body><p>{PROSE}</p><p>It opened on 4 May 2019.</p><footer>Copyright 2021</footer></body></html>"
    (tmp_path / "a.html").write_text(page, "utf-8")

    assert (read_one(tmp_path / "a.html").date, read_one(tmp_path / "a.html").title) == (None, "a")


@pytest.mark.parametrize(
    "page", ["<p>Ships pay.</p>", "Ships pay.", "<title>T</title><nav>Home</nav><div>Ships pay.</div>"]
)
def test_a_page_of_one_line_is_read(tmp_path, page):
    """A page too short to tell main text from the rest gives all of its body but navigation."""
    (tmp_path / "a.html").write_text(page, "utf-8")

    assert blocks(read_one(tmp_path / "a.html")) == ["Ships pay."]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ("", "cp1252"),
        ("latin-1", "cp1252"),
        ("utf-16", "cp1252"),
        ("koi8-r", "koi8-r"),
    ],
)
def test_pages_are_decoded_as_browsers_do(tmp_path, declared, encoding):
    """By byte order mark, as UTF-8, as declared, else as Windows-1252."""
    text = "Порт Ловмер поднял сборы в марте." if encoding == "koi8-r" else "The café \u201cKai\u201d is closed."
    page = f"<html><head><meta charset='{declared}'></head><body><p>{text}</p></body></html>"
    (tmp_path / "a.html").write_bytes(page.encode(encoding))

    assert blocks(read_one(tmp_path / "a.html")) == [text]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<html><body></body></html>", "no text found in the page"),
        (b"<nav>Home</nav>", "no text found in the page"),
        (b"\x00\x01\x02", "a NUL byte at offset 0: a binary file"),
        (b"<meta charset=x-no-such>\xff", "unknown encoding 'x-no-such'"),
        (b"<meta charset=euc-jp>\xff\xff\xff", "offset 21 is not euc-jp"),
    ],
)
def test_a_page_that_gives_nothing_is_a_problem(tmp_path, data, problem):
    """Empty, binary, or in an encoding that nobody knows."""
    (tmp_path / "a.html").write_bytes(data)

    documents, problems = read_all(tmp_path)

    assert documents == []
    assert str(*problems).startswith(f"a.html: {problem}")


def pdf(path, pages, *, title=None, head="", foot=""):
    """A PDF of pages that are lists of paragraphs; a page of None has a drawing only."""
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer

    class Drawing(Flowable):
        def draw(self):
            self.canv.circle(100, 0, 50)

    def edges(canvas, template):
        canvas.drawString(70, 800, head)
        canvas.drawString(70, 30, foot.format(template.page))

    style = getSampleStyleSheet()["BodyText"]
    story = []
    for page in pages:
        for text in page or []:
            story += [Paragraph(text, style), Spacer(1, 8)]
        story += [] if page else [Drawing()]
        story += [PageBreak()]
    SimpleDocTemplate(str(path), title=title).build(story, onFirstPage=edges, onLaterPages=edges)
    return path


def lines_pdf(path, *pages, size=8):
    """A PDF of pages with these very lines."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path))
    for lines in pages:
        text = canvas.beginText(60, 780)
        text.setFont("Helvetica", size)
        for line in lines:
            text.textLine(line)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return path


def test_a_pdf_gives_paragraphs_with_their_pages(tmp_path):
    """Lines are joined to paragraphs, and running heads and page numbers are left out."""
    pages = [
        [f"{PROSE} So it says on page {name} of this report.", "Ship owners protest."]
        for name in ("one", "two", "three")
    ]

    document = read_one(pdf(tmp_path / "a.pdf", pages, title="Dues", head="Annual Report", foot="Page {} of 3"))

    expected = [(number, text) for number, page in enumerate(pages, start=1) for text in page]
    assert list(zip([block.page for block in document.blocks], blocks(document), strict=True)) == expected
    assert (document.title, document.date_origin) == ("Dues", "pdf")
    assert len(document.date) == len("2024-03-05")


def test_a_word_cut_at_a_line_end_is_put_together(tmp_path):
    """A hyphen that the rest of the document writes stays, also before a number or a capital."""
    lines = [
        "The munici-",
        "pality runs a well-",
        "known quay. Another well-known quay has",
        "closed since COVID-",
        "19 came, as has the Nord-",
        "Ost canal of the same age, or so they say.",
    ]

    document = read_one(lines_pdf(tmp_path / "a.pdf", lines))

    assert " ".join(blocks(document)) == (
        "The municipality runs a well-known quay. Another well-known quay has closed since COVID-19 came, "
        "as has the Nord-Ost canal of the same age, or so they say."
    )


def test_a_sentence_over_a_page_end_stays_whole_on_its_first_page(tmp_path):
    """What follows it on the next page has the next page's number."""
    one = [
        "The harbour board met on Monday. It decided that the dues should rise",
        "by a tenth, which the owners of the",
    ]
    two = [
        "fishing boats had feared for long. They will appeal to the ministry",
        "in the capital, said Dr. Holt.",
    ]

    document = read_one(lines_pdf(tmp_path / "a.pdf", one, two))

    assert sentences(document) == [
        "The harbour board met on Monday.",
        "It decided that the dues should rise by a tenth, which the owners of the fishing boats had feared for long.",
        "They will appeal to the ministry in the capital, said Dr. Holt.",
    ]
    assert [block.page for block in document.blocks] == [1, 2]


def test_pages_without_a_text_layer_are_one_problem(tmp_path):
    """The other pages are read."""
    documents, problems = read_all(pdf(tmp_path / "a.pdf", [[PROSE], None, ["Ships pay."], None]))

    assert [block.page for document in documents for block in document.blocks] == [1, 3]
    assert said(problems) == ["a.pdf: no text layer on 2 pages (2, 4) of 4; run a text recognition (OCR) over it first"]


def test_a_pdf_of_pictures_is_a_problem(tmp_path):
    """A scan gives no document, and the problem says what would help."""
    documents, problems = read_all(pdf(tmp_path / "a.pdf", [None]))

    assert documents == []
    assert said(problems) == ["a.pdf: no text layer on page 1 of 1; run a text recognition (OCR) over it first"]


def encrypt(path, user_password):
    writer = pypdf.PdfWriter(clone_from=path)
    writer.encrypt(user_password, "owner", algorithm="AES-256")
    writer.write(path)


def test_an_encrypted_pdf_is_a_problem(tmp_path):
    """It is told apart from a damaged file."""
    pytest.importorskip("cryptography")
    encrypt(pdf(tmp_path / "a.pdf", [[PROSE]]), "secret")

    documents, problems = read_all(tmp_path)

    assert documents == []
    assert said(problems) == ["a.pdf: encrypted with a password; give a copy without one"]


def test_a_pdf_that_any_viewer_opens_without_a_password_is_read(tmp_path):
    """An owner's password restricts printing and copying in viewers, not reading."""
    pytest.importorskip("cryptography")
    encrypt(pdf(tmp_path / "a.pdf", [[PROSE]]), "")

    assert blocks(read_one(tmp_path / "a.pdf")) == [PROSE]


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 3], lambda _: b"%PDF-1.7\nnothing else", lambda _: b"x"]
)
def test_a_damaged_pdf_is_a_problem(tmp_path, damage):
    """A torn download neither raises nor stops the job."""
    path = pdf(tmp_path / "a.pdf", [[PROSE]])
    path.write_bytes(damage(path.read_bytes()))

    documents, problems = read_all(tmp_path)

    assert documents == []
    assert len(problems) == 1
    assert str(*problems).startswith("a.pdf: ")


def endless_pdf(path):
    """A PDF whose one page takes minutes to read: millions of operators in some kilobytes."""
    writer = pypdf.PdfWriter(clone_from=lines_pdf(path, ["a"]))
    page = writer.pages[0]
    stream = pypdf.generic.StreamObject()
    stream.set_data(b"BT /F1 1 Tf (a) Tj 1 0 0 1 0 0 Tm ET " * 1_000_000)
    page[pypdf.generic.NameObject("/Contents")] = writer._add_object(stream.flate_encode(9))
    writer.write(path)


def test_a_pdf_that_takes_too_long_is_ended_and_the_next_one_is_read(tmp_path):
    """The limit counts for each document."""
    endless_pdf(tmp_path / "a.pdf")
    pdf(tmp_path / "b.pdf", [[PROSE]])
    assert (tmp_path / "a.pdf").stat().st_size < 200_000

    documents, problems = read_all(tmp_path, max_seconds=1)

    assert [document.id for document in documents] == ["b.pdf"]
    assert said(problems) == ["a.pdf: took longer than 1 seconds to parse; raise the limit, or split the file"]


def test_only_so_many_pages_are_read(tmp_path):
    """What is beyond the limit is told."""
    documents, problems = read_all(pdf(tmp_path / "a.pdf", [["One."], ["Two."], ["Three."]]), max_pages=2)

    assert [blocks(document) for document in documents] == [["One.", "Two."]]
    assert said(problems) == ["a.pdf: 3 pages, of which the first 2 were read; split the file"]


@pytest.mark.parametrize("title", ["untitled", "(anonymous)", "Microsoft Word - draft7.doc", "report.indd"])
def test_a_title_that_a_program_made_up_is_none(tmp_path, title):
    """The file's name serves then."""
    assert read_one(pdf(tmp_path / "dues.pdf", [[PROSE]], title=title)).title == "dues"


def word(path, build):
    document = docx.Document()
    build(document)
    document.save(path)
    return path


def test_a_word_file_gives_paragraphs_items_and_cells(tmp_path):
    """In document order; a row of short cells stays together and cells of prose stand alone."""

    def build(document):
        document.add_heading("Harbour dues", 0)
        document.add_paragraph(PROSE)
        document.add_paragraph("First item", style="List Bullet")
        table = document.add_table(2, 2)
        for cell, text in zip(table._cells, ["Year", "Dues", "2016", "They rose. Nobody said why."], strict=True):
            cell.text = text
        document.add_paragraph("Line one.\nLine two.\tEnd.")
        document.core_properties.author = "Ann Lee"

    document = read_one(word(tmp_path / "a.docx", build))

    assert blocks(document) == [
        "Harbour dues",
        PROSE,
        "First item",
        "Year | Dues",
        "2016",
        "They rose. Nobody said why.",
        "Line one. Line two. End.",
    ]
    assert (document.title, document.metadata) == ("Harbour dues", {"author": "Ann Lee"})


def test_a_word_file_says_its_title_and_date(tmp_path):
    """From its properties; the date that a template brought along is none."""
    import datetime as dt

    def build(document):
        document.add_paragraph("Dues rise.")
        document.core_properties.title = "Dues"
        document.core_properties.created = dt.datetime(2024, 3, 5, 8, tzinfo=dt.UTC)

    dated = read_one(word(tmp_path / "a.docx", build))
    plain = read_one(word(tmp_path / "b.docx", lambda document: document.add_paragraph("Dues rise.")))

    assert (dated.title, dated.date, dated.date_origin) == ("Dues", "2024-03-05", "docx")
    assert (plain.title, plain.date, plain.date_origin) == ("b", None, None)


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def test_reviewed_text_is_read_as_accepted(tmp_path):
    """What was inserted is there, what was deleted is not, and a text box is read once."""
    xml = f"""<w:p xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">
      <w:r><w:t xml:space="preserve">Dues </w:t></w:r><w:del><w:r><w:delText>fall</w:delText></w:r></w:del>
      <w:ins><w:r><w:t>rise</w:t></w:r></w:ins><w:hyperlink><w:r><w:t>, they say.</w:t></w:r></w:hyperlink>
      <w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>
      </mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>
      </mc:Fallback></mc:AlternateContent></w:r></w:p>"""
    control = (
        f"""<w:sdt xmlns:w="{W}"><w:sdtContent><w:p><w:r><w:t>In a form.</w:t></w:r></w:p></w:sdtContent></w:sdt>"""
    )

    def build(document):
        from docx.oxml import parse_xml

        body = document.element.body
        body.insert(0, parse_xml(xml))
        body.insert(1, parse_xml(control))

    assert blocks(read_one(word(tmp_path / "a.docx", build))) == ["Dues rise, they say.", "In a box.", "In a form."]


def test_footnotes_are_read_after_the_text(tmp_path):
    """Sources and figures often stand in the notes."""
    note = "<w:footnote><w:p><w:r><w:t>See the 2016 act.</w:t></w:r></w:p></w:footnote>"
    notes = f'<w:footnotes xmlns:w="{W}">{note}</w:footnotes>'

    def build(document):
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
        content = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
        part = Part(PackURI("/word/footnotes.xml"), content, notes.encode(), document.part.package)
        document.part.relate_to(part, kind)
        document.add_paragraph("Dues rise.")

    assert blocks(read_one(word(tmp_path / "a.docx", build))) == ["Dues rise.", "See the 2016 act."]


def repack(path, change):
    """Write a Word file again with its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def simple(path):
    return word(path, lambda document: document.add_paragraph("Dues rise."))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    """What the archive declares counts first."""
    repack(simple(tmp_path / "a.docx"), lambda parts: parts.update({"word/media/a.bin": bytes(30_000_000)}))
    assert (tmp_path / "a.docx").stat().st_size < 100_000

    documents, problems = read_all(tmp_path, max_file_bytes=20_000_000)

    assert documents == []
    assert "bytes that unpack to 30," in str(*problems)


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path):
    """Declared as one byte, the part is not unpacked beyond that."""
    path = repack(simple(tmp_path / "a.docx"), lambda parts: parts.update({"word/media/a.bin": bytes(30_000_000)}))
    size = struct.pack("<L", 30_000_000)
    data = path.read_bytes()
    assert data.count(size) == 2
    path.write_bytes(data.replace(size, struct.pack("<L", 1)))

    documents, problems = read_all(tmp_path, max_file_bytes=20_000_000)

    assert documents == []
    assert str(*problems).startswith("a.docx: not a readable Word file: ")


def test_entities_are_not_expanded(tmp_path):
    """Neither a billion laughs nor a file of the machine come into the text."""
    secret = tmp_path / "secret"
    secret.write_text("the secret", "utf-8")

    def change(parts):
        xml = parts["word/document.xml"].decode()
        declared = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}"><!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
        head, rest = xml.split("?>", 1)
        parts["word/document.xml"] = f"{head}?>{declared}{rest}".replace("Dues rise.", "Dues &s; &b; rise.").encode()

    repack(simple(tmp_path / "a.docx"), change)

    documents, _ = read_all(tmp_path / "a.docx")

    assert not [document for document in documents if "secret" in document.text or "haha" in document.text]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"not a zip", "not a readable Word file: "),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an encrypted or an old binary Word file; save it as .docx"),
        (b"PK\x05\x06" + bytes(18), "not a readable Word file: "),
    ],
)
def test_what_is_not_a_word_file_is_a_problem(tmp_path, data, problem):
    """Old binary files and files of other kinds are told apart."""
    (tmp_path / "a.docx").write_bytes(data)

    documents, problems = read_all(tmp_path)

    assert documents == []
    assert str(*problems).startswith(f"a.docx: {problem}")


def test_an_empty_word_file_is_a_problem(tmp_path):
    """A document without a word is told of."""
    assert said(read_all(word(tmp_path / "a.docx", lambda _: None))[1]) == ["a.docx: no text found in the document"]


def test_every_kind_gives_the_same_bytes_every_time(tmp_path):
    """Reading twice gives equal documents, blocks and metadata included."""
    (tmp_path / "a.html").write_text(PAGE, "utf-8")
    pdf(tmp_path / "b.pdf", [[PROSE]])
    simple(tmp_path / "c.docx")

    assert read_all(tmp_path) == read_all(tmp_path)
