"""Reading postings: title, employer and body of pages; the formats; what is no posting; speed.

Pages come from cases/html (generated from the seed) and from real job pages beside the project. A body is exact when its words are
exactly those that a reader of the page sees of the posting: nothing of the navigation, of banners, of other jobs, of hidden text.
"""
import html
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import requirements  # noqa: E402
import skills  # noqa: E402


sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cases" / "html"))
import pages  # noqa: E402

WORDS = re.compile(r"[^\W_]+")


def words(text):
    return WORDS.findall(text.replace("\u00ad", ""))  # a soft hyphen is no character


def show(ctx, *what):
    if hasattr(ctx, "show"):
        ctx.show(*what)


def fixtures_rows(ctx):
    made = list(pages.fixtures(ctx.seed))
    answers = skills.batch(ctx, [{"format": "html", "body": text, "want": ["analysis", "text"]} for _, text, _, _ in made])
    right = {"title": 0, "company": 0, "body": 0, "all": 0}
    for (layout, text, p, seen), answer in zip(made, answers):
        an = answer["analysis"]
        got = words(answer["text"])
        body = words(" ".join(seen))
        facts = words(" ".join([p["title"], "Company", p["company"], "Location", p["place"]]))  # JSON-LD has no page: its facts are written first
        ok = {"title": an["title"] == p["title"], "company": an["company"]["name"] == p["company"], "body": got in (body, facts + body)}
        for k, v in ok.items():
            right[k] += v
            if not v:
                show(ctx, layout, k, p[k] if k in p else diff(got, body), an["title"] if k == "title" else an["company"]["name"])
        right["all"] += all(ok.values())
    for k, v in right.items():
        yield {"name": f"HTML fixtures: {'title, company and body' if k == 'all' else k} exact", "value": round(v / len(made), 4), "unit": "", "goal": 0.98, "better": "higher", "n": len(made)}


def diff(got, want):
    i = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
    return " ".join(got[max(0, i - 3):i + 6]) + "  ///  " + " ".join(want[max(0, i - 3):i + 6])


def real_page(text):
    """Title and main text of a real page, by plain rules: what stands in <main>, without navigation."""
    main = re.search(r"<main\b[^>]*>(.*)</main>", text, re.S)
    if not main:
        return None
    body = re.sub(r"<(script|style|nav|button|svg|form)\b.*?</\1>", " ", main[1], flags=re.S)
    body = re.sub(r"<!--.*?-->", " ", body, flags=re.S)
    body = re.sub(r"<a [^>]*class=\"[^\"]*breadcrumb[^\"]*\"[^>]*>.*?</a>", " ", body, flags=re.S)
    h1 = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)
    strip = lambda s: html.unescape(re.sub(r"<[^>]+>", " ", s))  # noqa: E731
    return " ".join(strip(h1[1]).split()) if h1 else None, strip(body)


def real_rows(ctx):
    files = sorted((ctx.data / "postings" / "18f_html").glob("*.html")) if ctx.data else []
    if not files:
        ctx.skip("postings: no ../shared/data/postings/18f_html")
        return
    answers = skills.batch(ctx, [{"format": "html", "body": f.read_text(), "want": ["analysis", "text"]} for f in files])
    titles = title_n = bodies = body_n = 0
    for f, answer in zip(files, answers):
        page = real_page(f.read_text())
        if page is None:
            continue
        title, body = page
        an = answer["analysis"]
        if title:
            title_n += 1
            # an organisation in front of the title belongs to the employer
            whole = {title, title.split(" \u2014 ")[0]} | {f"{an['company']['name']}{sep}{an['title']}" for sep in (" - ", ": ")} & {title}
            ok = an["title"] in whole or any(t.endswith(an["title"]) and t[:-len(an["title"])].rstrip(" -:") == (an["company"]["name"] or "") for t in (title,))
            titles += ok
            if not ok:
                show(ctx, f.name, "title", title, an["title"] + " / " + str(an["company"]["name"]))
        body_n += 1
        got, want = words(answer["text"]), words(body)
        ok = got == want
        bodies += ok
        if not ok:
            show(ctx, f.name, "body", diff(got, want), f"{len(got)} {len(want)}")
    yield {"name": "real pages: title exact", "value": round(titles / max(title_n, 1), 4), "unit": "", "goal": 0.98, "better": "higher", "n": title_n}
    yield {"name": "real pages: body exact", "value": round(bodies / max(body_n, 1), 4), "unit": "", "goal": 0.98, "better": "higher", "n": body_n}


