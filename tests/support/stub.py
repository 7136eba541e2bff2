"""The stand-in for model providers (tests/stub_llm) as a process of a test."""
import os
import subprocess

import requests

from support.db import ROOT

PROGRAM = os.environ.get("JOBMILL_STUB", os.path.join(ROOT, "build/dev/tests/stub_llm"))
FAULTS = "wrong_count rate_limit quota bad_key server html unavailable overloaded hang reset truncate bad_json ok_error no_usage".split()


class Stub:
    def __init__(self, *settings, processes=1):
        self.child = subprocess.Popen([PROGRAM, "--port", "0", "--processes", str(processes), *settings], stdout=subprocess.PIPE, text=True)
        self.url = self.child.stdout.readline().split()[-1]

    def env(self, embed="openai:text-embedding-3-small", **more):
        """Settings of a fleet whose embeddings come from here; everything else stays offline unless `more` says otherwise."""
        return {"JOBMILL_LLM_OPENAI_URL": self.url + "/v1", "JOBMILL_LLM_OPENAI_KEY": "key-of-a-test", "JOBMILL_LLM_ANTHROPIC_URL": self.url,
                "JOBMILL_LLM_ANTHROPIC_KEY": "key-of-a-test", "JOBMILL_LLM_ANALYZE": "offline", "JOBMILL_LLM_OPTIMIZE": "offline",
                "JOBMILL_LLM_LETTER": "offline", "JOBMILL_LLM_EMBED": embed, **more}

    def page(self):
        return requests.get(self.url + "/admin", timeout=10).json()

    def set(self, **values):
        """fault_NAME sets fault.NAME."""
        body = {k.replace("fault_", "fault."): v for k, v in values.items()}
        r = requests.put(self.url + "/admin/settings", json=body, timeout=10)
        assert r.status_code < 300, r.text

    def heal(self, latency="5"):
        self.set(latency=latency, script="", hold=0, **{"fault_" + f: 0 for f in FAULTS})

    def reset(self):
        r = requests.post(self.url + "/admin/reset", timeout=10)
        assert r.status_code < 300, r.text

    def stop(self):
        self.child.terminate()
        self.child.wait(10)
