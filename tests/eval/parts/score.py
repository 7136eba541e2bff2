"""What the score promises, on the sample postings and résumés and on the public ones: violations, of which there should be none.

The unit tests hold the same properties over generated cases (tests/unit/pipeline/engine/test_score_properties.c)."""
import copy
import json
import random

SKILLS = ["Kubernetes", "Terraform", "Java", "Python", "PostgreSQL", "Kafka", "React", "Figma", "Tableau", "Docker", "Linux", "Ansible", "TypeScript",
          "GraphQL", "Redis", "Snowflake", "Prometheus", "Grafana", "Selenium", "Jenkins", "Elasticsearch", "MongoDB", "MySQL", "Django", "Angular",
          "Scala", "Kotlin", "Swift", "Ruby on Rails", "Hadoop", "Airflow", "RabbitMQ", "Cassandra", "Spring Boot", "Vue.js", "Webpack", "Salesforce",
          "Zendesk", "Jira", "Confluence", "PyTorch", "TensorFlow", "Pandas", "NumPy", "OpenShift"]


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def people(ctx):
    found = [load(p) for p in sorted((ctx.samples / "resumes").glob("*.json"))]
    if ctx.data:
        for p in sorted((ctx.data / "resumes").glob("jr_*.json")):
            found.append(load(p))
    return found if not ctx.quick else found[:2]


def postings(ctx):
    found = sorted(p for p in (ctx.samples / "postings").iterdir() if p.suffix in (".md", ".txt", ".html", ".json"))
    if ctx.data:
        found += sorted((ctx.data / "postings" / "18f_md").glob("*.md"))[::4] + sorted((ctx.data / "postings" / "18f_html").glob("*.html"))[::6]
    return [{"posting_path": str(p)} for p in (found if not ctx.quick else found[::4])]


def scores(ctx, requests):
    return [a["result"] if a["ok"] else None for a in ctx.engine([dict(r, op="score") for r in requests])]


def pairs_of(ctx):
    return [dict(q, profile=p) for p in people(ctx) for q in postings(ctx)]


def row(name, bad, n):
    return {"name": name, "value": bad, "n": n, "goal": 0, "better": "lower", "tolerance": 0}


# --- the document ----------------------------------------------------------------------------------------------------------------

def recomputed(doc):
    """The number, from the rows and constants of the document; None when it does not follow from them."""
    f, rows_ = doc["formula"], doc["requirement_match"]
    points = sum(r["points"] for r in rows_)
    most = sum(r["points_max"] for r in rows_)
    value = (points + f["prior_points"] * f["prior_value"]) / (most + f["prior_points"])
    dims = {d["key"]: d for d in doc["dimensions"]}
    if abs(dims["requirements"]["score"] - value) > 0.003:
        return None
    present = [d for d in doc["dimensions"] if d["present"]]
    raw = 100 * sum(d["weight"] * d["score"] for d in present) / sum(d["weight"] for d in present)
    if abs(raw - doc["raw"]) > 0.65:
        return None
    return min(doc["raw"], doc["cap"]["value"])


def document_rows(ctx, requests, docs):
    judged = [(r, d) for r, d in zip(requests, docs) if d and d["overall"] >= 0]
    yield row("number does not follow from the rows", sum(recomputed(d) != d["overall"] for _, d in judged), len(judged))
    loose = [m for _, d in judged for m in d["requirement_match"] if m["points"] > 0 and not m["evidence_ids"] and not m["matched_form"]]
    yield row("points without evidence", len(loose), sum(len(d["requirement_match"]) for _, d in judged))
    silent = {"certification": "certificates", "education": "education", "language": "languages"}
    false = bare = blockers = 0
    for r, d in judged:
        for b in d["blockers"]:
            blockers += 1
            section = silent.get(b["category"])
            false += bool(section) and not r["profile"].get(section)
            bare += not (b["quote"] and b["reason"] and b["action"])
    yield row("blockers although one side is silent", false, blockers)
    yield row("blockers without quote, reason or action", bare, blockers)


def same_bytes_row(ctx, requests):
    """Scores and vectors, run again in another order and by the builds of other compilers and optimisations that are there
    (build/dev and build/asan after make test)."""
    asked = [dict(r, op="score") for r in requests]
    asked += [dict(q, op="embed") for q in postings(ctx)] + [{"op": "embed", "profile": p} for p in people(ctx)]
    mine = ctx.engine(asked, raw=True)
    again = ctx.engine(list(reversed(asked)), raw=True)
    checked, differ = len(mine), sum(a != b for a, b in zip(mine, reversed(again)))
    for preset in ("dev", "asan", "fuzz", "clang", "O0", "O3"):
        tool = ctx.root / "build" / preset / "tests" / "engine_tool"
        if tool == ctx.tool or not tool.exists() or tool.stat().st_mtime < newest_source(ctx):
            continue
        other = ctx.engine(asked, tool=tool, raw=True)
        checked += len(mine)
        differ += sum(a != b for a, b in zip(mine, other))
    yield row("bytes differ between runs, compilers and optimisations", differ, checked)


def newest_source(ctx):
    return max(p.stat().st_mtime for folder in ("common/base", "common/pipeline/engine") for p in (ctx.root / folder).glob("*.*"))


# --- what must not move it -------------------------------------------------------------------------------------------------------

def stuffed(profile, rng):
    """What stands there, several times."""
    p = copy.deepcopy(profile)
    for group in p.get("skills", []):
        group["keywords"] = list(group.get("keywords", [])) * rng.randint(2, 5)
    for job in p.get("work", [])[:2]:
        lines = job.get("highlights") or []
        job["highlights"] = lines + lines[: rng.randint(1, 3)]
    return p


