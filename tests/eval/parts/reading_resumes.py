"""Résumés laid out in the shapes that people have, as text, Markdown, DOCX and PDF, and read back: the share of the fields that
come out exactly as they went in. A field counts when the same text stands in the same kind of place of the same entry."""
import json
import pathlib
import random
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from support import documents  # noqa: E402

VARIANTS = 6  # layouts of each résumé and format
FIELDS = ("name", "contact", "employer", "title", "dates", "highlight", "school")
GOALS = {"name": 0.99, "contact": 0.97, "employer": 0.97, "title": 0.97, "dates": 0.97, "highlight": 0.97, "school": 0.95}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def people(ctx):
    paths = sorted((ctx.samples / "resumes").glob("*.json"))
    if ctx.data:
        paths += sorted(p for p in (ctx.data / "resumes").glob("j*.json"))
    found = [load(p) for p in paths]
    return [p for p in found if (p.get("basics") or {}).get("name") and p.get("work")]


def flat(text):
    return re.sub(r"\s+", " ", str(text or "")).strip()


def month(text):
    return (text or "")[:7]


def plain(person):
    """Only what the layouts show, with Markdown of the source taken as text."""
    return {k: person.get(k) for k in ("basics", "work", "education", "skills")}


def compare(want, got, count):
    def tally(field, ok):
        count[field][0] += bool(ok)
        count[field][1] += 1
    b, g = want["basics"], got.get("basics", {})
    tally("name", flat(g.get("name")) == flat(b["name"]))
    for key in ("email", "phone"):
        if b.get(key):
            tally("contact", flat(g.get(key)) == flat(b[key]))
    for i, w in enumerate(want.get("work") or []):
        e = got.get("work", [])[i] if i < len(got.get("work", [])) else {}
        name = w.get("name") or w.get("company")
        if name:
            tally("employer", flat(e.get("name")) == flat(name))
        if w.get("position"):
            tally("title", flat(e.get("position")) == flat(w["position"]))
        if w.get("startDate"):
            tally("dates", (month(e.get("startDate")), month(e.get("endDate"))) == (month(w["startDate"]), month(w.get("endDate"))))
        read = [flat(h) for h in e.get("highlights", [])]
        for h in w.get("highlights") or []:
            tally("highlight", flat(h) in read)
    for i, w in enumerate(want.get("education") or []):
        e = got.get("education", [])[i] if i < len(got.get("education", [])) else {}
        if w.get("institution"):
            tally("school", flat(e.get("institution")) == flat(w["institution"]))


def formats(ctx):
    yield "text", documents.as_text, "-"
    yield "markdown", documents.as_markdown, "-"
    yield "pdf", documents.as_pdf, "-"
    try:
        import docx
    except ImportError:
        ctx.skip("DOCX: python3-docx is not installed")
        return
    yield "docx", lambda lines, rng: documents.as_docx(lines, rng, docx), "-"


def rows(ctx):
    found = people(ctx)
    if ctx.quick:
        found = found[:3]
    elif not ctx.data:
        ctx.skip("no public résumés: only those of samples/")
    for kind, make, path in formats(ctx):
        count, refused, n = {f: [0, 0] for f in FIELDS}, 0, 0
        for p, person in enumerate(found):
            for v in range(2 if ctx.quick else VARIANTS):
                rng = random.Random(f"{ctx.seed}/{kind}/{p}/{v}")
                data = make(documents.lines_of(plain(person), rng), rng)
                out = ctx.jobmill("import", "--json", path, stdin=data, check=False)
                n += 1
                if not out.strip():
                    refused += 1
                compare(plain(person), json.loads(out) if out.strip() else {}, count)
        for field in FIELDS:
            right, total = count[field]
            if total:
                yield {"name": f"{kind} {field}", "value": right / total, "unit": "", "goal": GOALS[field], "better": "higher", "n": total}
        yield {"name": f"{kind} refused", "value": refused / max(n, 1), "unit": "", "goal": 0.0, "better": "lower", "n": n}
