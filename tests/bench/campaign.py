"""The path to the models under load and faults, measured on a stack of its own with the stand-in for providers.

Parts: limiter, kill, killmany, interactive, storms, money. Each prints its rows beside what is wanted; nothing here passes or fails a build. What is measured is told by the
stand-in's own log (arrival and end of every call, hash of its body) and by the ledger, not by what the workers say of themselves.
"""
import collections
import contextlib
import signal
import threading
import time

import redis
import requests

from support import samples
from support.books import audit
from support.fleet import Fleet, terminate, wait_for
from support.stub import Stub
from support.usage import memory_mib

Call = collections.namedtuple("Call", "at ended status hash embeddings")  # seconds since the epoch; ended 0: it is out
GONE, CUT, ERROR = -1, -2, -3
PLAIN = ("aldgate", "kestrel", "tallystick", "quillback")


class Table:
    def __init__(self):
        self.rows = []

    def add(self, name, value, unit, goal=None, good=None):
        """goal: what is wanted, in words; good: whether it was reached."""
        self.rows.append({"name": name, "value": value, "unit": unit, "goal": goal, "good": good})
        text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        mark = "" if good is None else "  ok" if good else "  SHORT"
        print(f"  {name:74}{text:>12} {unit:10}{goal or '':22}{mark}", flush=True)


class Mill:
    """Stand-ins and a fleet on them. settings: of the fleet, as environment."""

    def __init__(self, name, stubs=1, settings=(), **options):
        self.stubs = [Stub("latency=0") for _ in range(stubs)]
        self.stub = self.stubs[0]
        env = self.stub.env(embed="offline")
        env["JOBMILL_LLM_ANTHROPIC_URL"] = self.stubs[-1].url
        self.fleet = Fleet("campaign-" + name, env={**env, **dict(settings)}, **options)

    def __enter__(self):
        try:
            self.fleet.start()
            self.client = self.fleet.client()
            self.user = self.client.user(next(iter(samples.resumes().values())))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.fleet.stop()
        finally:
            for s in self.stubs:
                s.stop()

    def lines(self, n, start):
        """n postings that differ in what a model is asked."""
        plain = [job for name, job in samples.postings().items() if name.startswith(PLAIN)]
        return [{"user_id": self.user, "job": samples.variant(plain[i % len(plain)], start + i)} for i in range(n)]

    def books(self):
        with contextlib.closing(self.fleet.stack.superuser()) as eye:
            return audit(eye)

    def settled(self, seconds=30):
        """No call is open, nothing is reserved."""
        wait_for("every call is settled", seconds, lambda: self.fleet.sql_value("SELECT count(*) FROM model_asks WHERE state <> 2") == 0
                 and self.fleet.sql_value("SELECT coalesce(sum(reserved_microusd), 0) FROM spending") == 0, 0.2)

    def expired(self):
        """Processes that were declared lost so far."""
        return sum(self.fleet.metrics(p).get("jobmill_dispatch_leases_expired_total", 0) for p in self.fleet.processes("dispatcher"))

    def counted_twice(self):
        return int(self.fleet.sql_value("SELECT coalesce(sum(bought_twice), 0) FROM spending WHERE scope = 1"))


def log(stub):
    out = []
    for line in requests.get(stub.url + "/admin/log", timeout=30).text.splitlines():
        at, ended, status, digest, kind = line.split()
        out.append(Call(int(at) / 1e6, int(ended) / 1e6, int(status), digest, kind == "e"))
    return out


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p))] if values else 0.0


def most_in(times, seconds):
    """The most of the sorted times in any window of so many seconds."""
    best = first = 0
    for i, t in enumerate(times):
        while t - times[first] >= seconds:
            first += 1
        best = max(best, i - first + 1)
    return best


def bought_twice(calls):
    """(answers to a body that was answered or being answered before, those whose first answer had ended before `killed`)"""
    of = collections.defaultdict(list)
    for c in calls:
        if c.status in (200, GONE, CUT, 0):
            of[c.hash].append(c)
    return {h: sorted(cs) for h, cs in of.items() if len(cs) > 1}


