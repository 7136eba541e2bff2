"""Letters: how much letters of one person to many postings share, whether they stay in their band, what a proof-reader
would mark, filler, and what happens to postings in other languages."""
import collections
import concurrent.futures
import itertools
import json
import pathlib
import re

POSTINGS = 50
PROFILES = 6
TONES = ("formal", "direct", "conversational", "mirror")
LENGTHS = ("short", "standard", "long")
BAND = {"short": (200, 900), "standard": (200, 1800), "long": (200, 2600)}
WORDS_MAX = 45
ROOT = pathlib.Path(__file__).resolve().parents[3]

ABBREVIATIONS = ("Inc", "Co", "Ltd", "Corp", "St", "Dr", "Mr", "Ms", "Mrs", "No", "vs", "etc", "approx", "Jr", "Sr", "U.S",
                 "B.V", "e.g", "i.e", "Prof", "Dept", "Ave", "a.m", "p.m")
AUXILIARIES = set("""am is are was were be been have has had do does did can could will would shall should may might must
    i'm i'd i'll i've it's that's here's there's you're you'd you've we're who's what's let's isn't wasn't haven't don't""".split())
IRREGULAR = set("""built led ran wrote made cut kept taught won held brought sold set put grew took drove gave got came
    went found told sent spent met left began knew saw rose fell chose drew spoke stood understood oversaw rewrote
    shows says said need needs want wants ask asks know speak hold live hope look work study bears came made
    write apply wish seek seeks include includes lists calls comes goes thank like think mention states include ask
    submit names adopted points describes puts serves mean sounds submit rests asks teach""".split())
VOWEL_A = re.compile(r"^(uni|use|usa|user|eu|one|once|ux|ui\b|us\b|utility|unique|ubiquit|uk|u-|ut[ia])", re.I)
SILENT_H = re.compile(r"^(hour|honest|heir|hono)", re.I)
SPELLED = re.compile(r"^[A-Z](?![a-z])")


def banned_phrases():
    text = (ROOT / "common/pipeline/engine/letter_banned.def").read_text(encoding="utf-8")
    return [p.lower() for p in re.findall(r'BANNED\("([^"]+)"\)', text)]


def without_quotes(text):
    return re.sub(r"“[^”]*”", "“…”", text)


def sentences(body):
    """The sentences between salutation and sign-off."""
    blocks = body.split("\n\n")[1:-1]
    out = []
    for block in blocks:
        start = 0
        for m in re.finditer(r"[.!?]”?(?= )", block):
            word = re.search(r"([\w.]+)$", block[start:m.start()])
            after = block[m.end():].lstrip()
            if (word and (word.group(1).rstrip(".") in ABBREVIATIONS or len(word.group(1)) == 1)) or not after[:1]:
                continue
            if not (after[0].isupper() or after[0] in "“\"'" or after[0].isdigit()):
                continue
            if block[start:m.end()].count("“") != block[start:m.end()].count("”"):
                continue
            out.append(block[start:m.end()].strip())
            start = m.end()
        out.append(block[start:].strip())
    return [s for s in out if s]


def wrong_article(a, word):
    if SPELLED.match(word) and len(word) > 1 and not word[1].isdigit() and word[:2].isupper():
        wants_an = word[0] in "AEFHILMNORSX"
    elif word[:1].isdigit():
        wants_an = word.startswith("8") or re.match(r"(11|18)([^\d]|$)", word) is not None
    elif SILENT_H.match(word):
        wants_an = True
    elif VOWEL_A.match(word):
        wants_an = False
    else:
        wants_an = word[:1].lower() in "aeiou"
    return wants_an != (a.lower() == "an")


def has_verb(sentence):
    words = re.findall(r"[\w’'-]+", sentence.lower().replace("’", "'"))
    return any(w in AUXILIARIES or w in IRREGULAR or (w.endswith("ed") and len(w) > 3) or w.endswith("n't")
               for w in words) or bool(re.search(r"\bI (\w+)", sentence)) or sentence.endswith("?") or bool(re.match(r"(Please|Kindly|Ask|Let|Count)\b", sentence))


