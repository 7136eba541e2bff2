"""The API from outside: idempotency, uploads with mistakes in them, hostile input, polling, event streams, other tenants."""
import base64
import json
import os
import socket
import threading
import time

import pytest
import requests
from support import samples
from support.fleet import Listener, wait_for

NOBODY = "01a00000-0000-7000-8000-00000000dead"
ENDED = ("done", "needs_review", "failed", "cancelled")


@pytest.fixture(scope="module")
def job(client):
    return client.ok(client.post("/jobs", samples.distinct(1, 1)[0]))["id"]


def problem(r, status, code=None):
    assert r.status_code == status, r.text[:500]
    assert r.headers["Content-Type"].startswith("application/problem+json")
    body = r.json()
    assert body["status"] == status and body["title"] and body["type"]
    assert code is None or body["code"] == code, body
    return body


def pointers(body):
    return [e["pointer"] for e in body.get("errors", [])]


# --- idempotency ---------------------------------------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_answer(client, person, job):
    body, headers = {"user_id": person, "job_id": job, "client_ref": "idem"}, {"Idempotency-Key": "same-answer"}
    first, second = (client.post("/applications", body, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.json()["id"] == second.json()["id"] and first.headers["Location"] == second.headers["Location"]
    assert second.headers.get("Idempotent-Replayed") == "true" and "Idempotent-Replayed" not in first.headers


def test_the_same_key_with_another_body_is_refused(client, person, job):
    headers = {"Idempotency-Key": "another-body"}
    client.ok(client.post("/applications", {"user_id": person, "job_id": job}, headers=headers), 202)
    problem(client.post("/applications", {"user_id": person, "job_id": job, "client_ref": "x"}, headers=headers), 422, "idempotency-key-reused")
    lines = [{"user_id": person, "job_id": job, "client_ref": "one"}]
    a = client.batch(lines, headers=headers)
    assert client.batch(lines, headers=headers)["id"] == a["id"], "keys are apart by what is made"
    r = client.call("POST", "/batches", data=b"{}\n", headers={"Content-Type": "application/x-ndjson", **headers})
    problem(r, 422, "idempotency-key-reused")


def test_a_batch_repeated_under_its_key_is_one_batch(fleet, client, person):
    lines = [{"user_id": person, "job": j, "client_ref": f"rep-{i}"} for i, j in enumerate(samples.distinct(40, 2000))]
    got, barrier = [], threading.Barrier(6)

    def run():
        c = fleet.client()
        barrier.wait()
        for _ in range(40):
            r = c.call("POST", "/batches", data=b"".join(json.dumps(x).encode() + b"\n" for x in lines), headers={"Content-Type": "application/x-ndjson", "Idempotency-Key": "batch-repeat"})
            if r.status_code == 202:
                got.append(r.json()["id"])
                return
            assert r.status_code == 409, r.text  # one is just being received
            time.sleep(0.05)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(got) == 6 and len(set(got)) == 1
    assert fleet.sql_value("SELECT count(*) FROM applications WHERE client_ref = 'rep-7'") == 1
    client.batch_end(got[0])


# --- uploads -------------------------------------------------------------------------------------------------------------------


def test_bad_lines_are_told_with_their_place_and_the_others_go_on(client, person):
    good = [{"user_id": person, "job": j, "client_ref": f"mixed-{i}"} for i, j in enumerate(samples.distinct(3, 3000))]
    lines = [json.dumps(good[0]).encode() + b"\n", b"{not json}\n", json.dumps({"user_id": NOBODY, "job": good[0]["job"]}).encode() + b"\n", b"\n", json.dumps(good[1]).encode() + b"\r\n",
             b'{"user_id": 7, "job": {"text": []}}\n', json.dumps({**good[2], "optionz": {}}).encode() + b"\n", b'"text"\n', b'{"a":"\\ud800"}\n', b'{"client_ref":"\x00"}\n', b"\xff\xfe\n",
             json.dumps(good[0]).encode() + b"\n", json.dumps({**good[2], "options": {"tone": "shouting"}}).encode() + b"\n", json.dumps(good[2]).encode()]
    offsets, at = [], 0
    for line in lines:
        offsets.append(at)
        at += len(line)
    b = client.batch(lines)
    assert b["counts"]["accepted"] == 3
    rejected = {i["index"]: i for i in client.items(f"/batches/{b['id']}/items", state="rejected")} if b["rejected"]["count"] else {}
    told = {i["index"]: i for i in b["rejected"]["items"]}
    assert sorted(told) == sorted(rejected) and len(told) == b["rejected"]["count"] == 10
    by_offset = {offsets.index(i["byte_offset"]): i for i in told.values()}
    assert sorted(by_offset) == [1, 2, 5, 6, 7, 8, 9, 10, 11, 12], "every bad line by the offset of its first byte"
    assert by_offset[2]["problem"]["pointer"] == "/user_id"
    assert by_offset[5]["problem"]["pointer"] in ("/user_id", "/job/text")
    assert by_offset[12]["problem"]["pointer"] == "/options/tone"
    assert by_offset[11]["client_ref"] == "mixed-0"
    end = client.batch_end(b["id"])
    assert end["counts"]["accepted"] == 3 and sum(end["counts"][k] for k in ENDED) == 3


def test_a_json_array_is_a_batch_too(client, person):
    lines = [{"user_id": person, "job": j} for j in samples.distinct(3, 3100)]
    for body in (lines, json.dumps(lines, indent=2)):
        r = client.call("POST", "/batches", data=body if isinstance(body, str) else json.dumps(body), headers={"Content-Type": "application/json"})
        assert client.ok(r, 202)["counts"]["accepted"] == 3
    for broken in ("[", "[{]", "{}", "[1,2", '[{"user_id":'):
        r = client.call("POST", "/batches", data=broken, headers={"Content-Type": "application/json"})
        assert r.status_code in (400, 422), (broken, r.text)


def test_nothing_good_in_it_makes_no_batch(fleet, client, person):
    before = fleet.sql_value("SELECT count(*) FROM batches")
    assert client.batch([b"nonsense\n", b"{}\n"], status=422)["rejected"]["count"] == 2
    problem(client.call("POST", "/batches", data=b"", headers={"Content-Type": "application/x-ndjson"}), 422)
    problem(client.call("POST", "/batches", data=b"x", headers={"Content-Type": "text/plain"}), 415)
    # fewer: uploads that others of these tests broke off are cleared away meanwhile
    wait_for("no trace of them", 10, lambda: fleet.sql_value("SELECT count(*) FROM batches") <= before)


def test_every_document_of_the_json_test_suite_as_a_line(client, person):
    path = os.path.join(samples.DATA, "malformed/jsontestsuite.jsonl")
    if not os.path.exists(path):
        pytest.skip("no ../shared/data")
    good = {"user_id": person, "job": samples.distinct(1, 3200)[0], "client_ref": "after-the-storm"}
    with open(path, encoding="utf-8") as f:
        cases = [json.loads(line) for line in f]
    lines, n = [], 0
    for case in cases:
        raw = base64.b64decode(case["b64"])
        if b"\n" not in raw and raw.strip():
            lines.append(raw + b"\n")
            n += 1
    b = client.batch([*lines, good])
    assert b["counts"]["accepted"] == 1 and b["rejected"]["count"] == n
    assert client.batch_end(b["id"])["counts"]["done"] + client.ok(client.get(f"/batches/{b['id']}"))["counts"]["needs_review"] == 1


def test_duplicates_within_a_batch(client, person):
    jobs = samples.distinct(2, 3300)
    b = client.batch([{"user_id": person, "job": jobs[0]}, {"user_id": person, "job": jobs[1]}, {"user_id": person, "job": jobs[0]}, {"user_id": person, "job": jobs[1], "client_ref": "r"}])
    assert b["counts"]["accepted"] == 3
    assert [(i["index"], i["problem"]["code"]) for i in b["rejected"]["items"]] == [(2, "duplicate")]


def raw_post(fleet, head, body=b""):
    host, port = fleet.url[7:].split(":")
    s = socket.create_connection((host, int(port)), timeout=20)
    s.sendall(f"POST /api/v1/batches HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {fleet.key}\r\nContent-Type: application/x-ndjson\r\n{head}\r\n".encode() + body)
    return s


def test_a_client_that_leaves_in_the_middle_of_an_upload_leaves_nothing(fleet, client, person):
    before = fleet.sql_value("SELECT count(*) FROM batches")
    line = json.dumps({"user_id": person, "job": samples.distinct(1, 3400)[0]}).encode() + b"\n"
    s = raw_post(fleet, f"Content-Length: {len(line) * 1000}\r\n", line * 300)
    wait_for("it is being received", 10, lambda: fleet.sql_value("SELECT count(*) FROM batches WHERE state = 1") > 0)
    s.close()
    wait_for("no trace of it", 15, lambda: fleet.sql_value("SELECT count(*) FROM batches") == before)
    assert fleet.sql_value("SELECT count(*) FROM backlog k WHERE NOT EXISTS (SELECT 1 FROM batches b WHERE b.batch_id = k.batch_id)") == 0


def test_a_client_that_never_reads_harms_nobody(fleet, client, person):
    """It asks for event streams and large answers and takes none of them."""
    b = client.batch([{"user_id": person, "job": j} for j in samples.distinct(30, 3500)])["id"]
    client.batch_end(b)
    host, port = fleet.url[7:].split(":")
    sockets = []
    for i in range(50):
        s = socket.create_connection((host, int(port)), timeout=20)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        path = f"/api/v1/batches/{b}/{'events' if i % 2 else 'results'}"
        s.sendall((f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {fleet.key}\r\n\r\n" * 3).encode())
        sockets.append(s)
    time.sleep(1)
    a = client.submit(person, samples.distinct(1, 3600)[0])
    assert client.application_end(a["id"], 20)["state"] in ENDED
    for p in fleet.processes("gateway"):
        assert p.rss_mib() < 400
    for s in sockets:
        s.close()


@pytest.mark.slow
def test_a_large_upload_needs_little_memory(fleet, client, person):
    """30,000 lines (about 90 MB): the gateway streams them; its memory does not grow with the upload."""
    jobs = samples.distinct(34, 5000)
    n = int(os.environ.get("JOBMILL_E2E_UPLOAD", "30000"))

    def lines():
        for i in range(n):
            j = jobs[i % len(jobs)]
            yield json.dumps({"user_id": person, "job": samples.variant(j, 1_000_000 + i) if i % 50 == 0 else j, "client_ref": f"large-{i}"}).encode() + b"\n"

    before = max(p.rss_mib() for p in fleet.processes("gateway"))
    peak, stop = [before], threading.Event()

    def watch():
        processes = fleet.processes("gateway")
        while not stop.wait(0.2):
            peak.append(max(p.rss_mib() for p in processes))

    t = threading.Thread(target=watch)
    t.start()
    b = client.ok(client.call("POST", "/batches", data=lines(), headers={"Content-Type": "application/x-ndjson"}, timeout=300), 202)
    stop.set()
    t.join()
    assert b["counts"]["accepted"] == n
    print(f"{n} lines: gateway {before:.0f} MiB before, {max(peak):.0f} MiB at most")
    assert max(peak) < before + 150
    client.ok(client.post(f"/batches/{b['id']}:cancel"), 200, 202)
    end = client.batch_end(b["id"], 180)
    assert sum(end["counts"][k] for k in ENDED) == n


# --- hostile input -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body,pointer", [
    ({}, "/user_id"), ({"user_id": "x"}, "/user_id"), ({"user_id": 7}, "/user_id"), ({"user_id": None}, "/user_id"), ({"user_id": NOBODY}, "/job_id"), ({"user_id": NOBODY, "job": {}}, "/job"),
    ({"user_id": NOBODY, "job": 1}, "/job"), ({"user_id": NOBODY, "job": {"text": ""}}, "/job/text"), ({"user_id": NOBODY, "job": {"text": " \n\t "}}, "/job/text"),
    ({"user_id": NOBODY, "job": {"text": ["a"]}}, "/job/text"), ({"user_id": NOBODY, "job": {"text": "a", "html": "b"}}, "/job"), ({"user_id": NOBODY, "job": {"text": "a"}, "options": []}, "/options"),
    ({"user_id": NOBODY, "job": {"text": "a"}, "options": {"length": 3}}, "/options/length"), ({"user_id": NOBODY, "job": {"text": "a"}, "client_ref": "x" * 5000}, "/client_ref"),
    ({"user_id": NOBODY, "job": {"text": "a"}, "surprise": 1}, "/surprise")])
def test_wrong_fields_are_pointed_at(client, body, pointer):
    r = client.post("/applications", body)
    assert pointer in pointers(problem(r, 413 if "x" * 300 in str(body) else 422))


@pytest.mark.parametrize("raw,status", [
    (b"", 400), (b"{", 400), (b"[]", 422), (b"null", 422), (b'"x"', 422), (b'{"user_id":"\\ud800"}', 400), (b'{"user_id":"\\ud800\\u0041"}', 400), (b'{"a":"\x00"}', 400), (b'{"a":"\\u0000"}', (400, 422)),
    (b"[" * 200 + b"]" * 200, 400), (b'{"a":' * 200 + b"1" + b"}" * 200, 400), (b"{'user_id': 1}", 400), (b'{"user_id": 1,}', 400), (b'{"a": NaN}', 400), (b"\xef\xbb\xbf{}", (400, 422)), (b'{"a":"\xff"}', 400)])
def test_what_is_no_json_is_refused(client, raw, status):
    r = client.call("POST", "/applications", data=raw, headers={"Content-Type": "application/json"})
    assert r.status_code in (status if isinstance(status, tuple) else (status,)), r.text
    assert r.headers["Content-Type"].startswith("application/problem+json")


def test_a_profile_with_wrong_types_is_refused_with_its_place(client, person):
    user = client.ok(client.post("/users", {"name": "N"}), 201)["id"]
    for body, pointer in (({"work": {}}, "/work"), ({"work": [{"highlights": "one"}]}, "/work/0/highlights"), ({"basics": []}, "/basics"), ({"skills": [{"keywords": [1]}]}, "/skills/0/keywords/0")):
        r = client.call("PUT", f"/users/{user}/profile", json=body)
        got = pointers(problem(r, 422))
        assert any(p == pointer or pointer.startswith(p + "/") for p in got), (body, r.text)
    problem(client.call("PUT", f"/users/{user}/profile", data=b"[" * 300, headers={"Content-Type": "application/json"}), 400)


def test_sizes(client, person):
    two_mib = "Senior engineer. Requirements: Go, Kafka. " * 50000
    r = client.post("/applications", {"user_id": person, "job": {"text": two_mib[:2 * 1024 * 1024]}})
    assert r.status_code in (202, 413, 422), r.text
    if r.status_code == 202:
        assert client.application_end(r.json()["id"], 60)["state"] in ENDED
    problem(client.post("/applications", {"user_id": person, "job": {"text": "x" * (8 * 1024 * 1024)}}), 413)


def test_what_is_no_posting_fails_with_its_reason(client, person):
    for text in ("hello", "Dear grandmother, the weather here is lovely and the cat is well. " * 30):
        a = client.application_end(client.submit(person, {"text": text})["id"])
        assert a["state"] == "failed" and a["problem"]["code"] == "not-a-posting", a
        assert client.get(f"/applications/{a['id']}/cover-letter").status_code == 404
    problem(client.post(f"/applications/{a['id']}:cancel"), 409)
    client.ok(client.post(f"/applications/{a['id']}:retry"), 200, 202)
    assert client.application_end(a["id"])["state"] == "failed", "the same again"


def test_a_profile_without_anything_to_write_from_fails_with_its_reason(client, job):
    user = client.user({"basics": {"name": "Nobody Inparticular"}})
    a = client.application_end(client.ok(client.post("/applications", {"user_id": user, "job_id": job}), 202)["id"])
    assert a["state"] == "failed" and a["problem"]["code"] == "no-evidence"


def test_unknown_ids_and_paths(client, person):
    for path in (f"/applications/{NOBODY}", f"/batches/{NOBODY}", f"/users/{NOBODY}", f"/jobs/{NOBODY}", f"/applications/{NOBODY}/resume", f"/batches/{NOBODY}/items", f"/batches/{NOBODY}/events", "/applications/xyz", "/nothing"):
        problem(client.get(path), 404)
    problem(client.post("/applications", {"user_id": person, "job_id": NOBODY}), 422)
    problem(client.post("/applications", {"user_id": NOBODY, "job": {"text": "x"}}), 422)
    problem(client.call("DELETE", "/batches"), 405)
    assert client.call("PATCH", "/applications").status_code in (405, 501)
    for path in ("/applications?page_size=0", "/applications?page_size=x", "/applications?surprise=1", "/applications?page_token=zzz"):
        assert client.get(path).status_code in (400, 422), path


def test_keys(fleet):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic " + fleet.key}, {"Authorization": fleet.key}):
        r = requests.get(fleet.url + "/api/v1/applications", headers=headers, timeout=10)
        problem(r, 401)
        assert r.headers["WWW-Authenticate"].startswith("Bearer")


def test_another_tenant_sees_and_reaches_nothing(fleet, client, person, job):
    _, key = fleet.tenant()
    other = fleet.client(key)
    mine = client.submit(person, samples.distinct(1, 4000)[0])
    batch = client.batch([{"user_id": person, "job_id": job, "client_ref": "mine"}])["id"]
    client.application_end(mine["id"])
    for path in (f"/applications/{mine['id']}", f"/applications/{mine['id']}/resume", f"/applications/{mine['id']}/events", f"/users/{person}", f"/users/{person}/profile", f"/jobs/{job}", f"/jobs/{job}/analysis",
                 f"/batches/{batch}", f"/batches/{batch}/items", f"/batches/{batch}/results", f"/batches/{batch}/events"):
        problem(other.get(path), 404)
    for path in (f"/applications/{mine['id']}:cancel", f"/applications/{mine['id']}:retry", f"/batches/{batch}:cancel", f"/batches/{batch}:pause"):
        problem(other.post(path), 404)
    problem(other.call("DELETE", f"/users/{person}"), 404)
    problem(other.post("/applications", {"user_id": person, "job": {"text": "x"}}), 422)
    theirs = other.user(list(samples.resumes().values())[0])
    problem(other.post("/applications", {"user_id": theirs, "job_id": job}), 422)
    b = other.batch([{"user_id": person, "job_id": job}, {"user_id": theirs, "job_id": job}, {"user_id": theirs, "job": samples.distinct(1, 4001)[0]}])
    assert b["counts"]["accepted"] == 1 and [i["problem"]["pointer"] for i in b["rejected"]["items"]] == ["/user_id", "/job_id"]
    other.batch_end(b["id"])
    assert len(other.items("/applications")) == 1 and len(other.items("/batches")) == 1
    assert other.post("/applications", {"user_id": theirs, "job": samples.distinct(1, 4000)[0]}, headers={"Idempotency-Key": "same-answer"}).status_code == 202, "keys of another tenant are no matter"


# --- polling and streams -------------------------------------------------------------------------------------------------------


def test_polling(client, person):
    r = client.post("/applications", {"user_id": person, "job": samples.distinct(1, 4100)[0]})
    assert r.status_code == 202 and int(r.headers["Retry-After"]) >= 1
    a = r.json()["id"]
    assert r.headers["Location"].endswith(a) and r.headers["Operation-Location"].endswith(a)
    assert client.application_end(a)["state"] in ENDED
    r = client.get(f"/applications/{a}")
    again = client.get(f"/applications/{a}", headers={"If-None-Match": r.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    assert client.get(f"/applications/{a}", headers={"If-None-Match": '"other"'}).status_code == 200
    assert "Retry-After" not in r.headers, "it has ended: nothing to come back for"


def test_waiting_for_the_end(client, person):
    r = client.post("/applications", {"user_id": person, "job": samples.distinct(1, 4200)[0]}, headers={"Prefer": "wait=20"})
    assert r.status_code == 200 and r.json()["state"] in ENDED
    b = client.batch([{"user_id": person, "job": j} for j in samples.distinct(20, 4300)])["id"]
    end = wait_for("the batch ends", 60, lambda: (lambda x: x if x["state"] == "ended" else None)(client.ok(client.get(f"/batches/{b}", params={"wait": 10}))))
    assert end["counts"]["done"] + end["counts"]["needs_review"] == 20
    r = client.get(f"/batches/{b}")
    assert client.get(f"/batches/{b}", headers={"If-None-Match": r.headers["ETag"]}).status_code == 304


def test_validate_only_stores_nothing(fleet, client, person):
    before = fleet.sql_value("SELECT (SELECT count(*) FROM applications) + (SELECT count(*) FROM job_postings)")
    r = client.post("/applications", {"user_id": person, "job": samples.distinct(1, 4400)[0]}, params={"validate_only": "true"})
    assert r.status_code == 200, r.text
    client.batch([{"user_id": person, "job": samples.distinct(1, 4401)[0]}, b"x\n"], status=200, validate_only="true")
    assert fleet.sql_value("SELECT (SELECT count(*) FROM applications) + (SELECT count(*) FROM job_postings)") == before


def test_an_event_stream_replays_and_follows(client, person):
    b = client.batch([{"user_id": person, "job": j} for j in samples.distinct(60, 4500)])["id"]
    listeners = [Listener(client, f"/batches/{b}/events", drop) for drop in (None, 7, 50)]
    for x in listeners:
        x.start()
    end = client.batch_end(b)
    late = Listener(client, f"/batches/{b}/events")
    late.start()
    for x in [*listeners, late]:
        x.join(30)
        assert x.ended and x.seqs == list(range(1, end["last_seq"] + 1)), (x.connects, len(x.seqs))
    assert listeners[1].connects > 20
    r = requests.get(f"{client.url}/api/v1/batches/{b}/events", headers={"Authorization": "Bearer " + client.key, "Last-Event-ID": str(end["last_seq"])}, timeout=10)
    assert "event: end" in r.text and "event: progress" not in r.text
    for bad in ("x", "-1", "99999999999999999999"):
        assert requests.get(f"{client.url}/api/v1/batches/{b}/events", headers={"Authorization": "Bearer " + client.key, "Last-Event-ID": bad}, timeout=10).status_code in (200, 400, 422), bad


def test_pausing_resuming_and_cancelling_a_batch(client, person):
    b = client.batch([{"user_id": person, "job": j} for j in samples.distinct(2000, 10_000)])["id"]
    client.ok(client.post(f"/batches/{b}:pause"), 200, 202)
    assert client.ok(client.get(f"/batches/{b}"))["state"] == "paused"
    settled = wait_for("what was released ends", 60, lambda: (lambda c: c if c["running"] == 0 and c["parked"] == 0 else None)(client.ok(client.get(f"/batches/{b}"))["counts"]), 0.3)
    assert settled["waiting"] > 0 and sum(settled[k] for k in ENDED) + settled["waiting"] == 2000
    client.ok(client.post(f"/batches/{b}:resume"), 200, 202)
    wait_for("it goes on", 20, lambda: client.ok(client.get(f"/batches/{b}"))["counts"]["waiting"] < settled["waiting"])
    client.ok(client.post(f"/batches/{b}:cancel"), 200, 202)
    end = client.batch_end(b, 60)
    assert sum(end["counts"][k] for k in ENDED) == 2000 and end["counts"]["cancelled"] > 0
    problem(client.post(f"/batches/{b}:pause"), 409)


def test_lists_have_pages(client, person):
    user = client.user(list(samples.resumes().values())[1])
    ids = [client.ok(client.post("/applications", {"user_id": user, "job": j, "client_ref": "paged"}), 202)["id"] for j in samples.distinct(7, 20_000)]
    seen, token = [], None
    while True:
        page = client.ok(client.get("/applications", params={"user_id": user, "page_size": 3, **({"page_token": token} if token else {})}))
        assert len(page["items"]) <= 3
        seen += [a["id"] for a in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == ids[::-1], "newest first, none twice"
    assert len(client.items("/applications", client_ref="paged", user_id=user)) == 7


def test_erasing_a_user(client):
    user = client.user(list(samples.resumes().values())[2], name="Erase Me", email="erase.me@example.com")
    a = client.submit(user, samples.distinct(1, 21_000)[0])["id"]
    client.application_end(a)
    assert client.call("DELETE", f"/users/{user}").status_code in (200, 202, 204)
    assert client.get(f"/applications/{a}/cover-letter").status_code in (404, 410)
    assert client.get(f"/users/{user}").status_code in (404, 410)
    problem(client.post("/applications", {"user_id": user, "job": {"text": "x"}}), 422)
    assert client.ok(client.post("/users", {"name": "Erase Me", "email": "erase.me@example.com"}), 201)["id"] != user