# --- limiter ---

RPM = 600


def limiter_sums(mill, budget="openai/gpt-4o"):
    """reserved, used, refunded, and what processes hold, as the script keeps them."""
    r = redis.Redis(port=int(mill.fleet.stack.env["JOBMILL_REDIS_PORT"]), decode_responses=True)
    found = r.hgetall("jobmill:limit:" + budget)
    held = sum(int(v.split(",")[1]) for k, v in found.items() if k.startswith("w:"))
    return float(found.get("s_res", 0)), float(found.get("s_used", 0)), float(found.get("s_ref", 0)), held


def limiter_window(table, mill, seconds, what, goals=True):
    """Rows of the calls of the last so many seconds."""
    calls = log(mill.stub)
    end = time.time()
    window = [c for c in calls if end - seconds <= c.at < end]
    passed = [c for c in window if c.status != 429]
    refused = len(window) - len(passed)
    share = 100 * len(passed) / (RPM * seconds / 60)
    table.add(f"{what}: share of the budget used", share, "%", ">= 95", share >= 95)
    table.add(f"{what}: answered 429", 100 * refused / max(1, len(window)), "%", "< 0.5", refused < 0.005 * max(1, len(window)))
    over = 100 * (most_in([c.at for c in calls], 60) - RPM) / RPM
    table.add(f"{what}: overshoot in any 60 s", max(0.0, over), "%", "<= 1", over <= 1)


def limiter(table):
    steady, kills = 75, 80
    with Mill("limiter", settings={"JOBMILL_LLM_ANALYZE": "openai:gpt-4o", "JOBMILL_LLM_OPENAI_REQUESTS_PER_MINUTE": str(RPM)}, workers="analyzer=4") as mill:
        mill.stub.set(latency="2000", rpm=RPM)
        mill.client.batch(mill.lines(int(RPM / 60 * (steady + kills + 60)), 10_000))
        wait_for("calls flow", 30, lambda: mill.stub.page()["paid"] > 20)
        time.sleep(steady)
        limiter_window(table, mill, steady, "600 a minute, 4 processes")
        twice = mill.stub.page()["paid_twice"]
        until, killed = time.monotonic() + kills, 0
        while time.monotonic() < until:
            terminate(mill.fleet.processes("analyzer")[killed % 4])
            killed += 1
            time.sleep(20)
        limiter_window(table, mill, kills, f"{killed} kills, one each 20 s")
        table.add("calls bought twice by the kills", mill.stub.page()["paid_twice"] - twice, "calls", f"<= {killed * 8}", None)
        # the limit goes, so that the rest is done soon; what the books of the script say must hold at any time
        reserved, used, refunded, held = limiter_sums(mill)
        table.add("tokens reserved - used - refunded - held, while running", abs(reserved - used - refunded - held), "tokens", "0", abs(reserved - used - refunded - held) < 0.5)


# --- kill ---

def flight(mill, n, start, seconds=60):
    """n calls out, all of one process. Returns (batch, seconds it took)."""
    batch = mill.client.batch(mill.lines(n, start))["id"]
    accepted = time.monotonic()
    wait_for(f"{n} calls are out", seconds, lambda: mill.stub.page()["in_flight"] >= n, 0.02)
    return batch, time.monotonic() - accepted


