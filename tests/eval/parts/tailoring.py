"""Tailoring: every résumé at hand against every posting at hand. Operations lead from the profile to the document and back, any subset of them applies,
nothing is in the document that is not in the profile, and coverage is what it says."""
import copy
import json
import pathlib
import random
import re
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
# words that hold sentences together; names that are one thing are read from the engine's table
GLUE = set("""a an and the at in of with for on as to by from before that since then also most recent recently current currently work works worked working covers includes included include
    project projects volunteer i my so far there earlier later used uses using use after experience comes brings bring skills skill set among are both it""".split())


def words(text):
    return [w.rstrip(".'-") for w in re.findall(r"[^\W_][\w+#.'/-]*", text.lower())]


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for v in value:
            yield from texts(v)
    elif isinstance(value, dict):
        for v in value.values():
            yield from texts(v)


def names():
    rows = re.findall(r'^NAMES\("(.*)"\)', (ROOT / "common/pipeline/engine/tailor_names.def").read_text(encoding="utf-8"), re.M)
    return [[n.lower() for n in row.split("|")] for row in rows]


def verbs():
    table = (ROOT / "common/pipeline/engine/letter_verbs.def").read_text(encoding="utf-8")
    return [{base, past, base + "ing", base.rstrip("e") + "ing", base + base[-1] + "ing"} for base, past in re.findall(r'VERB\("([^"]*)", "([^"]*)"\)', table)]


def apply(document, op):
    """One operation, written from its description, not from the engine's code."""
    *way, last = [t.replace("~1", "/").replace("~0", "~") for t in op["path"].split("/")[1:]]
    at = document
    for t in way:
        at = at[int(t)] if isinstance(at, list) else at[t]
    key = int(last) if isinstance(at, list) else last
    if op["op"] in ("set", "remove") and at[key] != op["before"]:
        raise ValueError("before")
    if op["op"] == "set":
        at[key] = op["value"]
    elif op["op"] == "remove":
        del at[key]
    elif op["op"] == "reorder":
        if sorted(op["value"]) != list(range(len(at[key]))):
            raise ValueError("permutation")
        at[key] = [at[key][i] for i in op["value"]]
    elif isinstance(at, list):
        at.insert(key, op["value"])
    else:
        at[key] = op["value"]


def applied(document, ops):
    document = copy.deepcopy(document)
    for op in ops:
        apply(document, op)
    return document


def rebased(ops, taken):
    """The operations that are taken; whether any of them needs one that is not."""
    left = {op["op_id"] for op, t in zip(ops, taken) if not t}
    return [op for op, t in zip(ops, taken) if t], any(set(op["requires"]) & left for op, t in zip(ops, taken) if t)


def independent(ops, taken):
    """Subsets that need no moving: of each list all operations or none."""
    lists = {re.sub(r"/\d+$", "", op["path"]) for op, t in zip(ops, taken) if not t}
    return [op for op in ops if re.sub(r"/\d+$", "", op["path"]) not in lists]


def skeleton(document):
    """What may never change: everything but lines, skills, summary and the order of projects and certificates."""
    d = copy.deepcopy(document)
    d.get("basics", {}).pop("summary", None)
    d.pop("skills", None)
    for section in ("work", "volunteer", "projects"):
        for entry in d.get(section) or []:
            entry.pop("highlights", None)
    for section in ("projects", "certificates"):
        if d.get(section):
            d[section] = sorted(d[section], key=lambda e: json.dumps(e, sort_keys=True))
    return d


def invented(profile, document, same, forms):
    known = set()
    for t in texts(profile):
        known.update(words(t))
    years = {m[:4] for m in texts(profile) if re.match(r"\d{4}(-|$)", m)}
    lower = " ".join(texts(profile)).lower()
    for row in same:
        if any(re.search(r"(?<!\w)" + re.escape(n) + r"(?!\w)", lower) for n in row):
            for n in row:
                known.update(words(n))
    known |= years | GLUE
    out = [w for t in texts(document) for w in words(t) if w not in known and not set(re.split(r"[/-]", w)) <= known]
    return [w for w in out if not any(w in f and f & known for f in forms)]


