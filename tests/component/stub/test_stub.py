"""The stand-in for model providers: it has to be faithful, or what is tested against it is not tested."""
import base64
import json
import os
import struct
import subprocess
import threading

import pytest
import requests

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
OPENAI, ANTHROPIC = {"authorization": "Bearer k"}, {"x-api-key": "k", "anthropic-version": "2023-06-01"}
POSTING = "<posting>\nSenior C Engineer\nYou have 5 years of C.\nWe pay well.\n</posting>\n<evidence>\na1: Led a team of 5.\na2: Built the billing service.\n</evidence>"
SCHEMA = {"type": "object", "additionalProperties": False, "required": ["title", "rows"], "properties": {
    "title": {"type": "string"}, "level": {"enum": ["junior", "senior"]},
    "rows": {"type": "array", "items": {"type": "object", "additionalProperties": False, "required": ["quote", "years"], "properties": {
        "quote": {"type": "string"}, "years": {"type": ["integer", "null"]}, "evidence_ids": {"type": "array", "items": {"type": "string"}}}}}}}


class Stub:
    def __init__(self, *settings, processes=1):
        path = os.environ.get("JOBMILL_STUB", os.path.join(ROOT, "build", "dev", "tests", "stub_llm"))
        self.process = subprocess.Popen([path, "--port", "0", "--processes", str(processes), *settings], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line
        self.url = line.split()[-1]

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def chat(self, headers=None, timeout=10, **body):
        body = {"model": "gpt-4o", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": POSTING}], **body}
        return requests.post(self.url + "/v1/chat/completions", headers={**OPENAI, **(headers or {})}, json=body, timeout=timeout)

    def message(self, headers=None, **body):
        body = {"model": "claude-sonnet-4-5", "max_tokens": 1000, "messages": [{"role": "user", "content": POSTING}], **body}
        return requests.post(self.url + "/v1/messages", headers={**ANTHROPIC, **(headers or {})}, json=body, timeout=10)

    def admin(self):
        return requests.get(self.url + "/admin", timeout=10).json()

    def set(self, **settings):
        assert requests.put(self.url + "/admin/settings", json={k.replace("__", "."): v for k, v in settings.items()}, timeout=10).status_code == 200


@pytest.fixture
def stub():
    s = Stub()
    yield s
    s.stop()


def fmt(schema=SCHEMA):
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def check(answer):
    assert set(answer) == {"title", "level", "rows"} and answer["title"] == "Senior C Engineer" and answer["level"] in ("junior", "senior")
    assert answer["rows"]
    for row in answer["rows"]:
        assert row["quote"] in POSTING and isinstance(row["years"], int) and all(i in ("a1", "a2") for i in row["evidence_ids"])


def test_answers_fit_the_schema_and_repeat(stub):
    r = stub.chat(response_format=fmt())
    choice = r.json()["choices"][0]
    check(json.loads(choice["message"]["content"]))
    assert choice["finish_reason"] == "stop" and r.json()["usage"]["total_tokens"] > 0 and r.headers["x-request-id"]
    assert stub.chat(response_format=fmt()).json() == r.json()
    a = stub.admin()
    assert (a["calls"], a["duplicates"], a["paid_twice"], a["ok"]) == (2, 1, 1, 2)
    assert a["input_tokens"] == 2 * r.json()["usage"]["prompt_tokens"] and a["output_tokens"] == 2 * r.json()["usage"]["completion_tokens"]


def test_schemas_that_have_no_end_or_no_choice(stub):
    node = {"type": "object", "properties": {"next": {"$ref": "#"}, "level": {"enum": []}, "odd": {"type": 5}}}
    r = stub.chat(response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": node}})
    answer = json.loads(r.json()["choices"][0]["message"]["content"])
    assert answer["odd"] == "" and answer["next"]["next"]
    many = {"type": "object", "properties": {"rows": {"type": "array", "minItems": 10**12, "items": {"type": "null"}}}}
    stub.chat(response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": many}})
    assert requests.get(stub.url + "/health", timeout=10).status_code == 200


def test_a_stream_says_the_same_as_the_whole(stub):
    whole = stub.chat(response_format=fmt()).json()["choices"][0]["message"]["content"]
    lines = [x for x in stub.chat(response_format=fmt(), stream=True, stream_options={"include_usage": True}).text.split("\n\n") if x]
    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(x[6:]) for x in lines[:-1]]
    text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
    check(json.loads(text))
    assert json.loads(text)["title"] == json.loads(whole)["title"]
    assert chunks[-1]["choices"] == [] and chunks[-1]["usage"]["completion_tokens"] > 0 and chunks[-2]["choices"][0]["finish_reason"] == "stop"


def test_anthropic_tool_and_stream(stub):
    tool = {"tools": [{"name": "answer", "input_schema": SCHEMA}], "tool_choice": {"type": "tool", "name": "answer"}}
    r = stub.message(**tool).json()
    check(r["content"][0]["input"])
    assert r["stop_reason"] == "tool_use"
    events = [x.split("\n") for x in stub.message(stream=True, **tool).text.split("\n\n") if x]
    names = [e[0][7:] for e in events]
    data = [json.loads(e[1][6:]) for e in events]
    assert names == [d["type"] for d in data] and names[0] == "message_start" and names[-1] == "message_stop"
    check(json.loads("".join(d["delta"]["partial_json"] for d in data if d["type"] == "content_block_delta")))


def test_anthropic_prompt_cache(stub):
    system = [{"type": "text", "text": "rules " * 2000, "cache_control": {"type": "ephemeral"}}]
    first, second = (stub.message(system=system, messages=[{"role": "user", "content": c}]).json()["usage"] for c in "ab")
    assert first["cache_creation_input_tokens"] == second["cache_read_input_tokens"] == 3000
    assert first["cache_read_input_tokens"] == second["cache_creation_input_tokens"] == 0 and second["input_tokens"] < 20


def test_openai_prompt_cache(stub):
    messages = [{"role": "system", "content": "rules " * 2000}]
    first, second = (stub.chat(messages=messages + [{"role": "user", "content": c}]).json()["usage"] for c in "ab")
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert 0 < second["prompt_tokens_details"]["cached_tokens"] <= second["prompt_tokens"]


def test_embeddings(stub):
    def ask(**body):
        return requests.post(stub.url + "/v1/embeddings", headers=OPENAI, json={"model": "text-embedding-3-small", "dimensions": 768, **body}, timeout=10)
    floats = [d["embedding"] for d in ask(input=["a", "b", "a"]).json()["data"]]
    assert [len(v) for v in floats] == [768] * 3 and floats[0] == floats[2] != floats[1]
    assert abs(sum(x * x for x in floats[0]) - 1) < 1e-5
    packed = base64.b64decode(ask(input="a", encoding_format="base64").json()["data"][0]["embedding"])
    assert all(abs(x - y) < 1e-6 for x, y in zip(struct.unpack("<768f", packed), floats[0]))
    assert ask(input=["a", ""]).status_code == 400 and ask(input=[]).status_code == 400


def test_embeddings_that_are_refused_or_fewer(stub):
    def ask(headers=None, **body):
        return requests.post(stub.url + "/v1/embeddings", headers={**OPENAI, **(headers or {})}, json={"model": "text-embedding-3-small", "dimensions": 8, **body}, timeout=10)
    requests.put(stub.url + "/admin/settings", json={"poison": "zq"}, timeout=10)
    try:
        assert ask(input=["a", "b"]).status_code == 200 and ask(input=["a", "has zq inside"]).status_code == 400
    finally:
        requests.put(stub.url + "/admin/settings", json={"poison": ""}, timeout=10)
    assert ask(input=["has zq inside"]).status_code == 200
    short = ask({"x-stub-fault": "wrong_count"}, input=["a", "b", "c"]).json()
    assert [d["index"] for d in short["data"]] == [0, 1] and short["usage"]["prompt_tokens"] == 3, "it is paid for"
    page = stub.admin()
    assert page["embedding_inputs"] == 6 and page["embedding_inputs_max"] == 3


@pytest.mark.parametrize("fault, status", [("rate_limit", 429), ("quota", 429), ("bad_key", 401), ("server", 500), ("html", 502), ("unavailable", 503), ("overloaded", 503),
                                           ("context", 400), ("ok_error", 200)])
def test_faults_with_a_status(stub, fault, status):
    r = stub.chat({"x-stub-fault": fault})
    assert r.status_code == status
    assert stub.admin()["paid"] == 0
    if fault == "rate_limit":
        assert int(r.headers["retry-after-ms"]) > 0 and int(r.headers["retry-after"]) > 0
    if fault != "html":
        assert "error" in r.json()


def test_faults_of_the_wire(stub):
    for fault in ("reset", "truncate"):
        with pytest.raises(requests.exceptions.RequestException):
            stub.chat({"x-stub-fault": fault})
    with pytest.raises(requests.exceptions.Timeout):
        stub.chat({"x-stub-fault": "hang"}, timeout=0.3)
    assert stub.admin()["paid"] == 2 and stub.admin()["ok"] == 0
    assert stub.chat({"x-stub-fault": "drip"}, max_tokens=4).status_code == 200


def test_spoilt_answers(stub):
    assert stub.chat({"x-stub-fault": "length"}, response_format=fmt()).json()["choices"][0]["finish_reason"] == "length"
    assert stub.chat({"x-stub-fault": "refuse"}).json()["choices"][0]["message"]["refusal"]
    assert "```json" in stub.chat({"x-stub-fault": "fenced"}, response_format=fmt()).json()["choices"][0]["message"]["content"]
    with pytest.raises(ValueError):
        json.loads(stub.chat({"x-stub-fault": "bad_json"}, response_format=fmt()).json()["choices"][0]["message"]["content"])
    assert "usage" not in stub.chat({"x-stub-fault": "no_usage"}).json()
    assert stub.chat(max_tokens=2, response_format=fmt()).json()["usage"]["completion_tokens"] == 2


def test_a_script_comes_before_the_rates(stub):
    stub.set(script="server,rate_limit,ok", fault__overloaded=1)
    assert [stub.chat().status_code for _ in range(4)] == [500, 429, 200, 503]


def test_keys_models_and_requests_are_checked(stub):
    stub.set(key="secret", missing_model="gpt-9", no_schema_model="old")
    assert stub.chat().status_code == 401
    good = {"authorization": "Bearer secret"}
    assert stub.chat(good).status_code == 200
    assert stub.chat(good, model="gpt-9").status_code == 404
    assert stub.chat(good, model="old", response_format=fmt()).status_code == 400
    assert stub.chat(good, messages=[]).status_code == 400
    assert stub.chat(good, response_format=fmt({"type": "object", "properties": {}})).status_code == 400
    assert requests.post(stub.url + "/v1/chat/completions", headers=good, data=b"{", timeout=10).status_code == 400
    r = requests.post(stub.url + "/v1/messages", headers={"x-api-key": "secret"}, json={}, timeout=10)
    assert r.status_code == 400 and "anthropic-version" in r.json()["error"]["message"]
    assert requests.put(stub.url + "/admin/settings", json={"nonsense": 1}, timeout=10).status_code == 422


def test_limits_are_kept_and_told(stub):
    stub.set(rpm=600)
    found = [stub.chat() for _ in range(40)]
    passed = [r for r in found if r.status_code == 200]
    refused = [r for r in found if r.status_code == 429]
    assert len(passed) >= 10 and refused and int(refused[0].headers["retry-after-ms"]) <= 200
    assert passed[0].headers["x-ratelimit-limit-requests"] == "600"
    assert stub.admin()["minute_max"] == 40


def test_processes_share_port_and_counters():
    s = Stub("latency=20", processes=3)
    try:
        found = []
        threads = [threading.Thread(target=lambda: found.append(s.chat().status_code)) for _ in range(30)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert found == [200] * 30
        a = s.admin()
        assert a["calls"] == 30 and a["in_flight"] == 0 and a["in_flight_max"] > 1 and a["paid_twice"] == 29
        requests.post(s.url + "/admin/reset", timeout=10)
        assert s.admin()["calls"] == 0
    finally:
        s.stop()


def test_the_log_has_every_call_with_its_end(stub):
    def log():
        return [line.split() for line in requests.get(stub.url + "/admin/log", timeout=10).text.splitlines()]
    stub.chat()
    stub.chat()
    stub.set(script="rate_limit")
    stub.chat()
    rows = log()
    assert [r[2] for r in rows] == ["200", "200", "429"]
    assert len({r[3] for r in rows}) == 1, "one body, one hash"
    assert all(0 < int(r[0]) <= int(r[1]) for r in rows)
    stub.set(latency=60000)
    with pytest.raises(requests.exceptions.ReadTimeout):
        stub.chat(timeout=0.3)
    assert requests.post(stub.url + "/admin/reset", timeout=10).status_code == 200
    assert log() == []
    stub.set(latency=0)
    stub.chat()
    assert [r[2] for r in log()] == ["200"]
