"""What an application costs, and how soon work on it begins.

Own stack (build/test/bench) with durable commits, one process of each kind, the offline engine.

1. Throughput: N applications with distinct postings (each: analysis, tailoring, letter, embedding: four tasks) through POST /batches.
   Time from the first byte sent to the end of the batch. CPU of every process from /proc/PID/stat (user and system, with ended children), of
   Postgres and Kafka and Redis with all their processes. "own" is a worker's CPU minus that of its stage's computing
   (jobmill_stage_compute_seconds): what the machinery around the stage costs.
2. Latency: single applications at a fixed rate on the idle fleet. From the moment the client begins to send to the first claim: clocks are one
   machine's, the first claim is the earliest claimed_at in task_history of the application's posting (its analysis is the first stage). p50, p99.
3. Memory: resident now, at the peak of the batch, and per thousand tasks in flight.
   With the part `models`: embeddings on a provider that answers at once (the stub, whose CPU is listed apart), a request for each task and then several tasks in
   one; with the former also a provider that takes 10 s: calls in flight in one process and the memory each takes.
   With the part `whole`: every stage on that provider, three calls and an embedding for each application.
   With the part `campaign`: limits, kills and storms on a provider's path (campaign.py).
4. Where statements spend their time: jobmill_pg_statement_seconds of all processes. That is waiting seen from the client, not CPU of Postgres.
"""
import argparse
import json
import os
import threading
import time

import campaign
from support import samples
from support.fleet import STAGES, Fleet, wait_for
from support.models import fresh_jobs
from support.stub import Stub
from support.usage import cpu_s, memory_mib

STAGE_OF = {"analyzer": "analyze", "optimizer": "optimize", "cover-letter": "cover-letter", "embedding": "embed"}


class Bench:
    def __init__(self, fleet, jobs=samples.distinct):
        self.fleet, self.client, self.jobs = fleet, fleet.client(), jobs
        self.users = [self.client.user(r) for r in samples.resumes().values()]
        self.pids = {p.instance: p.pid for p in fleet.processes()}
        for service in ("postgres", "kafka", "redis"):
            with open(fleet.path("pid", service), encoding="ascii") as f:
                self.pids[service] = int(f.read())
        self.processes = fleet.processes()

    def cpu(self):
        return {name: cpu_s(pid) for name, pid in self.pids.items()}

    def metrics(self):
        return {p.instance: self.fleet.metrics(p) for p in self.processes}

    def lines(self, n, start):
        return [json.dumps({"user_id": self.users[i % len(self.users)], "job": j}).encode() + b"\n" for i, j in enumerate(self.jobs(n, start))]

    def batch(self, data):
        start = time.monotonic()
        b = self.client.batch(data)
        accepted = time.monotonic()
        assert b["counts"]["accepted"] == len(data)
        end = self.client.batch_end(b["id"], 3600)
        return start, accepted, time.monotonic(), end


def computed(metrics, instance):
    return metrics[instance].get("jobmill_stage_compute_seconds_sum", 0)


def watch_peaks(bench, stop, peaks):
    while not stop.wait(2):  # reading the memory of fifty processes costs some percent of a core
        in_flight = 0
        for p in bench.processes:
            if p.kind in STAGE_OF:
                in_flight += bench.fleet.metrics(p).get("jobmill_tasks_in_flight", 0)
        peaks["in_flight"] = max(peaks.get("in_flight", 0), in_flight)
        for name, pid in bench.pids.items():
            peaks[name] = max(peaks.get(name, 0), memory_mib(pid))


