"""Documents out: what a reader extracts from each form is what was written, from the command line and from the gateway."""
import io
import json
import os
import pty
import re
import subprocess
import zipfile

import pytest

from support import printed as d
from support import samples
from support.fleet import BIN

JOBMILL = os.path.join(BIN, "jobmill")
DATA = os.environ.get("JOBMILL_EVAL_DATA") or samples.DATA
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("JOBMILL_")}


def jobmill(*words, stdin=b"", check=True):
    r = subprocess.run([JOBMILL, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    if check:
        assert r.returncode == 0, r.stderr.decode()
    return r


def render(document, form, *words):
    return jobmill("render", "--format", form, *words, "-", stdin=json.dumps(document).encode()).stdout


def person(text, **basics):
    return {"basics": {"name": "Eva Núñez", "email": "eva@example.com", "summary": text, **basics},
            "work": [{"name": "Example Works", "position": "Engineer", "startDate": "2020-01", "highlights": [text, "Second of two"]}],
            "education": [{"institution": "U", "area": "Maths", "startDate": "2015", "endDate": "2019"}], "skills": [{"name": "Tools", "keywords": ["Git"]}]}


SCRIPTS = {
    "ligatures": "Efficient offline workflow: affinity, fluffy official coffee, o\ufb03ce and \ufb01le",
    "latin": "Łukasz Żółć-Ñandú, Ærøskøbing, Ștefănescu, Đặng Thị Hương, naïve façade “quotes” – 100 % €5 ½",
    "decomposed": "cafe\u0301 re\u0301sume\u0301 Zu\u0308rich n\u0303andu\u0301",
    "greek": "Μηχανικός λογισμικού με εμπειρία στην ανάπτυξη",
    "cyrillic": "Инженер-программист: разработка систем, їжак, ґанок",
    "hebrew": "מהנדסת תוכנה עם ניסיון רב בפיתוח מערכות",
    "arabic": "مهندس برمجيات لديه خبرة في تطوير الأنظمة",
    "hyphens": "less-than-truckload state-of-the-art follow-up end-to-end " * 8,
    "addresses": "see https://example.com/" + "a-very-long-path/" * 6 + " and others",
    "word": "x" * 90 + " and then on",
}


def sources():
    yield from samples.resumes().items()
    for name, text in SCRIPTS.items():
        yield name, person(text)
    folder = os.path.join(DATA, "resumes")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if re.match(r"jrs?_.*\.json", name) and "empty" not in name:
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                yield name, json.load(f)


@pytest.mark.parametrize("name,document", list(sources()), ids=lambda v: v if isinstance(v, str) else "")
def test_every_form_says_the_same(name, document):
    want = d.source_words(render(document, "txt").decode())
    pdf, docx, md = (render(document, form) for form in ("pdf", "docx", "md"))
    assert len(want) > 3
    for form, got in (("pdf", d.pdf_words(pdf)), ("docx", d.docx_words(docx)), ("md", d.markdown_words(md.decode()))):
        assert got == want, f"{form}: {d.first_difference(want, got)}"
    assert not d.LIGATURES.search(d.pdf_text(pdf))
    assert pdf == render(document, "pdf") and docx == render(document, "docx"), "the same bytes each time"


def test_evaluation_data_is_there_or_said():
    if not os.path.isdir(DATA):
        pytest.skip("no ../shared/data")


def test_fonts_are_embedded_and_the_language_is_said(tmp_path):
    path = tmp_path / "a.pdf"
    jobmill("render", "--out", str(path), "-", stdin=json.dumps({**person("Ελληνικά и русский"), "meta": {"language": "de"}}).encode())
    fonts = subprocess.run(["pdffonts", str(path)], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()[2:]
    assert fonts and all(re.search(r"\byes yes yes\b", line) for line in fonts), fonts
    info = subprocess.run(["pdfinfo", str(path)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True, text=True).stdout
    assert "Eva Núñez" in info and "Error" not in info and "A4" in info
    assert b"/Lang (de)" in path.read_bytes()


def test_paper():
    letter, a4 = (render(person("x"), "pdf", "--paper", p) for p in ("letter", "a4"))
    assert b"612 792" in letter and b"595.27" in a4
    assert b"612 792" in render(person("x", location={"countryCode": "US"}), "pdf")


def test_docx_has_styles_lists_and_properties():
    from docx import Document

    document = samples.resumes()["ilse-marchetti"]
    docx = render(document, "docx")
    paragraphs = list(d.docx_paragraphs(Document(io.BytesIO(docx))))
    styles = [p.style for p in paragraphs]
    assert styles[0] == "Title" and paragraphs[0].text == "Ilse Marchetti"
    assert [p.text for p in paragraphs if p.style == "Heading 1"][:2] == ["Summary", "Experience"]
    assert styles.count("List Bullet") > 10
    assert any(p.style == "Heading 2" and p.text.endswith("\tMar 2023 – present") for p in paragraphs)
    core = Document(io.BytesIO(docx)).core_properties
    assert core.author == "Ilse Marchetti" and core.title == "Ilse Marchetti – Résumé"
    names = zipfile.ZipFile(io.BytesIO(docx)).namelist()
    assert names[0] == "[Content_Types].xml" and "word/numbering.xml" in names


def test_what_no_font_has_is_said_not_drawn():
    r = jobmill("render", "--format", "pdf", "-", stdin=json.dumps(person("\U00010f70 \U00011d60 \U00010a60")).encode(), check=False)
    assert (r.returncode == 1 and b"U+1" in r.stderr and not r.stdout) or r.stdout.startswith(b"%PDF-")
    assert render(person("\U00010f70"), "docx")


def test_a_terminal_is_not_filled_with_bytes(tmp_path):
    source = tmp_path / "a.json"
    source.write_text(json.dumps(person("x")))
    ours, theirs = pty.openpty()
    try:
        r = subprocess.run([JOBMILL, "render", "--format", "pdf", str(source)], stdout=theirs, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    finally:
        os.close(theirs)
        os.close(ours)
    assert r.returncode != 0 and b"--out" in r.stderr


def test_wrong_use_is_said_in_words(tmp_path):
    good = json.dumps(person("x")).encode()
    for words, stdin, said in ((("--format", "pfd", "-"), good, b"did you mean"), (("--paper", "a5", "-"), good, b"a4 or letter"),
                               (("--out", str(tmp_path / "x.odt"), "-"), good, b"--format"), (("--format", "pdf", "-"), b"{}", b"nothing to print"),
                               (("--format", "pdf", "-"), b"[1]", b"object"), (("--format", "pdf", "-"), b"{", b""),
                               (("-",), b'{"work": "x"}', b"/work"), ((str(tmp_path / "none.json"),), b"", b"none.json")):
        r = jobmill("render", *words, stdin=stdin, check=False)
        assert r.returncode in (1, 2) and said in r.stderr and not r.stdout, (words, r)


def test_lint_names_rules_and_places():
    findings = json.loads(jobmill("render", "--lint", "--json", "-", stdin=json.dumps({"work": [{"name": "A", "startDate": "2020", "endDate": "2019"}]}).encode()).stdout)
    assert {"code": "dates_reversed", "severity": "error", "pointer": "/work/0/endDate", "detail": "The end is before the start."} in findings
    assert "email_missing" in [f["code"] for f in findings]


def test_a_tailored_resume_and_a_letter_are_printed(tmp_path):
    resume, posting = (os.path.join(samples.FOLDER, p) for p in ("resumes/ilse-marchetti.json", "postings/tallystick-backend-engineer.md"))
    tailored = jobmill("tailor", "--json", "--profile", resume, posting).stdout
    letter = jobmill("letter", "--json", "--profile", resume, posting).stdout
    assert d.pdf_words(render(json.loads(tailored), "pdf")) == d.source_words(render(json.loads(tailored)["document"], "txt").decode())
    body = json.loads(letter)["body"]
    assert render(json.loads(letter), "txt").decode() == body
    for form, words in (("pdf", d.pdf_words), ("docx", d.docx_words)):
        assert words(render(json.loads(letter), form)) == d.words(body)


@pytest.fixture(scope="module")
def finished(client, person_id):
    a = client.submit(person_id, samples.distinct(1, 950)[0], ref="documents")
    return client.application_end(a["id"])["id"]


@pytest.fixture(scope="module")
def person_id(people):
    return people["ilse-marchetti"]


@pytest.mark.parametrize("which,words", (("resume", "document"), ("cover-letter", None)))
def test_the_gateway_makes_pdf_and_docx(client, finished, which, words):
    path = f"/applications/{finished}/{which}"
    document = client.ok(client.get(path))
    want = d.source_words(render(document[words], "txt").decode()) if words else d.words(document["body"])
    for form, media, read in (("pdf", "application/pdf", d.pdf_words), ("docx", DOCX, d.docx_words)):
        r = client.get(path, params={"format": form})
        assert r.status_code == 200 and r.headers["Content-Type"] == media
        assert read(r.content) == want
        assert re.fullmatch(rf"attachment; filename=\"{which}\.{form}\"; filename\*=UTF-8''Ilse%20Marchetti%20-%20{which}\.{form}", r.headers["Content-Disposition"])
        assert client.get(path, headers={"Accept": media}).content == r.content, "the same bytes by Accept"
        assert render(document, form) == r.content, "the same bytes as jobmill render makes"
        again = client.get(path, params={"format": form}, headers={"If-None-Match": r.headers["ETag"]})
        assert again.status_code == 304 and not again.content
        other = client.get(path, params={"format": "docx" if form == "pdf" else "pdf"})
        assert other.headers["ETag"] != r.headers["ETag"]
    assert client.get(path, params={"format": "odt"}).status_code == 406
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406


def test_many_at_once_are_made_or_refused_with_a_word(client, finished):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda _: client.get(f"/applications/{finished}/resume", params={"format": "pdf"}), range(240)))
    made = [a for a in answers if a.status_code == 200]
    assert len(made) >= 60 and len({a.content for a in made}) == 1
    assert all(a.status_code == 200 or (a.status_code == 503 and "Retry-After" in a.headers) for a in answers)


def test_results_has_the_forms_that_are_asked_for(fleet, client, person_id, tmp_path):
    lines = [{"user_id": person_id, "job": job, "client_ref": f"r{n}"} for n, job in enumerate(samples.distinct(2, 960))]
    batch = client.batch(lines)
    client.batch_end(batch["id"])
    fleet.run("results", batch["id"], "--out", str(tmp_path / "some"), "--format", "pdf,docx", check=False)
    fleet.run("results", batch["id"], "--out", str(tmp_path / "all"), check=False)
    for folder in os.listdir(tmp_path / "some"):
        assert sorted(os.listdir(tmp_path / "some" / folder)) == ["cover-letter.docx", "cover-letter.pdf", "resume.docx", "resume.pdf"]
        assert {"resume.md", "cover-letter.txt", "resume.pdf", "resume.json"} <= set(os.listdir(tmp_path / "all" / folder))
        assert (tmp_path / "some" / folder / "resume.pdf").read_bytes().startswith(b"%PDF-")


def month(date):
    """What a résumé shows of a date: no days."""
    return re.sub(r"^(\d{4}-\d\d)-\d\d$", r"\1", date)


def shown(resume):
    """The profile as far as a printed résumé shows it."""
    if isinstance(resume, dict):
        out = {k: shown(v) for k, v in resume.items() if not k.startswith(("x_", "$")) and k not in ("meta", "image")}
        if {"username", "url"} <= set(out):
            del out["username"]  # the address is what is printed
        if "institution" in out:  # degree and field are one text on paper
            degree, field = out.pop("studyType", ""), out.pop("area", "")
            out["study"] = degree + field if not (degree and field) else degree + (", " if " in " in degree else " in ") + field
        return {k: v for k, v in out.items() if v not in ("", None, [], {})}
    if isinstance(resume, list):
        return [x for x in map(shown, resume) if x not in ("", None, [], {})]
    return month(" ".join(resume.split())) if isinstance(resume, str) else resume


@pytest.mark.parametrize("form", ("txt", "md", "docx", "pdf"))
@pytest.mark.parametrize("name,resume", [x for x in sources() if x[0] in samples.resumes() or x[0].startswith("jr_")], ids=lambda v: v if isinstance(v, str) else "")
def test_our_own_reader_reads_our_own_documents(name, resume, form, tmp_path):
    if jobmill("import", "--help", check=False).returncode != 0:
        pytest.skip("this build has no jobmill import")
    path = tmp_path / f"resume.{form}"
    path.write_bytes(render(resume, form))
    got = json.loads(jobmill("import", "--json", str(path)).stdout)
    assert shown(got) == shown(resume)
