"""Whether the right postings come first: résumé to posting by similarity and by score, posting to posting, text to text.

Relevance comes from what the engine does not see: file names and titles of public postings, the table in samples/README.md,
and the role for which a text was written (cases/roles.py)."""
import json
import math
import re

from cases import pairs, roles

K = 10


def ndcg(values, grades, k=K):
    """nDCG@k with gains 2^g - 1; ties are broken against us (lower grade first)."""
    order = sorted(range(len(values)), key=lambda i: (-values[i], grades[i]))
    gain = sum((2 ** grades[i] - 1) / math.log2(r + 2) for r, i in enumerate(order[:k]))
    best = sum((2 ** g - 1) / math.log2(r + 2) for r, g in enumerate(sorted(grades, reverse=True)[:k]))
    return gain / best if best else None


def mean(xs):
    xs = [x for x in xs if x is not None]
    return sum(xs) / len(xs) if xs else 0.0


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


# --- vectors ---------------------------------------------------------------------------------------------------------------------

def posting_request(op, posting):
    return dict(posting, op=op)


def embedded(ctx, postings):
    """For each posting the two vectors, None where it cannot be read."""
    out = []
    for a in ctx.engine([dict(p, op="embed") for p in postings]):
        out.append((a["result"]["description"], a["result"]["requirements"]) if a["ok"] else None)
    return out


def profiles_embedded(ctx, profiles):
    return [(r["skills"], r["experience"], r["goals"]) for r in ctx.results([dict(p, op="embed") for p in profiles])]


def similarity(u, j):
    return 0.40 * dot(u[0], j[0]) + 0.35 * dot(u[1], j[1]) + 0.25 * dot(u[2], j[0])


def near(x, y):
    """Two postings."""
    return (dot(x[0], y[0]) + dot(x[1], y[1])) / 2


def rank_profiles(ctx, name, profiles, postings, grades):
    """Rows for résumés against postings: nDCG by similarity and by score. grades[i][k]: of posting k for profile i."""
    vectors = embedded(ctx, postings)
    people = profiles_embedded(ctx, profiles)
    by_similarity, by_score = [], []
    requests = [dict(q, **p, op="score") for p in profiles for q in postings]
    scores = ctx.engine(requests)
    for i in range(len(profiles)):
        values = [similarity(people[i], v) if v else -1 for v in vectors]
        by_similarity.append(ndcg(values, grades[i]))
        line = scores[i * len(postings):(i + 1) * len(postings)]
        # the caps and whole numbers make ties: raw breaks them, as a list in a program would
        values = [(a["result"]["overall"], a["result"]["raw"]) if a["ok"] else (-1, -1) for a in line]
        by_score.append(ndcg([o * 1000 + r for o, r in values], grades[i]))
    n = len(profiles) * len(postings)
    yield {"name": f"{name}: nDCG@10 by similarity", "value": mean(by_similarity), "n": n}
    yield {"name": f"{name}: nDCG@10 by score", "value": mean(by_score), "n": n}


def rank_neighbours(ctx, name, postings, families):
    """Each posting as the query, the others to be ranked: same family relevant."""
    vectors = embedded(ctx, postings)
    values = []
    for i, v in enumerate(vectors):
        others = [k for k in range(len(postings)) if k != i and vectors[k]]
        grades = [int(families[k] == families[i]) for k in others]
        if v and sum(grades):
            values.append(ndcg([near(v, vectors[k]) for k in others], grades))
    return {"name": f"{name}: posting to posting nDCG@10", "value": mean(values), "n": len(values)}


# --- own roles -------------------------------------------------------------------------------------------------------------------

def role_rows(ctx):
    all_roles = roles.ROLES if not ctx.quick else roles.ROLES[::3]
    profiles = [{"profile": roles.profile(r)} for r in all_roles]
    grade = lambda a, b: 3 if a[0] == b[0] else 1 if a[1] == b[1] else 0
    mixed = [{"posting": roles.posting(r, c, v), "format": "text"} for r in all_roles for c, v in ((0, 0), (1, 1))]
    whose = [r for r in all_roles for _ in range(2)]
    yield from rank_profiles(ctx, "roles", profiles, mixed, [[grade(r, w) for w in whose] for r in all_roles])
    # the same work under two companies must be nearer than other work under the same company
    vectors = embedded(ctx, mixed)
    right = total = 0
    for i in range(len(mixed)):
        twin = i ^ 1
        for k in range(len(mixed)):
            if k % 2 == i % 2 and k != i:
                total += 1
                right += near(vectors[i], vectors[twin]) > near(vectors[i], vectors[k])
    yield {"name": "roles: same work before same company", "value": right / total, "n": total, "goal": 0.99}
    apart = [near(vectors[i], vectors[k]) for i in range(0, len(mixed), 2) for k in range(0, i, 2) if whose[i][1] != whose[k][1]]
    yield {"name": "roles: similarity left by shared boilerplate", "value": mean(apart), "n": len(apart), "better": "lower", "goal": 0.25}


def pair_rows(ctx):
    """Triples: the first text is nearer to the second than to the third."""
    for name, triples in pairs.TRIPLES.items():
        requests = [{"op": "similarity", "a": a, "b": x} for a, b, c in triples for x in (b, c)]
        values = ctx.results(requests)
        wins = [values[2 * i] > values[2 * i + 1] for i in range(len(triples))]
        yield {"name": f"texts: {name}", "value": sum(wins) / len(wins), "n": len(wins), "goal": pairs.GOALS.get(name, 0.95)}
    far = ctx.results([{"op": "similarity", "a": a, "b": b} for a, b in pairs.FAR])
    yield {"name": "texts: similarity of strangers", "value": mean(far), "n": len(far), "better": "lower", "goal": 0.15}