def profiles(ctx):
    found = sorted((ROOT / "samples/resumes").glob("*.json"))
    if ctx.data and (ctx.data / "resumes").is_dir():
        found += sorted(p for p in (ctx.data / "resumes").glob("*.json") if not p.name.startswith("_"))
    else:
        ctx.skip("résumés of the evaluation data are not there: samples only")
    return found


def postings(ctx):
    found = sorted((ROOT / "samples/postings").iterdir())
    if ctx.data and (ctx.data / "postings/18f_html").is_dir():
        found += sorted((ctx.data / "postings/18f_html").iterdir())[:6]
    return found


def rows(ctx):
    rng = random.Random(ctx.seed)
    same, forms = names(), verbs()
    n = exact = forward = kept = subsets = subsets_fine = sane = blocked = words_n = 0
    unknown, long_reasons, started = [], 0, time.perf_counter()
    for profile_path in profiles(ctx):
        profile = json.loads(profile_path.read_text(encoding="utf-8"))
        for posting in postings(ctx):
            strategy = rng.choice(["full", "full", "keywords", "nudge", "none"])
            try:
                text = ctx.jobmill("tailor", "--json", "--strategy", strategy, "--profile", str(profile_path), str(posting))
            except Exception:  # an empty profile has nothing to tailor
                continue
            r = json.loads(text)
            n += 1
            ops, document = r["ops"], r["document"]
            try:
                forward += json.dumps(applied(profile, ops)) == json.dumps(document)
                exact += json.dumps(applied(document, r["inverse_ops"])) == json.dumps(profile)
            except (ValueError, KeyError, IndexError, TypeError):
                pass
            kept += skeleton(profile) == skeleton(document) and (strategy != "none" or not ops)
            blocked += r["guard"]["verdict"] == "block"
            unknown += invented(profile, document, same, forms)
            words_n += sum(len(words(t)) for t in texts(document))
            c = r["coverage"]
            sane += 0 <= c["current_pct"] <= c["potential_pct"] <= 100 and (c["potential_pct"] == c["current_pct"] or bool(c["injectable"] or c["gaps"]))
            long_reasons += sum(not 20 <= len(op["reason"]) <= 300 for op in ops)
            for _ in range(3 if ops else 0):
                taken = [rng.random() < 0.5 for _ in ops]
                some = independent(ops, taken)
                subsets += 1
                try:
                    applied(profile, some)
                    subsets_fine += not rebased(ops, taken)[1]
                except (ValueError, KeyError, IndexError, TypeError):
                    pass
    seconds = time.perf_counter() - started
    if n == 0:
        ctx.skip("nothing could be tailored")
        return
    yield {"name": "tailoring: inverse operations give the profile back", "value": exact / n, "unit": "share", "goal": 1.0, "better": "higher", "n": n}
    yield {"name": "tailoring: operations give the document", "value": forward / n, "unit": "share", "goal": 1.0, "better": "higher", "n": n}
    yield {"name": "tailoring: identity, titles, dates and entries kept", "value": kept / n, "unit": "share", "goal": 1.0, "better": "higher", "n": n}
    yield {"name": "tailoring: subsets of operations apply", "value": subsets_fine / max(subsets, 1), "unit": "share", "goal": 1.0, "better": "higher", "n": subsets}
    yield {"name": "tailoring: invented words", "value": len(unknown), "unit": "words", "goal": 0, "better": "lower", "n": words_n}
    yield {"name": "tailoring: documents blocked by their guard", "value": blocked, "unit": "documents", "goal": 0, "better": "lower", "n": n}
    yield {"name": "tailoring: coverage adds up", "value": sane / n, "unit": "share", "goal": 1.0, "better": "higher", "n": n}
    yield {"name": "tailoring: reasons of unfit length", "value": long_reasons, "unit": "reasons", "goal": 0, "better": "lower", "n": n}
    yield {"name": "tailoring: whole command", "value": seconds / n * 1000, "unit": "ms", "goal": None, "better": "lower", "n": n}
