"""CPU time of the engine's operations, measured inside engine_tool. Never a failure: the machine may be shared."""

RESUME = "hana-petrosyan.json"
GOALS = [  # operation, goal in microseconds or None
    ("analyze", 1000), ("embed", 500), ("score", 500), ("letter", 500), ("tailor", None),
    ("profile", None), ("match", None), ("embed_profile", None),
]


def posting_of_10_kib(ctx):
    """Sections of the sample postings, one posting after the other, cut at 10 KiB on a line."""
    body = "# Senior Backend Engineer\n\n"
    for path in sorted((ctx.samples / "postings").glob("*.md")) + sorted((ctx.samples / "postings").glob("*.txt")):
        body += path.read_text(encoding="utf-8") + "\n"
        if len(body.encode()) > 10 * 1024:
            break
    return body.encode()[: 10 * 1024].decode(errors="ignore").rsplit("\n", 1)[0] + "\n"


def facts_row(ctx, posting, profile, runs):
    """A letter that the engine wrote, checked."""
    letter = ctx.results([{"op": "letter", "posting": posting, "profile_path": profile}])[0]["body"]
    answer = ctx.engine([{"op": "time", "what": "facts", "posting": posting, "profile_path": profile, "text": letter, "runs": runs}])[0]
    if not answer["ok"]:
        ctx.skip("the fact check is not part of engine_tool in this build")
        return
    yield {"name": "facts", "value": answer["result"]["us"], "unit": "us", "goal": 1000, "better": "lower", "n": runs, "timing": True}


def rows(ctx):
    posting = posting_of_10_kib(ctx)
    profile = str(ctx.samples / "resumes" / RESUME)
    runs = 5 if ctx.quick else 40
    requests = [{"op": "time", "what": what, "posting": posting, "profile_path": profile, "runs": runs} for what, _ in GOALS]
    for (what, goal), result in zip(GOALS, ctx.results(requests)):
        yield {"name": what, "value": result["us"], "unit": "us", "goal": goal, "better": "lower", "n": runs, "timing": True}
    yield from facts_row(ctx, posting, profile, runs)
