"""All four stages on models (the stand-in): applications end, documents are there, the ledger says what the provider says, and nothing is bought twice."""
import contextlib
import os
import subprocess

import pytest
import requests
from support import samples
from support.books import audit
from support.db import ROOT, rows
from support.fleet import Fleet, wait_for

STAGES_ASKED = {1: "analyze", 2: "optimize", 3: "cover_letter", 4: "embed"}


class Stub:
    def __init__(self, *settings):
        path = os.environ.get("JOBMILL_STUB", os.path.join(ROOT, "build", "dev", "tests", "stub_llm"))
        self.process = subprocess.Popen([path, "--port", "0", *settings], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line
        self.url = line.split()[-1]

    def admin(self):
        return requests.get(self.url + "/admin", timeout=10).json()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def stub():
    s = Stub()
    try:
        yield s
    finally:
        s.stop()


@pytest.fixture(scope="module")
def models(stub):
    env = {"JOBMILL_LLM_OPENAI_URL": stub.url + "/v1", "JOBMILL_LLM_OPENAI_KEY": "k", "JOBMILL_LLM_ANTHROPIC_URL": stub.url, "JOBMILL_LLM_ANTHROPIC_KEY": "k",
           "JOBMILL_LLM_ANALYZE": "openai:gpt-4o", "JOBMILL_LLM_OPTIMIZE": "openai:gpt-4o", "JOBMILL_LLM_LETTER": "anthropic:claude-sonnet-4-5",
           "JOBMILL_LLM_EMBED": "openai:text-embedding-3-small"}
    f = Fleet("models", env=env)
    try:
        yield f.start()
    finally:
        f.stop()


def ledger(fleet):
    with contextlib.closing(fleet.stack.superuser()) as eye:
        return rows(eye, "SELECT stage, attempt, batch_id, application_id, provider, model, prompt_tokens, completion_tokens, cost_microusd FROM model_usage")


def calls(fleet):
    """Ledger rows by stage."""
    out = {}
    for row in ledger(fleet):
        out[row[0]] = out.get(row[0], 0) + 1
    return out


def test_a_batch_on_models(models, stub):
    client = models.client()
    users = [client.user(r) for r in samples.resumes().values()]
    jobs = list(samples.postings().values())
    lines = [{"user_id": u, "job": job, "client_ref": f"{i}-{k}"} for i, u in enumerate(users) for k, job in enumerate(jobs)]
    estimate = client.batch(lines, status=200, validate_only="true")
    batch = client.batch(lines)["id"]
    client.batch_end(batch, 180)
    items = client.items(f"/batches/{batch}/items")
    assert len(items) == len(lines)
    states = [i["state"] for i in items]
    real = [i for i in items if i["state"] in ("done", "needs_review")]
    refused = [i for i in items if i["state"] == "failed"]
    # samples may hold texts that are no postings: those are refused without a call of the later stages, as offline
    assert len(real) + len(refused) == len(items), states
    assert len(real) >= len(items) * 3 // 4, [i["problem"] for i in refused]
    by_model = 0
    for item in real:
        where = f"/applications/{item['application_id']}"
        letter, resume = client.ok(client.get(where + "/cover-letter"), 200), client.ok(client.get(where + "/resume"), 200)
        assert letter["paragraphs"] and letter["body"] and letter["guard"]["verdict"] in ("pass", "warn", "block")
        assert resume["document"]["basics"]["name"] and resume["guard"]["verdict"] in ("pass", "warn")
        by_model += "rejected_ops" in resume
        client.ok(client.get(where + "/score"), 200)  # held against the contract, as everything is
        client.ok(client.get(where + "/claims"), 200)
    assert by_model >= len(real) * 3 // 4, "only a posting in another language is tailored without a model"
    readers = {client.ok(client.get(f"/jobs/{job}/analysis"), 200).get("engine") for job in {client.ok(client.get(f"/applications/{i['application_id']}"))["job_id"] for i in real}}
    assert "openai/gpt-4o" in readers, readers
    assert client.get(f"/batches/{batch}/results").status_code == 200
    assert client.ok(client.get(f"/batches/{batch}/cost"))["calls"] > len(real)
    done = sum(i["state"] == "done" for i in items)
    assert done >= len(real) // 2, states

    a = stub.admin()
    book = ledger(models)
    assert a["paid_twice"] == 0
    assert sum(r[6] for r in book) == a["input_tokens"] + a["embedding_tokens"] and sum(r[7] for r in book) == a["output_tokens"]
    assert {r[0] for r in book} == set(STAGES_ASKED)
    # what was said beforehand, against what was bought
    assert 0.7 <= estimate["tokens"] / sum(r[6] + r[7] for r in book) <= 1.5, (estimate, sum(r[6] + r[7] for r in book))
    assert 0.7 <= estimate["cost_microusd"] / sum(r[8] for r in book) <= 2, (estimate, sum(r[8] for r in book))  # the stand-in's answers are short
    for stage, attempt, of_batch, application, provider, model, prompt, completion, cost in book:
        assert attempt >= 1 and of_batch is not None and prompt > 0 and cost >= 0
        assert provider == ("anthropic" if STAGES_ASKED[stage] == "cover_letter" else "openai"), (stage, provider, model)
        assert completion > 0 or STAGES_ASKED[stage] == "embed"
        assert (application is not None) == (STAGES_ASKED[stage] in ("optimize", "cover_letter"))


def test_the_same_again_costs_no_reading(models, stub):
    client = models.client()
    user = client.user(next(iter(samples.resumes().values())))
    job = samples.variant(next(iter(samples.postings().values())), 4711)
    first = client.submit(user, job)["id"]
    client.application_end(first, 60)
    before = calls(models)
    second = client.submit(user, job)["id"]
    client.application_end(second, 60)
    wait_for("the ledger says what was bought", 10, lambda: sum(calls(models).values()) == len(ledger(models)))
    after = calls(models)
    names = {v: k for k, v in STAGES_ASKED.items()}
    assert after[names["analyze"]] == before[names["analyze"]] and after[names["embed"]] == before[names["embed"]]


def test_an_identical_application_is_bought_once(models, stub):
    """The same person and the same posting: whoever asks, whichever revision, nothing is bought again and nothing is lost."""
    client = models.client()
    resume = list(samples.resumes().values())[1]
    job = samples.variant(next(iter(samples.postings().values())), 4712)
    user = client.user(resume)
    names = {v: k for k, v in STAGES_ASKED.items()}

    def bought(someone, **options):
        before = calls(models)
        end = client.application_end(client.submit(someone, job, **options)["id"], 60)
        assert end["state"] in ("done", "needs_review"), end
        wait_for("no call is out", 10, lambda: models.sql_value("SELECT count(*) FROM model_asks WHERE state <> 2") == 0)
        after = calls(models)
        return {stage: after.get(n, 0) - before.get(n, 0) for stage, n in names.items()}

    first = bought(user)
    assert first["analyze"] == 1 and first["optimize"] >= 1 and first["cover_letter"] >= 1, first
    assert not any(bought(user).values()), "the same again"
    assert not any(bought(user, strategy="nudge").values()), "the model is asked the same for every strategy that words"
    client.ok(client.call("PUT", f"/users/{user}/profile", json={**resume, "basics": {**resume["basics"], "phone": "614-555-0199"}}))
    again = bought(user)  # a new revision, of which a model sees nothing new
    assert again["analyze"] == again["optimize"] == again["cover_letter"] == 0, again
    other = bought(client.user(resume))  # another person has another key, which does not open what was kept for the first
    assert other["analyze"] == 0 and other["optimize"] >= 1 and other["cover_letter"] >= 1, other


def test_what_a_long_posting_loses_is_said(models, stub):
    client = models.client()
    job = dict(samples.variant(next(iter(samples.postings().values())), 4713))
    assert "text" in job, "a posting in plain text"
    benefits = "".join(f"- We offer a company pension plan and {20 + i % 11} days of paid vacation in region {i}.\n" for i in range(1500))
    job["text"] += "\n\nBenefits\n\n" + benefits
    application = client.application_end(client.submit(client.user(next(iter(samples.resumes().values()))), job)["id"], 60)
    assert application["state"] in ("done", "needs_review"), application
    analysis = client.ok(client.get(f"/jobs/{application['job_id']}/analysis"))
    assert [x["part"] for x in analysis["left_out"]] == ["benefits"] and analysis["left_out"][0]["bytes"] > 50_000, analysis["left_out"]
    assert analysis["requirements"] and analysis["engine"] == "openai/gpt-4o"
    worker = models.processes("analyzer")[0]
    assert models.metrics(worker)['jobmill_model_left_out_bytes_total{stage="analyze",part="benefits"}'] > 50_000
    assert "left out of the prompt, for its length: benefits (" in models.log(worker.instance)


def test_the_books(models):
    with contextlib.closing(models.stack.superuser()) as eye:
        assert audit(eye) == []
