"""ssh-audit: prints what it finds wrong, one finding a line: kind, algorithm, level, words."""
import json
import subprocess
import sys

from common import HOST, PORT

command = [sys.executable, "-m", "ssh_audit.ssh_audit", "-j", "--skip-rate-test", "-p", str(PORT), HOST]
# Its exit code says how bad the worst finding is.
report = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)
assert report["kex"] and report["key"] and report["enc"] and report["mac"], "it did not get through"
assert not report["cves"], report["cves"]
for kind in ("kex", "key", "enc", "mac"):
    for algorithm in report[kind]:
        for level in ("fail", "warn"):
            for words in algorithm.get("notes", {}).get(level, []):
                print(kind, algorithm["algorithm"], level, words)