def killed(table, mill, n, start, goal, second_latency):
    """The other stages stand still meanwhile: what they compute is not what is measured."""
    mill.fleet.run("scale", "embedding=0")
    mill.stub.reset()
    mill.stub.set(latency="120000")
    pid = mill.fleet.processes("analyzer")[0].pid
    idle = memory_mib(pid)
    batch, ramp = flight(mill, n, start, 120)
    table.add(f"{n} calls out in one process, after the batch was accepted", ramp, "s")
    each = (memory_mib(pid) - idle) * 1024 / n
    table.add("    memory for each of them", each, "KiB", "<= 20", each <= 20 if n > 5000 else None)
    mill.fleet.run("scale", "analyzer=2")
    mill.fleet.all_up(30)
    mill.stub.set(latency=second_latency)
    victim = max(mill.fleet.processes("analyzer"), key=lambda p: mill.fleet.metrics(p).get("jobmill_model_calls_in_flight", 0))
    before = mill.expired()
    begin, kill_at = time.monotonic(), time.time()
    terminate(victim)
    wait_for("all of them are out again", 120, lambda: mill.stub.page()["calls"] >= 2 * n, 0.02)
    table.add(f"SIGKILL with {n} calls in flight: until all run elsewhere", time.monotonic() - begin, "s", f"<= {goal}", time.monotonic() - begin <= goal)
    mill.fleet.run("scale", "embedding=1")
    calls = log(mill.stub)
    again = sorted(c.at - kill_at for c in calls if c.at > kill_at)
    table.add("    the first of them, the half of them", f"{again[0]:.2f}, {again[len(again) // 2]:.2f}", "s")
    end = mill.client.batch_end(batch, 300)
    mill.settled()
    page = mill.stub.page()
    table.add("    calls bought twice", page["paid_twice"], "calls", f"<= {n}", page["paid_twice"] <= n)
    counted = mill.counted_twice()
    table.add("    ... as the ledger counts them, at most", counted, "calls", f">= {page['paid_twice']}", counted >= page["paid_twice"])
    c = end["counts"]
    table.add("    applications that came to their end", c["done"] + c["needs_review"], "", str(n), c["done"] + c["needs_review"] == n)
    table.add("    processes declared lost before the kill, and by it", f"{before:.0f}, {mill.expired() - before:.0f}", "", "0, 1", (before, mill.expired() - before) == (0, 1))


def killed_in_the_middle(table, mill, n, start):
    """Answers stream in while the process dies: none that had arrived is bought again."""
    mill.stub.reset()
    mill.stub.set(latency="uniform:1000-5000")
    batch = mill.client.batch(mill.lines(n, start))["id"]
    wait_for("a part was answered", 60, lambda: mill.stub.page()["ok"] >= n * 0.3, 0.01)
    victim = max(mill.fleet.processes("analyzer"), key=lambda p: mill.fleet.metrics(p).get("jobmill_model_calls_in_flight", 0))
    kill_at = time.time()
    terminate(victim)
    mill.client.batch_end(batch, 300)
    mill.settled()
    twice = bought_twice(log(mill.stub))
    late = [cs for cs in twice.values() if any(c.status == 200 and c.ended < kill_at - 0.1 for c in cs[:-1])]
    table.add("SIGKILL while answers arrive: bought twice", len(twice), "calls", f"<= {n}", len(twice) <= n)
    table.add("    of these: answered 100 ms and more before the kill", len(late), "calls", "0", not late)


def gentle(table, mill, n, start):
    for k, (what, act) in enumerate((
            ("SIGTERM", lambda: terminate(mill.fleet.processes("analyzer")[0], signal.SIGTERM)),
            ("scaling 2 to 4 to 1", lambda: (mill.fleet.run("scale", "analyzer=4"), mill.fleet.run("scale", "analyzer=1"))),
            ("scaling back to 2 and a rolling restart", lambda: (mill.fleet.run("scale", "analyzer=2"), mill.fleet.run("restart", "analyzer", timeout=120))))):
        mill.fleet.all_up(60)
        mill.stub.reset()
        mill.stub.set(latency="5000")
        batch = mill.client.batch(mill.lines(n, start + k * n))["id"]
        wait_for("most are out", 60, lambda: mill.stub.page()["in_flight"] >= n * 0.9, 0.02)
        act()
        end = mill.client.batch_end(batch, 300)
        mill.settled()
        page = mill.stub.page()
        c = end["counts"]
        good = page["paid_twice"] == 0 and c["done"] + c["needs_review"] == n
        table.add(f"{what} with {n} calls of 5 s in flight: bought twice", page["paid_twice"], "calls", "0", good)