def resume_repeat_row(ctx, requests, docs):
    rng = random.Random(ctx.seed)
    changed = scores(ctx, [dict(r, profile=stuffed(r["profile"], rng)) for r in requests])
    raised = sum(bool(a and b) and b["raw"] > a["raw"] for a, b in zip(docs, changed))
    yield row("raised by repeating in the résumé", raised, len(requests))


def posting_repeat_row(ctx, requests):
    """Each required clause of the text postings once more at the end of its line, and its skill alone on lines of its own."""
    texts = [q for q in postings(ctx) if q["posting_path"].endswith((".md", ".txt"))]
    bodies = [r["text"] for r in ctx.results([dict(q, op="read") for q in texts])]
    base = [dict(posting=b, format="text") for b in bodies]
    read = ctx.results([dict(q, op="analyze") for q in base])
    cases = []
    for body, analysis in zip(bodies, read):
        for q in analysis["requirements"][:6]:
            quote = q["evidence"]["quote"]
            line = body.find("\n", body.find(quote) + len(quote))
            line = len(body) if line < 0 else line
            cases.append((analysis, body, body[:line] + "\n- " + quote + "\n- " + quote + ", " + quote + body[line:]))
    # where the new lines take the posting's structure apart (a table, a paragraph), it is not the same posting any more
    asked = lambda a: {q["text"] for q in a["requirements"]}
    read = ctx.results([dict(posting=again, format="text", op="analyze") for _, _, again in cases])
    cases = [c for c, a in zip(cases, read) if asked(c[0]) <= asked(a) and len(c[0]["responsibilities"]) <= len(a["responsibilities"])]
    changed, plain = [], []
    for _, body, again in cases:
        for p in people(ctx)[:3]:
            plain.append(dict(posting=body, format="text", profile=p))
            changed.append(dict(posting=again, format="text", profile=p))
    before, after = scores(ctx, plain), scores(ctx, changed)
    raised = sum(bool(a and b) and b["raw"] > a["raw"] for a, b in zip(before, after))
    yield row("raised by repeating in the posting", raised, len(changed))


def evidence_row(ctx, requests, docs):
    """A gap closed truthfully, and anything else that is true: a skill, a line, a project, one more certificate."""
    rng = random.Random(ctx.seed + 1)
    changed, before = [], []
    for r, d in zip(requests, docs):
        if not d or d["overall"] < 0:
            continue
        term = rng.choice(d["keyword"]["gaps"] or SKILLS)
        for kind in range(4):
            p = copy.deepcopy(r["profile"])
            if kind == 0:
                p.setdefault("skills", []).append({"name": "More", "keywords": [term]})
            elif kind == 1 and p.get("work"):
                p["work"][0]["highlights"] = (p["work"][0].get("highlights") or []) + [f"Used {term} for the yearly report"]
            elif kind == 2:
                p.setdefault("projects", []).append({"name": "Garden planner", "description": f"A tool with {term} for the allotment club", "highlights": [f"Wrote it with {term}"]})
            elif p.get("certificates"):
                p["certificates"].append({"name": f"Certificate in {term}"})
            changed.append(dict(r, profile=p))
            before.append(d)
    after = scores(ctx, changed)
    lowered = sum(b["overall"] < a["overall"] or b["raw"] < a["raw"] for a, b in zip(before, after))
    yield row("lowered by true evidence", lowered, len(changed))


def terms_posting(terms, title):
    return (f"# {title}\n\nWe are a team of twenty in a small town, and we look for one more person to work with us on our systems.\n\n## Requirements\n"
            + "".join(f"- {t}\n" for t in terms) + "\n## How to apply\nSend your papers by the end of the month. Interviews take place in our office.\n")


def vague_row(ctx):
    """Six terms against forty-five with the same share of them had."""
    rng = random.Random(ctx.seed + 2)
    requests, n = [], 40 if ctx.quick else 200
    for _ in range(n):
        names = rng.sample(SKILLS, len(SKILLS))
        sixths = rng.randint(3, 6)
        have = [t for i, t in enumerate(names) if i % 6 < sixths]
        profile = {"basics": {"name": "A B", "email": "a@example.com", "phone": "1", "label": "Engineer"},
                   "work": [{"name": "Org", "position": "Engineer", "startDate": "2019-01", "highlights": ["Kept the systems of two plants running"]}],
                   "skills": [{"name": "All", "keywords": have}]}
        requests += [dict(posting=terms_posting(t, "Engineer"), format="text", profile=profile) for t in (names[:6], names[:42])]
    docs = scores(ctx, requests)
    share = lambda d: sum(m["points"] for m in d["requirement_match"]) / max(sum(m["points_max"] for m in d["requirement_match"]), 1e-9)
    compared = [(t, f) for t, f in zip(docs[::2], docs[1::2]) if share(t) <= share(f) + 1e-9]
    yield row("a vague posting outranks a detailed one", sum(t["overall"] > f["overall"] for t, f in compared), len(compared))


def rows(ctx):
    requests = pairs_of(ctx)
    docs = scores(ctx, requests)
    yield from document_rows(ctx, requests, docs)
    yield from same_bytes_row(ctx, requests)
    yield from resume_repeat_row(ctx, requests, docs)
    yield from posting_repeat_row(ctx, requests)
    yield from evidence_row(ctx, requests, docs)
    yield from vague_row(ctx)
    if ctx.data is None:
        ctx.skip("no ../shared/data: public postings and résumés are left out")
