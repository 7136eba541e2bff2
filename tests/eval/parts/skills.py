"""Skill and knowledge mentions against the expert annotation of SkillSpan dev (public, found beside the project).

Spans are compared by tokens of the annotation. exact: same first and last token. overlap: one found span per annotated span, in
order of how much they share. Both kinds are taken together (is it a mention?), and each by itself as well.
"""
import json
import pathlib
import subprocess

NAME = "skills"


def batch(ctx, lines, *args):
    """The engine over many inputs: tests/eval/engine_batch.c"""
    bin_dir = getattr(ctx, "bin", None) or pathlib.Path(__file__).resolve().parents[3] / "build" / "dev" / "bin"
    tool = bin_dir.parent / "tests" / "engine_batch"
    if not tool.exists():
        return None
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"
    done = subprocess.run([str(tool), *map(str, args)], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def token_spans(tokens, mentions):
    """Byte spans of the joined tokens to (kind, first token, token behind the last)."""
    starts, at = [], 0
    for token in tokens:
        starts.append((at, at + len(token.encode())))
        at += len(token.encode()) + 1
    out = []
    for m in mentions:
        inside = [i for i, (a, b) in enumerate(starts) if a < m["end"] and m["start"] < b]
        if inside:
            out.append((m["kind"], inside[0], inside[-1] + 1))
    return out


def matched(found, gold, exact):
    if exact:
        return sum(f in gold for f in found)
    pairs = sorted(((min(f[1], g[1]) - max(f[0], g[0]), i, k) for i, f in enumerate(found) for k, g in enumerate(gold)
                    if min(f[1], g[1]) > max(f[0], g[0])), reverse=True)
    used_f, used_g, hits = set(), set(), 0
    for _, i, k in pairs:
        if i not in used_f and k not in used_g:
            used_f.add(i)
            used_g.add(k)
            hits += 1
    return hits


def f1(pairs, exact):
    found = sum(len(f) for f, _ in pairs)
    gold = sum(len(g) for _, g in pairs)
    hits = sum(matched(f, g, exact) for f, g in pairs)
    p, r = hits / max(found, 1), hits / max(gold, 1)
    return (2 * p * r / (p + r) if p + r else 0.0), p, r


def pairs_of(sentences, answers, kind=None):
    out = []
    for s, a in zip(sentences, answers):
        found = {(i, j) for k, i, j in token_spans(s["tokens"], a["mentions"]) if kind in (None, k)}
        gold = {(x["start"], x["end"]) for x in s["spans"] if kind in (None, x["type"])}
        out.append((sorted(found), sorted(gold)))
    return out


def rows(ctx):
    path = ctx.data / "labels" / "skillspan_dev.jsonl" if ctx.data else None
    if not path or not path.exists():
        ctx.skip("skills: no ../shared/data/labels/skillspan_dev.jsonl")
        return
    sentences = [json.loads(line) for line in path.read_text().splitlines()]
    answers = batch(ctx, [{"format": "text", "body": s["text"], "want": ["spans"]} for s in sentences])
    if answers is None:
        ctx.skip("skills: tests/engine_batch is not built")
        return
    for source, goal in (("tech", 0.55), ("house", None)):
        chosen = [(s, a) for s, a in zip(sentences, answers) if s["source"] == source]
        for kind in (None, "knowledge", "skill"):
            for exact in (False, True):
                value, p, r = f1(pairs_of(*zip(*chosen), kind), exact)
                name = f"skill mentions, {source}, {kind or 'all'}, {'exact' if exact else 'overlap'}"
                yield {"name": f"{name} F1", "value": round(value, 4), "unit": "", "better": "higher",
                       "goal": goal if kind is None and not exact else None, "n": len(chosen)}