def room(n):
    """Settings that give every process place for n calls; processes that are started anew keep them."""
    return {"JOBMILL_WORKER_CONCURRENCY": str(n), "JOBMILL_DISPATCH_WINDOW": str(4 * n), "JOBMILL_LLM_ANALYZE": "openai:gpt-4o"}


def kill(table):
    with Mill("kill", settings=room(1200)) as mill:
        killed(table, mill, 1000, 20_000, 4, "5000")
        mill.fleet.all_up(60)
        killed_in_the_middle(table, mill, 1000, 30_000)
        gentle(table, mill, 1000, 40_000)
        bad = mill.books()
        table.add("what the books say against it", len(bad), "", "0", not bad)


def killmany(table):
    with Mill("killmany", settings=room(10_200)) as mill:
        killed(table, mill, 10_000, 100_000, 8, "5000")


# --- interactive ---

def singles(mill, n, every, start):
    """Applications one at a time; for each the seconds from its acceptance until its call is on the way."""
    jobs, ids = [x["job"] for x in mill.lines(n, start)], []
    for job in jobs:
        ids.append(mill.client.submit(mill.user, job)["id"])
        time.sleep(every)
    have = "SELECT count(*) FROM model_usage u JOIN applications a ON a.tenant_id = u.tenant_id AND a.batch_id = u.batch_id WHERE u.stage = 1 AND a.application_id = ANY (%s::uuid[])"
    wait_for("each has its analysis", 120, lambda: mill.fleet.sql_value(have, ids) == n, 0.5)
    return [float(r[0]) for r in mill.fleet.sql(
        "SELECT extract(epoch FROM u.created_at - a.created_at) - u.latency_ms / 1000.0 FROM model_usage u JOIN applications a ON a.tenant_id = u.tenant_id"
        " AND a.batch_id = u.batch_id WHERE u.stage = 1 AND a.application_id = ANY (%s::uuid[])", ids)]


def interactive(table):
    for what, settings, latency, start in (
            ("600 requests a minute", {"JOBMILL_LLM_OPENAI_REQUESTS_PER_MINUTE": str(RPM)}, "2000", 200_000),
            ("every place taken by calls of 20 s", {}, "20000", 300_000)):
        with Mill("interactive", settings={"JOBMILL_LLM_ANALYZE": "openai:gpt-4o", **settings}, workers="analyzer=2") as mill:
            mill.stub.set(latency=latency, **({"rpm": RPM} if settings else {}))
            mill.client.batch(mill.lines(10_000, start))
            wait_for("the batch is worked on", 60, lambda: mill.stub.page()["paid"] >= 100)
            time.sleep(3)
            waits = singles(mill, 40, 0.5, start + 20_000)
            for p in (0.5, 0.95):
                v = percentile(waits, p)
                table.add(f"beside a batch of 10,000, {what}: queue wait p{p * 100:.0f}", v, "s", "< 1" if p > 0.9 else "", v < 1 if p > 0.9 else None)


# --- storms ---

STORMS = (("429", {"fault_rate_limit": 1}), ("5xx", {"fault_server": 0.5, "fault_unavailable": 0.5}), ("hang", {"fault_hang": 1}), ("resets", {"fault_reset": 1}),
          ("truncation", {"fault_truncate": 1}), ("garbage", {"fault_html": 0.5, "fault_ok_error": 0.5}))
LATENCY_MS = 500


class Breaker(threading.Thread):
    """When the sick provider's routes were closed, and for which kinds of process."""

    def __init__(self, mill):
        super().__init__(daemon=True)
        self.mill, self.opened, self.end = mill, {}, threading.Event()
        self.processes = mill.fleet.processes("analyzer") + mill.fleet.processes("embedding")
        self.begin = time.monotonic()

    def run(self):
        while not self.end.wait(0.05):
            for p in self.processes:
                m = self.mill.fleet.metrics(p)
                if any(v == 1 for k, v in m.items() if k.startswith("jobmill_model_breaker_open{") and "openai" in k):
                    self.opened.setdefault(p.kind, time.monotonic() - self.begin)