def flags(body, claims, filler):
    """What a proof-reader would mark: (code, excerpt)."""
    found = []
    said = sentences(body)
    starts = collections.Counter()
    for s in said:
        bare = without_quotes(s)
        low = bare.lower()
        if re.search(r"\b(\w+) \1\b", low) and not re.search(r"\b(had had|that that)\b", low):
            found.append(("doubled word", s))
        for a, word in re.findall(r"\b([Aa]n?) [“(]?([\w-]+)", bare):
            if wrong_article(a, word):
                found.append(("article", f"{a} {word}"))
        if re.search(r"[,;:!?](?=[A-Za-z“])|[a-z]\.(?=[A-Z][a-z]{2,} )", bare):
            found.append(("missing space", s))
        if re.search(r" [,.;:!?](?!\w)|,,|\.\.|;;|::|\?\.|,\.|;\.|:\.| {2}|,;|;,|: ?:", bare):
            found.append(("punctuation", s))
        if s.count("“") != s.count("”") or s.count("(") != s.count(")") or re.search(r"“\s|\s”|“”", s):
            found.append(("quotes", s))
        if re.match(r"[a-z]", s):
            found.append(("lower-case start", s))
        if re.search(r"\bI I\b|\bi\b(?!\.)", bare):
            found.append(("pronoun", s))
        if not has_verb(s):
            found.append(("no verb", s))
        if len(s.split()) > WORDS_MAX:
            found.append(("long sentence", s))
        if s[-1:] not in ".!?”":
            found.append(("no stop", s))
        if re.search(r"\{[A-Za-z]\}|@[fdc]+ |\*\*|\]\(|<\w|https?:|\[\w|&\w+;|\bNULL\b|\|", s):
            found.append(("markup", s))
        if bare.count(";") > 1 or (";" in bare and ": " in bare) or bare.count(": ") > 1:
            found.append(("stacked marks", s))
        found += [("filler", p) for p in filler if re.search(r"\b" + re.escape(p) + r"\b", low)]
        starts[" ".join(bare.split()[:2])] += 1
    found += [("repeated start", k) for k, n in starts.items() if n > 1]
    used = collections.Counter()
    for c in claims:
        if c["class"] == "claim":
            used.update(set(c["evidence_ids"]))
    clauses = collections.Counter()
    for s in said:
        for part in re.split(r"[;:,] ", s):
            if len(part) > 40:
                clauses[part.lower().rstrip(".")] += 1
    found += [("said twice", k) for k, n in clauses.items() if n > 1]
    return found


def shared(a, b):
    """Share of the shorter letter's sentences that stand in the other."""
    a, b = set(a), set(b)
    return len(a & b) / max(1, min(len(a), len(b)))


def masked(sentence, title, company):
    s = without_quotes(sentence)
    for name in sorted((x for x in (company, title, title.split(",")[0]) if x), key=len, reverse=True):
        s = s.replace(name, "…")
    return s


def postings(ctx):
    found = sorted((ROOT / "samples/postings").iterdir())
    if ctx.data:
        found += sorted((ctx.data / "postings/18f_md").glob("*.md")) + sorted((ctx.data / "postings/18f_html").glob("*.html"))
    return found


def profiles(ctx):
    found = sorted((ROOT / "samples/resumes").glob("*.json"))
    if ctx.data:
        found += [p for p in sorted((ctx.data / "resumes").glob("jr_*.json"))]
    return found


class Maker:
    def __init__(self, ctx):
        self.ctx = ctx
        self.pool = concurrent.futures.ThreadPoolExecutor(2)

    def one(self, job):
        profile, posting, tone, length = job
        given = isinstance(posting, bytes)
        try:
            out = self.ctx.jobmill("letter", "--json", "--profile", str(profile), "--tone", tone, "--length", length,
                                   "-" if given else str(posting), stdin=posting if given else b"")
            return json.loads(out)
        except Exception:  # no posting, nothing to write from: not counted here
            return None

    def all(self, jobs):
        return list(self.pool.map(self.one, jobs))


def readable(ctx, files):
    """The postings that are postings, with title, company and language."""
    out = []
    for f in files:
        try:
            an = json.loads(ctx.jobmill("analyze", "--json", str(f)))
        except Exception:
            continue
        if an.get("verdict") == "posting":
            out.append((f, an.get("title") or "", (an.get("company") or {}).get("name") or "", an.get("posting_language") or ""))
    return out


EMPLOYERS = "Alder Birch Cedar Dogwood Elm Fir Gum Hazel Ivy Juniper Katsura Larch Maple Nutmeg Oak Pine Quince Rowan Spruce Teak".split()


def one_title(posting, i):
    """The same posting under one title, from an employer of its own, as JSON-LD on standard input."""
    text = posting[0].read_text(encoding="utf-8", errors="replace")
    if posting[0].suffix == ".html":
        text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", text, flags=re.S)
    name = f"{EMPLOYERS[i % 20]} {('Group', 'Works', 'Partners')[i // 20]}"
    return json.dumps({"@context": "https://schema.org", "@type": "JobPosting", "title": "Data Analyst", "description": text,
                       "hiringOrganization": {"@type": "Organization", "name": name}}).encode()