def throughput(bench, n):
    bench.batch(bench.lines(100, 1))  # caches, prepared statements, the broker's first segments
    data = bench.lines(n, 1000)
    idle = {name: memory_mib(pid) for name, pid in bench.pids.items()}
    peaks, stop = {}, threading.Event()
    watcher = threading.Thread(target=watch_peaks, args=(bench, stop, peaks))
    cpu, metrics = bench.cpu(), bench.metrics()
    watcher.start()
    start, accepted, end, batch = bench.batch(data)
    cpu_after, metrics_after = bench.cpu(), bench.metrics()
    stop.set()
    watcher.join()
    used = {name: cpu_after[name] - cpu[name] for name in cpu}
    compute = {i: computed(metrics_after, i) - computed(metrics, i) for i in metrics}
    statements = {}
    for i, after in metrics_after.items():
        for name, v in after.items():
            if name.startswith("jobmill_pg_statement_seconds_sum{"):
                key = name.split('"')[1]
                count = name.replace("_sum{", "_count{")
                s, c = statements.get(key, (0, 0))
                statements[key] = (s + v - metrics[i].get(name, 0), c + after[count] - metrics[i].get(count, 0))
    return {"applications": n, "counts": batch["counts"], "seconds": end - start, "accept_seconds": accepted - start, "per_second": n / (end - start), "bytes": sum(map(len, data)),
            "cpu_s": used, "compute_s": compute, "statements": statements, "idle_mib": idle, "peak_mib": peaks}


def percentile(sorted_values, p):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * p))]