def healthy_p99(mill, since):
    calls = [c.ended - c.at for c in log(mill.stubs[1]) if c.at >= since and c.status == 200]
    ledger = [r[0] for r in mill.fleet.sql("SELECT latency_ms FROM model_usage WHERE provider = 'anthropic' AND created_at >= to_timestamp(%s)", since)]
    return percentile(ledger, 0.99), len(calls)


def books_of_money(table, mill):
    """The ledger beside what the providers counted, whole answers only."""
    mill.settled(60)
    calls = sum(1 for s in mill.stubs for c in log(s) if c.status == 200 and not c.embeddings)  # one request may embed for several tasks
    pages = [s.page() for s in mill.stubs]
    theirs = (calls, sum(p["input_tokens"] + p["embedding_tokens"] for p in pages), sum(p["output_tokens"] for p in pages))
    ours = tuple(int(x) for x in mill.fleet.sql("SELECT count(*) FILTER (WHERE stage <> 4), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0) FROM model_usage")[0])
    table.add("the ledger: calls (embeddings aside), prompt and answer tokens less the providers'", ", ".join(str(a - b) for a, b in zip(ours, theirs)), "", "0, 0, 0", ours == theirs)


def storm(table, mill, name, faults, start, base_p99):
    sick, _ = mill.stubs
    client = mill.client
    n = 900
    batch = client.batch(mill.lines(n, start))["id"]
    wait_for("it is worked on", 30, lambda: client.ok(client.get(f"/batches/{batch}"))["counts"]["done"] > 20)
    watch = Breaker(mill)
    since = time.time()
    sick.set(**faults)
    watch.begin = time.monotonic()
    watch.start()
    time.sleep(12)
    during = log(sick)
    watch.end.set()
    watch.join()
    for kind in ("analyzer", "embedding"):
        at = watch.opened.get(kind, -1.0)
        table.add(f"{name}: breaker open in the {kind}{'' if at >= 0 else ' (never)'}", at, "s", "<= 2", 0 <= at <= 2)
    tail = [c for c in during if c.at > since + 4]
    table.add("    calls to the sick provider from the 4th to the 12th second", len(tail), "calls")
    p99, calls = healthy_p99(mill, since)
    table.add(f"    healthy provider's p99 ({calls} calls) to the one without a storm", p99 / base_p99, "", "<= 1.05", p99 <= 1.05 * base_p99)
    states = dict(mill.fleet.sql("SELECT CASE WHEN k.state = 5 THEN 'parked' ELSE 'other' END, count(*) FROM tasks k GROUP BY 1"))
    unsaid = mill.fleet.sql_value("SELECT count(*) FROM tasks WHERE state = 5 AND coalesce(code, 0) = 0")
    table.add("    parked tasks, those without a reason", f"{states.get('parked', 0)}, {unsaid}", "", "x, 0", unsaid == 0)
    sick.heal(latency=str(LATENCY_MS))
    begin, at = time.monotonic(), time.time()
    wait_for("the sick provider is called again", 120, lambda: any(c.at > at and c.status == 200 for c in log(sick)), 0.1)
    table.add("    called again after it is well", time.monotonic() - begin, "s")
    end = client.batch_end(batch, 300)
    table.add("    until every application had its end", time.monotonic() - begin, "s")
    c = end["counts"]
    why = mill.fleet.sql("SELECT code, detail, count(*) FROM applications WHERE batch_id = %s AND state = 6 GROUP BY 1, 2", batch)
    table.add("    applications that came to a good end", c["done"] + c["needs_review"], "", str(n), c["done"] + c["needs_review"] == n)
    for row in why[:4]:
        print("        failed:", row)