def row(name, value, unit, goal, better, n):
    return {"name": name, "value": value, "unit": unit, "goal": goal, "better": better, "n": n}


def rows(ctx):
    known = readable(ctx, postings(ctx))
    people = profiles(ctx)
    filler = banned_phrases()
    maker = Maker(ctx)
    english = [k for k in known if k[3] in ("en", "")]
    step = max(1, len(english) // POSTINGS)
    fifty = (english[::step] if len(english) > POSTINGS else english)[:POSTINGS]
    if ctx.data is None:
        ctx.skip("letters: ../shared/data is not there; only the samples are used")
    letters = []  # (profile, posting index, tone, length, document)

    pair_values, seams, openings_twice = collections.defaultdict(list), [], 0
    for profile in people[:PROFILES]:
        for length in LENGTHS:
            tone = TONES[(people.index(profile) + LENGTHS.index(length)) % len(TONES)]
            docs = maker.all([(profile, k[0], tone, length) for k in fifty])
            written = [(i, d, sentences(d["body"])) for i, d in enumerate(docs) if d]
            letters += [(profile, i, tone, length, d) for i, d, _ in written]
            # the same posting stands twice in the data now and then: a pair with one title and employer is none
            for (i, _, a), (j, _, b) in itertools.combinations(written, 2):
                if fifty[i][1:3] != fifty[j][1:3]:
                    pair_values[length].append(shared(a, b))
                    seams.append(shared([masked(s, *fifty[i][1:3]) for s in a], [masked(s, *fifty[j][1:3]) for s in b]))
            first = collections.Counter(masked(s[0], *fifty[i][1:3]) for i, _, s in written if s)
            openings_twice += sum(n - 1 for n in first.values() if n > 5)
    for length in LENGTHS:
        v = sorted(pair_values[length])
        if v:
            yield row(f"sentences shared, worst pair, {length}", v[-1], "", 1 / 3, "lower", len(v))
            yield row(f"sentences shared, p95, {length}", v[int(0.95 * (len(v) - 1))], "", 0.2, "lower", len(v))
    if seams:
        seams.sort()
        yield row("sentences shared with names masked, p95", seams[int(0.95 * (len(seams) - 1))], "", None, "lower", len(seams))
    yield row("openings of one form more than five times in fifty", openings_twice / max(1, len(letters)), "", 0.05,
              "lower", len(letters))

    # fifty employers that look for the same: what a person who applies in earnest hands in
    alike = [one_title(k, i) for i, k in enumerate(fifty)]
    for length in LENGTHS:
        values = []
        for n, profile in enumerate(people[:3]):
            docs = maker.all([(profile, a, TONES[n], length) for a in alike])
            said = [sentences(d["body"]) for d in docs if d]
            values += [shared(a, b) for a, b in itertools.combinations(said, 2)]
        if values:
            yield row(f"sentences shared, one title, worst pair, {length}", max(values), "", 1 / 3, "lower", len(values))

    # every tone and length over what is left
    rest = [(p, k[0], TONES[(i + j) % 4], LENGTHS[(i + 2 * j) % 3])
            for i, k in enumerate(english) for j, p in enumerate(people)]
    for (p, f, tone, length), d in zip(rest, maker.all(rest)):
        if d:
            letters.append((p, f, tone, length, d))
    bad, in_band, hits, counts = 0, 0, 0, collections.Counter()
    for _, _, _, length, d in letters:
        low, high = BAND[length]
        in_band += low <= len(d["body"]) <= high
        marks = flags(d["body"], d["claims"], filler)
        hits += sum(1 for code, _ in marks if code == "filler")
        bad += len(marks)
        counts.update(code for code, _ in marks)
    n = max(1, len(letters))
    yield row("length in band", in_band / n, "", 0.99, "higher", n)
    yield row("marks of a proof-reader per 100 letters", 100 * bad / n, "marks", 10.0, "lower", n)
    yield row("filler phrases", hits, "phrases", 0, "lower", n)
    foreign = [k for k in known if k[3] not in ("en", "")]
    if foreign:
        docs = maker.all([(people[0], k[0], "direct", "standard") for k in foreign])
        ok = sum(1 for d in docs if d and d["guard"]["verdict"] == "block" and
                 any(v["code"] == "language" for v in d["guard"]["violations"]))
        yield row("other languages go to review", ok / len(foreign), "", 1.0, "higher", len(foreign))
    passing = sum(1 for x in letters if x[4]["guard"]["verdict"] != "block")
    yield row("letters that pass their own check", passing / n, "", 0.99, "higher", n)
    rows.details = counts