def latency(bench, n, rate):
    """Submits from several threads at times set beforehand, so that a slow answer does not slow the next request."""
    jobs, sent, answered, lock = samples.distinct(n, 900_000), {}, {}, threading.Lock()
    begin = time.time() + 0.5

    def run(first, step):
        client = bench.fleet.client()
        for i in range(first, n, step):
            due = begin + i / rate
            time.sleep(max(0, due - time.time()))
            at = time.time()
            a = client.submit(bench.users[i % len(bench.users)], jobs[i])
            with lock:
                sent[a["id"]] = at
                answered[a["id"]] = time.time() - at

    threads = [threading.Thread(target=run, args=(k, 16)) for k in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    ids = list(sent)
    wait_for("all of them end", 120, lambda: bench.fleet.sql_value("SELECT count(*) FROM applications WHERE application_id = ANY (%s::uuid[]) AND state = 1", ids) == 0, 0.5)
    claims = dict(bench.fleet.sql("SELECT a.application_id::text, extract(epoch FROM min(h.claimed_at))::float8 FROM applications a JOIN task_history h ON h.tenant_id = a.tenant_id"
                                  " AND h.subject_id = a.job_id AND h.kind = 2 WHERE a.application_id = ANY (%s::uuid[]) GROUP BY 1", ids))
    ends = dict(bench.fleet.sql("SELECT application_id::text, extract(epoch FROM ended_at)::float8 FROM applications WHERE application_id = ANY (%s::uuid[])", ids))
    first = sorted((claims[i] - sent[i]) * 1000 for i in ids if i in claims)
    whole = sorted((ends[i] - sent[i]) * 1000 for i in ids)
    post = sorted(x * 1000 for x in answered.values())
    return {"n": n, "rate": rate, "first_claim_ms": [percentile(first, 0.5), percentile(first, 0.99)], "accepted_ms": [percentile(post, 0.5), percentile(post, 0.99)],
            "end_ms": [percentile(whole, 0.5), percentile(whole, 0.99)]}


def show(t, lat):
    n = t["applications"]
    print(f"\n{n} applications ({t['bytes'] / 1e6:.1f} MB) in {t['seconds']:.1f} s: {t['per_second']:.0f} a second end to end; accepted after {t['accept_seconds']:.2f} s; {t['counts']['failed']} failed\n")
    print(f"{'CPU':18}{'s':>9}{'ms/application':>16}{'own ms':>9}{'MiB idle':>10}{'MiB peak':>10}")
    total = own_total = 0
    for name, s in t["cpu_s"].items():
        kind = name.rsplit("-", 1)[0]
        own = s - t["compute_s"].get(name, 0) if kind in STAGE_OF else s
        total += s
        own_total += own
        print(f"{name:18}{s:9.2f}{s * 1000 / n:16.3f}{own * 1000 / n:9.3f}{t['idle_mib'][name]:10.1f}{t['peak_mib'].get(name, 0):10.1f}")
    print(f"{'all':18}{total:9.2f}{total * 1000 / n:16.3f}{own_total * 1000 / n:9.3f}{sum(t['idle_mib'].values()):10.1f}{sum(v for k, v in t['peak_mib'].items() if k != 'in_flight'):10.1f}")
    workers = [i for i in t["cpu_s"] if i.rsplit("-", 1)[0] in STAGE_OF]
    grown = sum(t["peak_mib"].get(i, 0) - t["idle_mib"][i] for i in workers)
    in_flight = t["peak_mib"].get("in_flight", 0)
    if in_flight:
        print(f"\nworkers: {in_flight:.0f} tasks in flight at most, {grown:.1f} MiB more than idle: {grown * 1000 / in_flight:.1f} MiB per thousand tasks in flight")
    print(f"\n{'statement':26}{'s':>9}{'calls':>9}{'ms/call':>9}   (seen from the client, queueing included)")
    for name, (s, c) in sorted(t["statements"].items(), key=lambda x: -x[1][0])[:14]:
        print(f"{name:26}{s:9.2f}{c:9.0f}{s * 1000 / max(c, 1):9.2f}")
    if lat:
        print(f"\n{lat['n']} single applications, {lat['rate']} a second, idle fleet      p50 ms    p99 ms")
        for key, text in (("accepted_ms", "POST sent to 202"), ("first_claim_ms", "POST sent to the first claim"), ("end_ms", "POST sent to the end")):
            print(f"  {text:44}{lat[key][0]:10.1f}{lat[key][1]:10.1f}")


def flight(fleet, bench, stub, n):
    """Calls that are out at once in one process, and what they take."""
    fleet.run("restart", "embedding")  # a process that has seen nothing but instant answers takes 10 s for a provider that hangs
    fleet.all_up()
    bench.pids["embedding-1"] = fleet.process("embedding-1").pid
    fleet.run("concurrency", f"embedding={n + 100}")
    fleet.run("set", "dispatcher", "dispatch.window", str(n + 100))
    pid, cpu = bench.pids["embedding-1"], bench.cpu()["embedding-1"]
    before = memory_mib(pid)
    stub.set(latency="10000")
    stub.reset()
    start = time.monotonic()
    batch = bench.client.batch(bench.lines(n, 500_000))["id"]
    most, memory, ramp = 0, 0, 0
    while time.monotonic() - start < 60:
        out = stub.page()["in_flight"]
        if out > most:
            most, memory, ramp = out, memory_mib(pid), time.monotonic() - start
        if most > n * 0.5 and out < most * 0.5:
            break
        time.sleep(0.05)
    bench.client.batch_end(batch, 600)
    return {"calls": most, "mib": memory, "more_mib": memory - before, "seconds": ramp, "cpu_ms_per_call": (bench.cpu()["embedding-1"] - cpu) * 1000 / max(stub.page()["paid"], 1)}


def on_stub(bench, stub, n):
    """(throughput, the stub's page, CPU ms an application of everything but the stub)"""
    bench.pids["stub"] = stub.child.pid
    t = throughput(bench, n)
    show(t, None)
    return t, stub.page(), (sum(t["cpu_s"].values()) - t["cpu_s"]["stub"]) * 1000 / n


def models_once(n, inputs, flying):
    """With so many texts in one request for embeddings at most."""
    stub = Stub("latency=0")
    fleet = Fleet("bench-models", env=stub.env(JOBMILL_LLM_EMBED_INPUTS=str(inputs)))
    try:
        fleet.start()
        print(f"\nmodels: embeddings on {stub.url}, which answers at once, up to {inputs} texts a request; everything else offline")
        bench = Bench(fleet)
        t, page, own = on_stub(bench, stub, n)
        print(f"\n{page['paid']} calls paid, {page['paid_twice']} twice, {page['embedding_inputs'] / max(page['paid'], 1):.1f} texts each; all together without the stub: {own:.3f} CPU ms"
              f" an application, the embedding worker {t['cpu_s']['embedding-1'] * 1000 / n:.3f}")
        f = flight(fleet, bench, stub, flying) if flying else None
        if f:
            print(f"calls of 10 s: {f['calls']} out at once in one worker after {f['seconds']:.1f} s (admission and all stages before them included), {f['mib']:.0f} MiB,"
                  f" {f['more_mib'] * 1024 / max(f['calls'], 1):.1f} KiB each; {f['cpu_ms_per_call']:.2f} CPU ms a call with its task")
        return {"throughput": t, "stub": page, "flight": f, "cpu_ms": own}
    finally:
        fleet.stop()
        stub.stop()


def models(n, flying):
    alone, together = models_once(n, 1, flying), models_once(n, 256, 0)
    a, b = alone["throughput"], together["throughput"]
    worker = [t["cpu_s"]["embedding-1"] * 1000 / n for t in (a, b)]
    print(f"\ntexts of several tasks in one request, beside a request for each: {together['stub']['paid']} : {alone['stub']['paid']} requests,"
          f" {b['per_second'] / a['per_second']:.2f} times the applications a second, {together['cpu_ms'] / alone['cpu_ms']:.2f} times the CPU in all,"
          f" {worker[1] / worker[0]:.2f} times the embedding worker's")
    return {**alone, "together": together}


def whole(n):
    """Every stage on a model that answers at once: three calls and an embedding for each application."""
    stub = Stub("latency=0")
    fleet = Fleet("bench-whole", env=stub.env(JOBMILL_LLM_ANALYZE="openai:gpt-4o", JOBMILL_LLM_OPTIMIZE="openai:gpt-4o", JOBMILL_LLM_LETTER="anthropic:claude-sonnet-4-5"))
    try:
        fleet.start()
        print(f"\nwhole: every stage on {stub.url}, which answers at once")
        t, page, own = on_stub(Bench(fleet, fresh_jobs), stub, n)
        print(f"\n{page['calls']} requests, {page['paid'] / (n + 100):.2f} an application, {page['paid_twice']} paid twice; all together without the stub: {own:.3f} CPU ms an application,"
              f" the stub {t['cpu_s']['stub'] * 1e6 / max(page['calls'] * n / (n + 100), 1):.0f} us a request")
        return {"throughput": t, "stub": page, "cpu_ms": own}
    finally:
        fleet.stop()
        stub.stop()


def offline(a):
    fleet = Fleet("bench")
    try:
        fleet.start()
        durable = fleet.sql("SELECT current_setting('fsync'), current_setting('synchronous_commit')")[0]
        print(f"{os.cpu_count()} cores, Postgres fsync {durable[0]}, synchronous_commit {durable[1]}; {', '.join(STAGES)}: one process each; binaries {os.environ.get('JOBMILL_BIN')}")
        bench = Bench(fleet)
        t = throughput(bench, a.applications)
        lat = latency(bench, a.singles, a.rate) if a.singles else None
        show(t, lat)
        return {"throughput": t, "latency": lat}
    finally:
        fleet.stop()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("parts", nargs="*", default=["offline"], help="offline, models, whole, campaign (faults and limits: campaign.py), campaign.PART")
    p.add_argument("--flight", type=int, default=2000, help="calls of 10 s at once; 0: not measured")
    p.add_argument("--applications", type=int, default=5000)
    p.add_argument("--singles", type=int, default=1000)
    p.add_argument("--rate", type=int, default=100)
    p.add_argument("--json")
    a = p.parse_args()
    out = {}
    if "offline" in a.parts:
        out.update(offline(a))
    if "models" in a.parts:
        out["models"] = models(a.applications, a.flight)
    if "whole" in a.parts:
        out["whole"] = whole(a.applications)
    faults = [x for x in a.parts if x.split(".")[0] == "campaign"]
    if faults:
        out["campaign"] = campaign.run([x.split(".")[1] for x in faults if "." in x])
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump(out, f, indent=1)


if __name__ == "__main__":
    main()
