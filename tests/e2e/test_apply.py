"""POST /applications/{id}/resume:apply: a person takes some of the operations of a tailored résumé."""
import copy
import json
import threading

import pytest
from support import samples

FIT = {"text": """Senior Platform Engineer
Corvane Logistics

What you will do
- Run our Kubernetes platform and the deployment path of twenty teams
- Keep the event stream in Kafka healthy

Requirements
- Go in production
- Kubernetes
- Terraform
- PostgreSQL
- AWS
- Kafka

Nice to have
- Experience with Ansible
- gRPC
"""}


def tokens(path):
    return [t.replace("~1", "/").replace("~0", "~") for t in path.split("/")[1:]]


def apply(document, op):
    """One operation as any client would read it."""
    *way, last = tokens(op["path"])
    at = document
    for t in way:
        at = at[int(t)] if isinstance(at, list) else at[t]
    key = int(last) if isinstance(at, list) else last
    if op["op"] in ("set", "remove"):
        assert at[key] == op["before"]
    if op["op"] == "set":
        at[key] = op["value"]
    elif op["op"] == "remove":
        del at[key]
    elif op["op"] == "reorder":
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


@pytest.fixture(scope="module")
def profile():
    resume = next(r for r in samples.resumes().values() if "Platform" in r["basics"]["label"])
    resume = copy.deepcopy(resume)
    resume["x_note"] = {"ratio": 1.50, "kept": [None, True]}
    resume["work"][0]["highlights"] += ["Organized the yearly summer party", "Ran the book club of the office", "Watered the plants of the third floor"]
    return resume


@pytest.fixture(scope="module")
def user(client, profile):
    return client.user(profile)


@pytest.fixture
def application(client, user):
    a = client.submit(user, FIT)["id"]
    assert client.application_end(a)["state"] == "done"
    return a


def resume_of(client, application, **query):
    return client.ok(client.get(f"/applications/{application}/resume", params=query))


def choose(client, application, body, status=200, headers=None):
    r = client.post(f"/applications/{application}/resume:apply", body, headers=headers)
    assert r.status_code == status, r.text[:600]
    return r.json()


def test_some_operations_are_taken_and_the_generated_one_stays(client, application, profile):
    generated = resume_of(client, application)
    ids = [op["op_id"] for op in generated["ops"]]
    assert len(ids) >= 4 and generated["revision"] == 0 and any(op["op"] == "remove" for op in generated["ops"])
    assert applied(generated["document"], generated["inverse_ops"]) == profile

    for revision, taken in enumerate(([], ids[:1], ids[::2], ids[1::2], ids), 1):
        chosen = choose(client, application, {"accept": taken})
        assert chosen["revision"] == revision
        assert [op["verdict"] == "applied" for op in chosen["ops"]] == [i in taken for i in ids]
        assert applied(profile, [op for op in chosen["ops"] if op["verdict"] == "applied"]) == chosen["document"]
        back = applied(chosen["document"], chosen["inverse_ops"])
        assert json.dumps(back) == json.dumps(profile), "order of keys and all"
        assert chosen["guard"]["verdict"] == "pass" and chosen["coverage"] == generated["coverage"]
        # the fact check judged what was chosen, not what was generated
        assert len(chosen["document_hash"]) == 64 and (chosen["document_hash"] != generated["document_hash"]) == (chosen["document"] != generated["document"])
        assert all(c["evidence_ids"] or c["class"] == "non_claim" for c in chosen["claims"])
        assert resume_of(client, application) == chosen
        assert resume_of(client, application, version="generated") == generated
    assert chosen["document"] == generated["document"]
    assert choose(client, application, {"accept": []})["document"] == profile


def test_reject_is_the_other_way_round(client, application):
    generated = resume_of(client, application)
    ids = [op["op_id"] for op in generated["ops"]]
    one = choose(client, application, {"reject": ids[1:]})
    two = choose(client, application, {"accept": ids[:1]})
    assert one["document"] == two["document"] and one["ops"] == two["ops"] and two["revision"] == 2
    assert choose(client, application, {"reject": []})["document"] == generated["document"]


def test_every_format_gives_the_chosen_one(client, application):
    generated = resume_of(client, application)
    removed = next(op["before"] for op in generated["ops"] if op["op"] == "remove")
    for form in ("md", "txt"):
        assert removed not in client.get(f"/applications/{application}/resume", params={"format": form}).text
    choose(client, application, {"accept": []})
    for form in ("md", "txt"):
        assert removed in client.get(f"/applications/{application}/resume", params={"format": form}).text
        r = client.get(f"/applications/{application}/resume", params={"format": form, "version": "generated"})
        assert r.status_code == 200 and removed not in r.text
    r = client.get(f"/applications/{application}/claims").json()
    assert removed in [c["sentence"] for c in r["resume"]["claims"]]


