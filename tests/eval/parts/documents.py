"""Documents out: what is extracted from each form is what was written, without a ligature; what a PDF costs."""
import json
import os
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

PEOPLE = {  # scripts and typography beside those of the samples; all of fonts that infra/deps names
    "ligatures": "Efficient offline workflow: affinity, fluffy official coffee, o\ufb03ce \ufb01le",
    "latin": "Łukasz Żółć-Ñandú, Ærøskøbing, Ștefănescu, Đặng Thị Hương, naïve façade “quotes” – 100 % €5",
    "decomposed": "cafe\u0301 re\u0301sume\u0301 Zu\u0308rich n\u0303andu\u0301",
    "greek": "Μηχανικός λογισμικού με εμπειρία στην ανάπτυξη",
    "cyrillic": "Инженер-программист: разработка систем, їжак, ґанок",
    "hyphens": "less-than-truckload state-of-the-art follow-up end-to-end " * 6,
    "addresses": "see https://example.com/" + "a-very-long-path/" * 6 + " and others",
    "hebrew": "מהנדסת תוכנה עם ניסיון רב בפיתוח מערכות",
    "arabic": "مهندس برمجيات لديه خبرة في تطوير الأنظمة",
}


def person(text):
    return {"basics": {"name": "Eva Núñez", "email": "eva@example.com", "summary": text}, "skills": [{"name": "Tools", "keywords": ["Git", "SQL"]}],
            "work": [{"name": "Example Works", "position": "Engineer", "startDate": "2020-01", "highlights": [text, "Second of two"]}],
            "education": [{"institution": "U", "area": "Maths", "studyType": "BSc", "startDate": "2015", "endDate": "2019"}]}


def resumes(ctx):
    for path in sorted((ctx.samples / "resumes").glob("*.json")):
        yield path.read_bytes()
    for text in PEOPLE.values():
        yield json.dumps(person(text)).encode()
    if ctx.data is None:
        ctx.skip("no ../shared/data")
        return
    for path in sorted((ctx.data / "resumes").glob("j*.json")):
        yield path.read_bytes()


def letters(ctx):
    profile = str(ctx.samples / "resumes" / "ilse-marchetti.json")
    for path in sorted((ctx.samples / "postings").glob("*.md"))[:10]:
        yield ctx.jobmill("letter", "--json", "--profile", profile, str(path))


def cpu_ms(ctx, fmt, document, runs):
    """CPU time of one document more in a process: the command's, less that of writing the same document as text."""
    def spent(form):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(runs):
            ctx.jobmill("render", "--format", form, "-", stdin=document)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs

    return max(0.0, spent(fmt) - spent("txt"))


def rows(ctx):
    try:
        subprocess.run(["pdftotext", "-v"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        import docx  # noqa: F401
    except (OSError, ImportError, subprocess.CalledProcessError) as e:
        ctx.skip(f"poppler-utils or python3-docx is missing: {e}")
        return
    from support import printed as d

    exact, ligatures, n, same = {"pdf": 0, "docx": 0, "md": 0}, 0, 0, 0
    for source in resumes(ctx):
        txt = ctx.jobmill("render", "--format", "txt", "-", stdin=source, check=False)
        if not txt:
            continue  # nothing in it that could be printed: refused in words
        want, n = d.source_words(txt.decode()), n + 1
        pdf = ctx.jobmill("render", "--format", "pdf", "-", stdin=source)
        got = {"pdf": d.pdf_words(pdf), "docx": d.docx_words(ctx.jobmill("render", "--format", "docx", "-", stdin=source)),
               "md": d.markdown_words(ctx.jobmill("render", "--format", "md", "-", stdin=source).decode())}
        for form, words in got.items():
            exact[form] += words == want
            if words != want:
                print(f"documents: {form}: {d.first_difference(want, words)}")
        ligatures += len(d.LIGATURES.findall(d.pdf_text(pdf)))
        same += pdf == ctx.jobmill("render", "--format", "pdf", "-", stdin=source)
    for form, count in exact.items():
        yield {"name": f"{form}: text is the source", "value": count / n, "unit": "", "goal": 1.0, "better": "higher", "n": n}
    yield {"name": "pdf: ligature code points", "value": ligatures, "unit": "", "goal": 0, "better": "lower", "n": n}
    yield {"name": "pdf: same bytes twice", "value": same / n, "unit": "", "goal": 1.0, "better": "higher", "n": n}
    made = list(letters(ctx))
    right = sum(d.pdf_words(ctx.jobmill("render", "--format", "pdf", "-", stdin=x)) == d.words(json.loads(x)["body"]) for x in made)
    yield {"name": "letter pdf: text is the body", "value": right / len(made), "unit": "", "goal": 1.0, "better": "higher", "n": len(made)}
    sample = (ctx.samples / "resumes" / "ilse-marchetti.json").read_bytes()
    runs = 5 if ctx.quick else 30
    for form, goal in (("pdf", 20.0), ("docx", None)):
        yield {"name": f"{form}: CPU of the first document of a process", "value": cpu_ms(ctx, form, sample, runs), "unit": "ms", "goal": goal,
               "better": "lower", "n": runs, "timing": True}