# --- samples ---------------------------------------------------------------------------------------------------------------------

def sample_rows(ctx):
    people = {"Ilse": "ilse-marchetti", "Gloria": "gloria-fennimore-santos", "Hana": "hana-petrosyan"}
    grades = {name: {} for name in people}
    for line in (ctx.samples / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) >= 6 and re.match(r"`[\w-]+\.(md|txt|html|json)`$", cells[1]):
            for name in people:
                fit = re.search(name + r", (good|partial|poor)", cells[4])
                grades[name][cells[1].strip("`")] = {"good": 3, "partial": 1}.get(fit.group(1) if fit else "", 0)
    files = sorted(f for f in grades["Ilse"] if (ctx.samples / "postings" / f).exists())
    profiles = [{"profile_path": str(ctx.samples / "resumes" / f"{f}.json")} for f in people.values()]
    postings = [{"posting_path": str(ctx.samples / "postings" / f)} for f in files]
    yield from rank_profiles(ctx, "samples", profiles, postings, [[grades[p][f] for f in files] for p in people])


# --- public postings -------------------------------------------------------------------------------------------------------------

# By title and file name; the first that fits. Postings of several professions (fellowships, "various roles") have none.
FAMILIES = [
    ("", r"various roles|term limited|fellows\b|cohort|bucket|chapter director|information technology specialist"),
    ("product", r"product (manag|director|supervis)|director of product"),
    ("security", r"security|fedramp|isso|infosec|fraud"),
    ("data", r"\bdata\b|analytics"),
    ("design", r"design|user experience|accessibility|research op"),
    ("product", r"product"),
    ("engineering", r"engineer|devops|cloud|infrastructure|technical lead"),
    ("outreach", r"outreach|marketing|content|partnerships|account manager|events"),
    ("contact", r"contact center|customer experience"),
    ("people", r"talent|sourcing|people op"),
    ("acquisition", r"acquisition|policy"),
]
KIN = {("security", "engineering"), ("data", "engineering"), ("product", "design"), ("contact", "outreach"), ("contact", "design"), ("acquisition", "policy")}
WHO = {  # roles of cases/roles.py by family
    "security": ["security"], "data": ["data-engineer", "data-analyst", "ml"], "design": ["ux"], "product": ["product"],
    "engineering": ["backend", "devops", "frontend"], "outreach": ["marketing", "success"], "people": ["hr", "recruiter"],
}


def family_of(title):
    for name, pattern in FAMILIES:
        if re.search(pattern, title, re.I):
            return name
    return ""


def public_postings(ctx):
    out = []
    for path in sorted((ctx.data / "postings" / "18f_md").glob("*.md")):
        body = path.read_text(encoding="utf-8")
        title = re.search(r'^title:\s*"?([^"\n]*)', body, re.M)
        out.append(({"posting_path": str(path)}, title.group(1) if title else path.stem))
    for path in sorted((ctx.data / "postings" / "18f_html").glob("*.html")):
        title = re.search(r"<title>([^<|]*)", path.read_text(encoding="utf-8"))
        out.append(({"posting_path": str(path)}, title.group(1) if title else path.stem))
    return [(p, family_of(t)) for p, t in out]


def public_rows(ctx):
    found = [(p, f) for p, f in public_postings(ctx) if f]
    postings, families = [p for p, _ in found], [f for _, f in found]
    open_ones = [a["verdict"] == "posting" for a in ctx.results([dict(p, op="analyze") for p in postings])]
    yield rank_neighbours(ctx, "public postings", postings, families)
    by_key = {r[0]: r for r in roles.ROLES}
    who = [(f, by_key[k]) for f, keys in WHO.items() for k in keys]
    grades = [[3 if f == g else 1 if (f, g) in KIN or (g, f) in KIN else 0 for g in families] for f, _ in who]
    # pages that say they are closed get no score: no list would show them
    keep = [k for k, o in enumerate(open_ones) if o]
    yield from rank_profiles(ctx, "public postings", [{"profile": roles.profile(r)} for _, r in who], [postings[k] for k in keep], [[g[k] for k in keep] for g in grades])


def halves_row(ctx):
    """The odd sentences of a posting should find its even ones among all postings."""
    whole = {}
    for line in (ctx.data / "labels" / "skillspan_dev.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        whole.setdefault(row["posting"], []).append(re.sub(r"<[A-Z]+>", "", row["text"]))
    texts = [s for s in whole.values() if len(s) >= 12]
    requests = [{"op": "embed", "text": "\n".join(s[k::2])} for s in texts for k in (0, 1)]
    vectors = ctx.results(requests)
    ranks = []
    for i in range(len(texts)):
        values = [dot(vectors[2 * i], vectors[2 * k + 1]) for k in range(len(texts))]
        ranks.append(1 / (1 + sum(v > values[i] for v in values)))
    return {"name": "public sentences: a half finds its half (MRR)", "value": mean(ranks), "n": len(ranks)}


# Another reading of postings moves a rank here and there; what counts is more than that.
TOLERANCE = 0.025


def rows(ctx):
    for row in all_rows(ctx):
        yield dict(row, tolerance=max(TOLERANCE, 1.01 / row["n"]))


def all_rows(ctx):
    yield from pair_rows(ctx)
    yield from role_rows(ctx)
    yield from sample_rows(ctx)
    if ctx.data is None:
        ctx.skip("no ../shared/data: public postings are not ranked")
        return
    yield from public_rows(ctx)
    yield halves_row(ctx)