def storms(table, only=None):
    settings = {"JOBMILL_LLM_ANALYZE": "openai:gpt-4o,anthropic:claude-sonnet-4-5", "JOBMILL_LLM_LETTER": "anthropic:claude-sonnet-4-5",
                "JOBMILL_LLM_EMBED": "openai:text-embedding-3-small", "JOBMILL_LLM_TOTAL_TIMEOUT": "8s"}
    with Mill("storms", stubs=2, settings=settings) as mill:
        for kind in ("analyzer", "cover-letter", "embedding"):
            mill.fleet.run("concurrency", f"{kind}=32")
        for s in mill.stubs:
            s.set(latency=str(LATENCY_MS))
        since = time.time()
        mill.client.batch_end(mill.client.batch(mill.lines(600, 400_000))["id"], 120)
        base, calls = healthy_p99(mill, since)
        table.add(f"healthy provider's p99 without a storm ({calls} calls of {LATENCY_MS} ms)", base, "ms")
        for k, (name, faults) in enumerate(STORMS):
            if not only or name == only:
                storm(table, mill, name, faults, 410_000 + k * 2000, base)
        books_of_money(table, mill)
        bad = mill.books()
        table.add("what the books say against it", len(bad), "", "0", not bad)


# --- money ---

def money(table):
    settings = {"JOBMILL_LLM_ANALYZE": "openai:gpt-4o", "JOBMILL_LLM_EMBED": "openai:text-embedding-3-small", "JOBMILL_BUDGET_PAUSE": "2s"}
    with Mill("money", settings=settings, workers="analyzer=2") as mill:
        mill.stub.set(latency="300")
        job = mill.lines(1, 500_000)[0]
        end = mill.client.batch_end(mill.client.batch([{**job, "client_ref": str(i)} for i in range(1000)])["id"], 180)
        mill.settled()
        stages = dict(mill.fleet.sql("SELECT stage, count(*) FROM model_usage u WHERE u.subject_id IN (SELECT job_id FROM applications) GROUP BY 1"))
        good = end["counts"]["done"] + end["counts"]["needs_review"] == 1000
        table.add("1,000 applications to one posting: analyses, embeddings of the posting", f"{stages.get(1, 0)}, {stages.get(4, 0)}", "calls", "1, 1",
                  good and stages == {1: 1, 4: 1})
        batch = mill.client.batch(mill.lines(100, 510_000))["id"]
        mill.client.batch_end(batch, 60)
        mill.settled()
        each = mill.fleet.sql_value("SELECT sum(cost_microusd) / 100 FROM model_usage WHERE batch_id = %s", batch)
        ceiling = int(each * 300)
        batch = mill.client.batch(mill.lines(600, 520_000), max_cost_microusd=ceiling)["id"]
        seen, flying, until = 0, 0, time.monotonic() + 15
        while time.monotonic() < until:
            found = mill.fleet.sql("SELECT spent_microusd, spent_microusd + reserved_microusd FROM spending WHERE scope = 3 AND scope_id = %s", batch)
            if found:
                seen = max(seen, int(found[0][0]))
            flying = max(flying, mill.stub.page()["in_flight"])
            time.sleep(0.05)
        table.add(f"ceiling of {ceiling} micro-dollars, {flying} calls in flight at most: spent", seen, "micro-$", f"<= {ceiling}", seen <= ceiling)
        parked = mill.fleet.sql_value("SELECT count(*) FROM tasks WHERE state = 5")
        table.add("    tasks parked for it", int(parked), "tasks")
        mill.client.ok(mill.client.post(f"/batches/{batch}:budget", {"max_cost_microusd": ceiling * 100}))
        end = mill.client.batch_end(batch, 120)
        table.add("    done after it was raised", end["counts"]["done"] + end["counts"]["needs_review"], "", "600", end["counts"]["done"] + end["counts"]["needs_review"] == 600)
        books_of_money(table, mill)


PARTS = {"limiter": limiter, "kill": kill, "killmany": killmany, "interactive": interactive, "storms": storms, "money": money}


def run(parts):
    """parts: names of PARTS, all of them when empty. Returns {part: rows}."""
    out = {}
    for name in parts or PARTS:
        print(f"\n{name}", flush=True)
        table = Table()
        PARTS[name](table)
        out[name] = table.rows
    short = [r["name"].strip() for rows in out.values() for r in rows if r["good"] is False]
    print(f"\n{len(short)} of {sum(r['good'] is not None for rows in out.values() for r in rows)} goals not reached" + "".join(f"\n  {x}" for x in short))
    return out
