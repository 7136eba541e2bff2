"""Priority of requirements, clause by clause, against labels.

Labels come from the postings written for this evaluation (cases/requirements, marks around clauses), and from real postings by the
structure of the document itself: items under a heading that says "minimum" or "required", items under one that says "preferred" or
"desirable", items under duties or benefits. For the real ones only their places are computed here; no text is kept.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import skills  # noqa: E402


MARK = re.compile(r"([RPN])\{([^{}]*)\}")
STRUCTURE = (
    ("R", re.compile(r"^(minimum|basic|required|mandatory|essential)\b.*|.*\b(must[- ]haves?|minimum qualifications|required skills|hard requirements)\b.*$", re.I)),
    ("P", re.compile(r".*\b(preferred|desirable|desired|nice[- ]to[- ]haves?|bonus|plus(es)?|optional|helpful but not required)\b.*$", re.I)),
    ("N", re.compile(r".*\b(benefits|perks|responsibilities|duties|what you'?ll do|objectives?|we offer|how to apply|equal opportunity)\b.*$", re.I)),
)
CUES = {
    "P": re.compile(r"\b(preferred|a plus|nice to have|desirable|desired|ideally|bonus|advantage(ous)?|preferably|beneficial|an asset|would be helpful|highly desired)\b", re.I),
    "R": re.compile(r"\b(must|required|is essential|mandatory|minimum of|at least|are required)\b", re.I),
}


def written_cases():
    """(posting text, [(label, start, end)]) with places in characters of the text."""
    folder = pathlib.Path(__file__).resolve().parents[1] / "cases" / "requirements"
    for path in sorted(folder.glob("*.txt")):
        for raw in path.read_text().split("\n=====\n"):
            text, labels, at = "", [], 0
            for m in MARK.finditer(raw):
                text += raw[at:m.start()]
                labels.append((m[1], m[2]))
                text += m[2]
                at = m.end()
            yield path.stem, text + raw[at:], labels


def words(text):
    return re.findall(r"[^\W_]+", text)


def place_of(text, clause, after):
    """Where the clause stands in the text, at or behind `after`: words in a row, whatever is between them."""
    pattern = r"[\W_]+".join(re.escape(w) for w in words(clause))
    m = re.compile(pattern, re.I).search(text, after) or re.compile(pattern, re.I).search(text)
    return (m.start(), m.end()) if m else None


def label_found(place, text, requirements):
    """The strongest priority of the requirements whose quotes lie in the clause, or cover half of it; N when there are none."""
    found = set()
    for q in requirements:
        start = len(text.encode()[:q["evidence"]["start"]].decode(errors="ignore"))
        end = start + len(q["evidence"]["quote"])
        common = min(end, place[1]) - max(start, place[0])
        if common > 0 and common >= 0.5 * min(place[1] - place[0], end - start):
            found.add("R" if q["priority"] == "required" else "P")
    return "R" if "R" in found else "P" if found else "N"


def structural_cases(ctx):
    """Items of real postings whose heading, or own words, settle what they are."""
    if not ctx.data:
        return
    for path in sorted((ctx.data / "postings" / "18f_md").glob("*.md")):
        heading, labels = None, []
        text = path.read_text()
        for line in text.splitlines():
            bare = line.strip().strip("*#_: ")
            item = re.match(r"\s*(?:[-*•]|\d+\.)\s+(.*)", line)
            if re.match(r"\s*(#|\*\*[^*]+\*\*:?\s*$|[a-z_]+:\s*\|?\s*$)", line) or (len(bare) < 60 and line.rstrip().endswith(":")):
                bare = bare.replace("_", " ")
                heading = next((label for label, rule in STRUCTURE if rule.match(bare)), None)
            elif item and len(words(item[1])) >= 4:
                own = [label for label, rule in CUES.items() if rule.search(item[1])]
                label = own[0] if len(own) == 1 and heading in ("R", "P") else heading if not own else None
                if label:
                    labels.append((label, re.sub(r"\[([^\]]*)\]\([^)]*\)|[*_`]", r"\1", item[1])))
        if labels:
            yield path.stem, text, labels


def judged(ctx, cases):
    cases = list(cases)
    answers = skills.batch(ctx, [{"format": "text", "body": text, "want": ["analysis", "text"]} for _, text, _ in cases])
    if answers is None:
        return None
    out = []
    for (name, _, labels), answer in zip(cases, answers):
        found = answer.get("analysis", {}).get("requirements", [])
        at = 0
        for label, clause in labels:
            place = place_of(answer.get("text", ""), clause, at)
            if place:
                at = place[1]
                out.append((name, label, label_found(place, answer["text"], found), clause))
        for q in found:
            start, end = q["evidence"]["start"], q["evidence"]["end"]
            if answer["text"].encode()[start:end].decode() != q["evidence"]["quote"]:
                out.append((name, "quote", "no substring", q["evidence"]["quote"]))
    return out


def rows(ctx):
    for label, cases in (("written postings", written_cases()), ("real postings, by their structure", structural_cases(ctx))):
        seen = judged(ctx, cases)
        if seen is None:
            ctx.skip("requirements: tests/engine_batch is not built")
            return
        seen_quotes = [x for x in seen if x[1] == "quote"]
        seen = [x for x in seen if x[1] != "quote"]
        if not seen:
            ctx.skip(f"requirements: no clauses in {label}")
            continue
        asked = [x for x in seen if x[1] in "RP"]
        right = sum(x[1] == x[2] for x in asked)
        promoted = sum(x[1] == "P" and x[2] == "R" for x in seen) + sum(x[1] == "N" and x[2] == "R" for x in seen)
        hit = sum(x[1] in "RP" and x[2] in "RP" for x in seen)
        found = sum(x[2] in "RP" for x in seen)
        precision, recall = hit / max(found, 1), hit / max(len(asked), 1)
        if hasattr(ctx, "show"):
            for x in seen + seen_quotes:
                if x[1] != x[2]:
                    ctx.show(label, *x)
        yield {"name": f"requirement priority, {label}: accuracy", "value": round(right / max(len(asked), 1), 4), "unit": "", "goal": 0.90, "better": "higher", "n": len(asked)}
        yield {"name": f"requirement priority, {label}: all three classes", "value": round(sum(x[1] == x[2] for x in seen) / len(seen), 4), "unit": "", "goal": 0.90, "better": "higher", "n": len(seen)}
        yield {"name": f"wrong promotions to required, {label}", "value": round(100 * promoted / len(seen), 3), "unit": "%", "goal": 0.5, "better": "lower", "n": len(seen)}
        yield {"name": f"requirements found, {label}: F1", "value": round(2 * precision * recall / max(precision + recall, 1e-9), 4), "unit": "", "goal": 0.85, "better": "higher", "n": len(seen)}
        yield {"name": f"quotes that are no substring, {label}", "value": len(seen_quotes), "unit": "", "goal": 0, "better": "lower", "n": len(seen)}
