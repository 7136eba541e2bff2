"""What a reader gets out of a document, and what was meant: both as one line of words, comparable."""
import io
import re
import subprocess
import unicodedata

HEADINGS = ["Summary", "Experience", "Projects", "Volunteer Experience", "Education", "Skills", "Certificates", "Languages", "Awards", "Publications", "Interests", "References"]
LIGATURES = re.compile("[\ufb00-\ufb06]")
# what extraction adds or drops without a letter being lost: direction marks, joiners
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def words(text):
    """NFC, one space between words, without what only shapes the page (bullets, the dots between details)."""
    text = unicodedata.normalize("NFC", INVISIBLE.sub("", text))
    return [w for w in text.split() if w not in ("·", "•", "-")]


def source_words(txt):
    """The words of the text form, with its headings in the case that the other forms have."""
    lines = txt.split("\n")
    capitals = {h.upper(): h for h in HEADINGS}
    return words("\n".join(capitals.get(line, line) for line in lines))


def pdf_text(pdf):
    return subprocess.run(["pdftotext", "-enc", "UTF-8", "-", "-"], input=pdf, stdout=subprocess.PIPE, check=True).stdout.decode()


def pdf_words(pdf):
    text = pdf_text(pdf)
    return words(re.sub(r"(?m)^Page \d+ of \d+$", "", text))


def docx_words(docx):
    from docx import Document

    return words("\n".join(p.text for p in docx_paragraphs(Document(io.BytesIO(docx)))))


class Paragraph:
    def __init__(self, text, style):
        self.text, self.style = text, style


def docx_paragraphs(document):
    """Paragraphs with the text of links (python-docx leaves it out)."""
    w = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    for p in document.paragraphs:
        parts = []
        for node in p._p.iter():
            if node.tag == w + "t":
                parts.append(node.text or "")
            elif node.tag in (w + "tab", w + "br") and node.getparent().tag == w + "r":
                parts.append("\t" if node.tag == w + "tab" else "\n")
        yield Paragraph("".join(parts), p.style.name)


def markdown_words(md):
    """Markdown without its marks."""
    out = []
    for line in md.split("\n"):
        line = re.sub(r"^(#{1,3} |- )", "", line)
        line = re.sub(r"(?<!\\)\*\*", "", line)
        out.append(re.sub(r"\\([\\`*_<>\[\]#+-])", r"\1", line))
    return words("\n".join(out))


def first_difference(a, b):
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return f"word {i}: {' '.join(a[max(0, i - 4):i + 6])!r} / {' '.join(b[max(0, i - 4):i + 6])!r}"
    return f"{len(a)} words / {len(b)} words; the longer goes on: {(a + [''])[len(b):][:8] or b[len(a):][:8]}"
