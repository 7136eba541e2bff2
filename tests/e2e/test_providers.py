"""jobmill doctor --providers: one sentence for each thing that can be wrong with a provider. Needs no server but the stub."""
import contextlib
import http.server
import json
import os
import socket
import ssl
import subprocess
import threading

import pytest
from support.fleet import BIN
from support.stub import Stub


@pytest.fixture(scope="module")
def stub():
    s = Stub("missing_model=gpt-99")
    try:
        yield s
    finally:
        s.stop()


@pytest.fixture(autouse=True)
def healed(stub):
    stub.heal()


def doctor(env, *words):
    """(exit code, checks)"""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("JOBMILL_")}
    r = subprocess.run([os.path.join(BIN, "jobmill"), "doctor", "--json", "--providers", "--timeout", "3s", *words], env={**clean, **env}, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return r.returncode, [json.loads(line) for line in r.stdout.splitlines()], r.stderr


def bad(env, *said):
    code, checks, stderr = doctor(env)
    text = " ".join(c["check"] + " " + c["text"] for c in checks if c["verdict"] == "fail") + stderr
    assert code in (1, 2), (checks, stderr)
    for word in said:
        assert word in text.lower(), text
    assert "key-of-a-test" not in text
    return text


def test_all_is_well(stub):
    stub.set(latency="1")
    code, checks, stderr = doctor(stub.env(JOBMILL_LLM_ANALYZE="openai:gpt-4o-mini", JOBMILL_LLM_OPTIMIZE="openai:gpt-4o-mini", JOBMILL_LLM_LETTER="anthropic:claude-sonnet-4-5"))
    assert code == 0, (checks, stderr)
    assert [c["check"] for c in checks] == ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5", "openai/text-embedding-3-small"]
    assert "analyze, optimize" in checks[0]["text"]


def test_everything_is_offline():
    code, checks, _ = doctor({})
    assert code == 0 and "offline" in checks[0]["text"]


def test_a_refused_key(stub):
    stub.set(fault_bad_key=1)
    bad(stub.env(), "key")


def test_a_used_up_quota(stub):
    stub.set(fault_quota=1)
    bad(stub.env(), "quota")


def test_a_model_that_is_not_there(stub):
    bad(stub.env(JOBMILL_LLM_ANALYZE="openai:gpt-99"), "gpt-99")


def test_a_page_of_html(stub):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><html><body>Welcome to the portal</body></html>")

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        bad(stub.env(JOBMILL_LLM_OPENAI_URL=f"http://127.0.0.1:{server.server_port}/v1"), "web page")
    finally:
        server.shutdown()


def test_nobody_listens(stub):
    bad(stub.env(JOBMILL_LLM_OPENAI_URL="http://127.0.0.1:1/v1"), "connect")


def test_no_such_host(stub):
    bad(stub.env(JOBMILL_LLM_OPENAI_URL="http://no-such-host.invalid/v1"), "no-such-host.invalid")


@pytest.mark.parametrize("url", ["api.openai.com/v1 or so", "ftp://127.0.0.1/v1", "http://"])
def test_an_address_that_is_none(stub, url):
    bad(stub.env(JOBMILL_LLM_OPENAI_URL=url), "llm.openai.url: ", "does not begin with http" if url.startswith("ftp") else "address")


def test_a_key_with_a_line_break(stub):
    text = bad(stub.env(JOBMILL_LLM_OPENAI_KEY="sk-first\nsk-second"), "llm.openai.key must not hold control characters")
    assert "sk-first" not in text and "sk-second" not in text


def test_a_certificate_that_does_not_verify(stub, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key", "-out", tmp_path / "cert", "-days", "1", "-subj", "/CN=localhost"],
                   check=True, stderr=subprocess.DEVNULL)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        bad(stub.env(JOBMILL_LLM_OPENAI_URL=f"https://localhost:{server.server_port}/v1"), "the certificate does not verify", "llm.ca_file")
        signed = stub.env(JOBMILL_LLM_OPENAI_URL=f"https://127.0.0.1:{server.server_port}/v1", JOBMILL_LLM_CA_FILE=str(tmp_path / "cert"))
        bad(signed, "the certificate is another host's")
        bad({**signed, "JOBMILL_LLM_CA_FILE": str(tmp_path / "nothing")}, "cannot be read")
    finally:
        server.shutdown()


def test_a_server_without_tls(stub):
    bad(stub.env(JOBMILL_LLM_OPENAI_URL=stub.url.replace("http://", "https://") + "/v1"), "does not speak tls")


def test_a_server_that_speaks_something_else(stub):
    mail = socket.create_server(("127.0.0.1", 0))

    def greet():
        while True:
            with contextlib.suppress(OSError):
                peer, _ = mail.accept()
                peer.sendall(b"220 mail.example ESMTP ready\r\n")
                peer.close()
                continue
            return

    threading.Thread(target=greet, daemon=True).start()
    try:
        bad(stub.env(JOBMILL_LLM_OPENAI_URL=f"http://127.0.0.1:{mail.getsockname()[1]}/v1"), "does not speak http; check the base url")
    finally:
        mail.close()


def test_a_path_that_is_none(stub):
    bad(stub.env(JOBMILL_LLM_OPENAI_URL=stub.url + "/v2"), "there is no such address; check the base url")


@pytest.mark.parametrize("wrong,said", [({"JOBMILL_LLM_OPENAI_URL": "api.openai.com/v1"}, "llm.openai.url: "), ({"JOBMILL_LLM_OPENAI_KEY": "sk a"}, "llm.openai.key: "),
                                        ({"JOBMILL_LLM_LETTER": "anthropic:claude-sonnet-4-5", "JOBMILL_LLM_ANTHROPIC_KEY": ""}, "llm.anthropic")])
def test_nothing_is_started_with_settings_that_every_worker_refuses(stub, tmp_path, wrong, said):
    env = {k: v for k, v in os.environ.items() if not k.startswith("JOBMILL_")}
    env = {**env, **stub.env(), **wrong, "JOBMILL_RUN_DIR": str(tmp_path)}
    r = subprocess.run([os.path.join(BIN, "jobmill"), "up"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    assert r.returncode in (1, 2) and said in r.stderr and len(r.stderr.strip().splitlines()) == 1, r.stderr
    assert "sk a" not in r.stderr


def test_embeddings_of_two_models_do_not_mix(stub):
    """Vectors of another model cannot be compared: offline is no fallback for them."""
    bad(stub.env("openai:text-embedding-3-small,offline"), "llm.embed", "same model")