def ats_cases(seed):
    """The same posting as three applicant tracking systems and schema.org publish it."""
    import random
    rng = random.Random(seed)
    for _ in range(20):
        p = pages.posting(rng)
        slug = p["company"].lower().replace(" ", "-")
        lists = [{"text": n, "content": "".join(f"<li>{pages.e(i)}</li>" for i in items)} for n, items in zip(p["heads"][1:], (p["duties"], p["asks"], p["wishes"], p["gives"]))]
        yield "greenhouse", p, {"id": 1, "title": p["title"], "location": {"name": p["place"]}, "absolute_url": f"https://boards.greenhouse.io/{slug}/jobs/1", "company_name": p["company"],
                                "content": html.escape(pages.sections(p)), "departments": []}
        yield "lever", p, {"id": "a", "text": p["title"], "categories": {"location": p["place"], "commitment": "Full-time"}, "hostedUrl": f"https://jobs.lever.co/{slug}/a",
                           "description": f"<h3>{p['heads'][0]}</h3><p>{pages.e(p['about'])}</p><p>{pages.e(p['intro'])}</p>", "lists": lists, "additional": f"<p>{pages.e(p['law'])}</p>"}
        yield "ashby", p, {"jobs": [{"title": p["title"], "location": p["place"], "employmentType": "FullTime", "isRemote": False, "jobUrl": f"https://jobs.ashbyhq.com/{slug}/x",
                                     "descriptionHtml": pages.sections(p), "publishedAt": "2026-01-01"}]}
        yield "json_ld", p, {"@type": "JobPosting", "title": p["title"], "hiringOrganization": p["company"], "jobLocation": {"address": p["place"]}, "description": pages.sections(p)}


def ats_rows(ctx):
    made = list(ats_cases(ctx.seed))
    answers = skills.batch(ctx, [{"format": "json_ld", "body": json.dumps(doc), "want": ["analysis", "text"]} for _, _, doc in made])
    right = {}
    for (form, p, _), answer in zip(made, answers):
        an = answer.get("analysis") or {"title": "", "company": {"name": ""}}
        body = words(" ".join(pages.body_parts(p)))
        ok = an["title"] == p["title"] and an["company"]["name"] == p["company"] and words(answer.get("text", ""))[-len(body):] == body
        if not ok:
            show(ctx, form, p["title"] + " / " + p["company"], str(an["title"]) + " / " + str(an["company"]["name"]), diff(words(answer.get("text", ""))[-len(body):], body))
        right.setdefault(form, []).append(ok)
    for form, ok in right.items():
        yield {"name": f"{form} JSON: title, company and body exact", "value": round(sum(ok) / len(ok), 4), "unit": "", "goal": 0.98, "better": "higher", "n": len(ok)}


def verdict_rows(ctx):
    folder = pathlib.Path(__file__).resolve().parents[1] / "cases" / "verdicts"
    todo = [(path.name.split("-")[0], path.read_text()) for path in sorted(folder.glob("*.txt"))]
    cases = [(want, "html" if text.lstrip().startswith("<") else "text", text) for want, text in todo]
    cases += [("posting", "text", text) for _, text, _ in requirements.written_cases()]
    cases += [("posting", "html", text) for _, text, _, _ in pages.fixtures(ctx.seed + 1, 40)]
    if ctx.data:
        cases += [("not_a_posting", "text", resume_text(json.loads(f.read_text()))) for f in sorted((ctx.data / "resumes").glob("jr_*.json"))]
        cases += [("posting", "text", f.read_text()) for f in sorted((ctx.data / "postings" / "18f_md").glob("*.md")) if "QUALIF" in f.read_text().upper().split("{% ENDCOMMENT")[-1] or f.stat().st_size > 12000]
    answers = skills.batch(ctx, [{"format": form, "body": text, "want": ["analysis"], "year": 2026, "month": 6, "day": 15} for _, form, text in cases])
    right = 0
    for (want, _, text), answer in zip(cases, answers):
        got = answer.get("analysis", {}).get("verdict", answer.get("error"))
        right += got == want
        if got != want:
            show(ctx, "verdict", want, got, text[:90].replace("\n", " "))
    yield {"name": "verdict (posting, too short, expired, not a posting)", "value": round(right / len(cases), 4), "unit": "", "goal": 0.98, "better": "higher", "n": len(cases)}


def resume_text(r):
    b = r.get("basics", {})
    lines = [b.get("name", ""), b.get("label", ""), b.get("summary", ""), "Experience"]
    for w in r.get("work", []):
        lines += [f"{w.get('position', '')}, {w.get('name', '')}", w.get("summary", "") or "", *("- " + h for h in w.get("highlights", []) or [])]
    lines += ["Skills", ", ".join(s.get("name", "") for s in r.get("skills", []))]
    return "\n".join(str(x) for x in lines)


def speed_rows(ctx):
    text = "\n\n".join(t for _, t, _ in requirements.written_cases())[:10240]
    page = next(t for layout, t, _, _ in pages.fixtures(ctx.seed, 40) if layout == "article")
    page = page.replace("</article>", "".join(f"<p>{pages.e(w)}</p>" for w in text[:7000].split("\n\n")) + "</article>")[:10240]
    for name, form, body in (("text", "text", text), ("page", "html", page)):
        answer = skills.batch(ctx, [{"format": form, "body": body}], "--loop", 300)
        yield {"name": f"analysis of a 10 KiB {name}", "value": round(answer[0]["us"] / 1000, 4), "unit": "ms CPU", "goal": 1.0, "better": "lower", "n": 300, "timing": True}


def rows(ctx):
    if skills.batch(ctx, []) is None:
        ctx.skip("postings: tests/engine_batch is not built")
        return
    for part in (fixtures_rows, real_rows, ats_rows, verdict_rows, speed_rows):
        yield from part(ctx)