def test_the_results_of_a_batch_have_the_chosen_one(client, user):
    batch = client.batch([{"user_id": user, "job": FIT, "client_ref": "apply-batch"}])["id"]
    client.batch_end(batch)
    line = json.loads(client.get(f"/batches/{batch}/results").text)
    chosen = choose(client, line["application_id"], {"accept": []})
    assert json.loads(client.get(f"/batches/{batch}/results").text)["resume"] == chosen


def test_what_does_not_fit_is_refused_with_its_place(client, application):
    ids = [op["op_id"] for op in resume_of(client, application)["ops"]]
    for body, pointer in (({}, "/accept"), ({"accept": ids, "reject": []}, "/reject"), ({"accept": "op1"}, "/accept"), ({"accept": [7]}, "/accept/0"), ({"accept": [ids[0], "op999"]}, "/accept/1"),
                          ({"reject": ["nothing"]}, "/reject/0"), ({"accept": [ids[0], ids[0]]}, "/accept/1"), ({"accept": [], "expected_revision": "x"}, "/expected_revision"), ({"accept": [], "what": 1}, "/what")):
        told = choose(client, application, body, 422)
        assert pointer in [e["pointer"] for e in told["errors"]], told
    assert resume_of(client, application)["revision"] == 0
    nobody = "01a00000-0000-7000-8000-00000000dead"
    choose(client, nobody, {"accept": []}, 404)
    assert client.get(f"/applications/{application}/resume", params={"version": "latest"}).status_code == 422


def test_a_revision_that_was_expected(client, application):
    etag = client.get(f"/applications/{application}/resume").headers["ETag"]
    url = f"/applications/{application}/resume:apply"
    first = client.post(url, {"accept": [], "expected_revision": 0}, headers={"If-Match": etag})
    assert first.status_code == 200 and first.json()["revision"] == 1
    assert first.headers["ETag"] == client.get(f"/applications/{application}/resume").headers["ETag"] != etag
    told = choose(client, application, {"reject": [], "expected_revision": 0}, 412)
    assert told["code"] == "precondition-failed" and told["errors"][0]["pointer"] == "/expected_revision"
    choose(client, application, {"reject": []}, 412, headers={"If-Match": etag})
    assert resume_of(client, application)["revision"] == 1
    choose(client, application, {"reject": []}, headers={"If-Match": f'"other", {first.headers["ETag"]}'})


def test_the_same_key_chooses_once(client, application, user):
    url, headers = f"/applications/{application}/resume:apply", {"Idempotency-Key": "apply-once"}
    body = {"accept": [], "expected_revision": 0}
    first, second = (client.post(url, body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 200 and first.json() == second.json()
    assert second.headers.get("Idempotent-Replayed") == "true" and "Idempotent-Replayed" not in first.headers
    assert choose(client, application, {"reject": []}, 422, headers=headers)["code"] == "idempotency-key-reused"
    other = client.submit(user, FIT, ref="another")["id"]
    client.application_end(other)
    told = choose(client, other, body, 422, headers=headers)
    assert told["code"] == "idempotency-key-reused", "a key belongs to one application"


def test_from_the_command_line(fleet, client, application):
    listed = fleet.run("apply", application).stdout
    assert "op1 " in listed and "left out" not in listed
    told = fleet.run("apply", application, "--reject", "op1, op2").stdout
    assert told.count("(left out)") == 2
    now = resume_of(client, application)
    assert now["revision"] == 1 and [op["verdict"] for op in now["ops"][:3]] == ["rejected", "rejected", "applied"]
    assert fleet.run("apply", application, "--accept", "op1", "--reject", "op2", check=False).returncode != 0
    r = fleet.run("apply", application, "--accept", "op99", check=False)
    assert r.returncode != 0 and "/accept/0" in r.stderr


def test_many_at_once_each_count(fleet, client, application):
    ids = [op["op_id"] for op in resume_of(client, application)["ops"]]
    got = []

    def run(n):
        c = fleet.client()
        got.append(c.post(f"/applications/{application}/resume:apply", {"accept": ids[:n]}))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    fine = [r.json()["revision"] for r in got if r.status_code == 200]
    assert sorted(fine) == list(range(1, len(fine) + 1)) and all(r.status_code in (200, 409) for r in got)
    assert resume_of(client, application)["revision"] == len(fine) >= 1


def test_sealed_apart_and_erased_with_the_user(fleet, client, profile):
    user = client.user(profile)
    application = client.submit(user, FIT)["id"]
    client.application_end(application)
    choose(client, application, {"accept": []})
    sealed = bytes(fleet.sql_value("SELECT sealed FROM resume_choices WHERE application_id = %s", application))
    assert sealed and profile["basics"]["name"].encode() not in sealed
    stranger = fleet.client(fleet.tenant("stranger")[1])
    assert stranger.post(f"/applications/{application}/resume:apply", {"accept": []}).status_code == 404
    assert client.call("DELETE", f"/users/{user}").status_code in (200, 202, 204)
    assert fleet.sql_value("SELECT count(*) FROM resume_choices WHERE application_id = %s", application) == 0
    choose(client, application, {"accept": []}, 410)
