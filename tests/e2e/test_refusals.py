"""What a provider does wrong, as `jobmill why` says it of an application: one sentence that names the cause."""
import contextlib
import http.server
import ssl
import subprocess
import threading

import pytest
from support import samples
from support.fleet import Fleet, wait_for
from support.stub import Stub


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b"<!DOCTYPE html><html><body>Welcome to the portal</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def server(context=None):
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    if context:
        s.socket = context.wrap_socket(s.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=s.serve_forever, daemon=True).start()
    try:
        yield s.server_port
    finally:
        s.shutdown()


@contextlib.contextmanager
def mill(**env):
    f = Fleet("refusals", env=env)
    try:
        yield f.start()
    finally:
        f.stop()


@contextlib.contextmanager
def running_stub(*settings):
    s = Stub(*settings)
    try:
        yield s
    finally:
        s.stop()


def why(mill, application, *words):
    def said():
        text = mill.run("why", application).stdout.lower()
        return text if all(w in text for w in words) else None
    try:
        return wait_for("why says it", 40, said, 0.5)
    except AssertionError:
        raise AssertionError(mill.run("why", application).stdout)


@pytest.mark.slow
def test_why_names_a_missing_model_and_a_web_page():
    with running_stub("missing_model=gpt-99") as stub, server() as page, mill(
            **stub.env("offline", JOBMILL_LLM_ANTHROPIC_URL=f"http://127.0.0.1:{page}", JOBMILL_LLM_OPTIMIZE="openai:gpt-99",
                       JOBMILL_LLM_LETTER="anthropic:claude-sonnet-4-5", JOBMILL_LLM_KEY_PAUSE="5s")) as fleet:
        client = fleet.client()
        user = client.user(next(iter(samples.resumes().values())))
        jobs = samples.distinct(2, 88_000)
        worded = client.submit(user, jobs[0])["id"]
        plain = client.submit(user, jobs[1], strategy="keywords")["id"]  # nothing is worded: no model tailors it
        why(fleet, worded, "is parked", "openai/gpt-99", "the model does not exist there")
        why(fleet, plain, "is parked", "anthropic/claude-sonnet-4-5", "a web page came back instead of an answer; check the base url")


@pytest.mark.slow
def test_why_names_a_certificate_and_a_posting_that_is_too_long(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key", "-out", tmp_path / "cert", "-days", "1", "-subj", "/CN=localhost"],
                   check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with running_stub() as stub, server(context) as tls, mill(
            **stub.env("openai:text-embedding-3-small", JOBMILL_LLM_OPENAI_URL=f"https://localhost:{tls}/v1", JOBMILL_LLM_LOCAL_URL=stub.url + "/v1",
                       JOBMILL_LLM_OPTIMIZE="local:some-model", JOBMILL_LLM_LOCAL_CONTEXT="1200")) as fleet:
        client = fleet.client()
        user = client.user(next(iter(samples.resumes().values())))
        jobs = samples.distinct(2, 88_100)
        unembedded = client.submit(user, jobs[0], strategy="keywords")["id"]
        worded = client.submit(user, jobs[1])["id"]
        why(fleet, unembedded, "is parked", "openai/text-embedding-3-small", "the certificate does not verify")
        why(fleet, worded, "failed", "the posting's title, requirements and duties alone are about", "the model takes")
        assert stub.page()["calls"] == 0, "what does not fit is not asked"


def test_what_is_too_long_for_every_model_is_done_offline_where_the_route_says_so():
    with running_stub() as stub, mill(**stub.env("offline", JOBMILL_LLM_LOCAL_URL=stub.url + "/v1", JOBMILL_LLM_OPTIMIZE="local:some-model,offline", JOBMILL_LLM_LOCAL_CONTEXT="1200")) as fleet:
        client = fleet.client()
        user = client.user(next(iter(samples.resumes().values())))
        batch = client.batch([{"user_id": user, "job": j} for j in samples.distinct(3, 88_200)])
        counts = client.batch_end(batch["id"])["counts"]
        assert counts["done"] + counts["needs_review"] == 3, counts
        assert stub.page()["calls"] == 0
        assert sum(fleet.metrics(p).get('jobmill_model_calls_total{route="offline",outcome="fallback"}', 0) for p in fleet.processes("optimizer")) == 3
