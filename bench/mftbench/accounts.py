"""A configuration with many accounts: how long it takes to check, what an account costs, how long one change takes.

The server is Causeway alone (MFTBENCH_CAUSEWAY names the binary): others read no such file. The folder is on the disk
that MFTBENCH_DISK names (default /var/tmp).
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

from peers.causeway import set_option, ssh_service
from .fixture import free_port, sh

USER = "nobody"
# What a changed file must stay unchanged for before it is read (server/watch.rs).
SETTLED = 0.3
LIMIT = 60
HASH = "$6$saltsalt$aFZiw1ugIjjbnT2vGNcKYYZxFZ6uPGEqMd6WCSwdKCjv4FUykz0MNwVSTAMbu0ALjMAYxRv9sEZoSRl4nFD1x0"


def identity(n):
    return f"{n:08x}-0b7d-4cdd-9f5e-6d1c1f0f9a11"


def sections(count):
    """Accounts as partners have them: a hash, rules of their own."""
    return "".join(
        f"\n[accounts/{identity(n)}]\nname = partner-{n}\ntype = application\ndescription = Partner number {n}\n"
        f"group = DEFAULT_GROUP\ncreate_home_folder = Inherit\npassword = {HASH}\n"
        "permissions =\n    allow-list, allow-read\n    /inbox/*, allow-full-control\n" for n in range(count))


class Installation:
    def __init__(self, binary, count):
        self.binary, self.server = binary, None
        self.folder = tempfile.mkdtemp(prefix="mftbench-accounts-", dir=os.environ.get("MFTBENCH_DISK", "/var/tmp"))
        os.chmod(self.folder, 0o755)
        self.root = os.path.join(self.folder, "root")
        self.path = os.path.join(self.root, "configuration", "server.ini")
        sh(binary, "init", "--root", self.root, "--account", USER)
        with open(self.path) as f:
            text = f.read()
        service = ssh_service(text)
        self.port = free_port()
        text = set_option(text, service, "address", "127.0.0.1")
        self.text = set_option(text, service, "port", self.port) + sections(count)
        self.write(self.text)

    def write(self, text):
        """As an editor does it: a new file takes the place of the old one."""
        new = self.path + ".edited"
        with open(new, "w") as f:
            f.write(text)
        shutil.copymode(self.path, new)
        owner = os.stat(self.path)
        os.chown(new, owner.st_uid, owner.st_gid)
        os.rename(new, self.path)

    def run(self, *words):
        began = time.monotonic()
        done = subprocess.run([self.binary, *words, "--root", self.root], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout[-500:]}{done.stderr[-500:]}")
        return time.monotonic() - began

    def start(self):
        sh("chown", "-R", USER, self.root)
        self.server = subprocess.Popen([self.binary, "serve", "--root", self.root], stdout=subprocess.DEVNULL,
                                       stderr=open(os.path.join(self.folder, "stderr"), "w"))
        self.wait_for("status", lambda: subprocess.run([self.binary, "status", "--root", self.root],
                                                       capture_output=True).returncode == 0)
        time.sleep(1)

    def wait_for(self, what, is_so):
        end = time.monotonic() + LIMIT
        while not is_so():
            if time.monotonic() > end or (self.server and self.server.poll() is not None):
                raise RuntimeError(f"{what}: no sign of it")
            time.sleep(0.002)

    def memory(self):
        with open(f"/proc/{self.server.pid}/smaps_rollup") as f:
            return sum(int(line.split()[1]) for line in f if line.startswith("Private_")) * 1024

    def edit(self, n, marker):
        """Seconds from the new file to the event that says it is applied, beyond the time that files must rest."""
        old = f"description = Partner number {n}\n"
        text = self.text.replace(old, f"description = {marker}\n", 1)
        with open(os.path.join(self.root, "log", "server.log")) as log:
            log.seek(0, os.SEEK_END)
            seen = []
            self.write(text)
            began = time.monotonic()
            self.wait_for("the change", lambda: seen.append(log.read()) or marker in "".join(seen[-3:]))
            return time.monotonic() - began - SETTLED

    def close(self):
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(LIMIT)
        shutil.rmtree(self.folder, ignore_errors=True)


def measure(count, reps, out):
    binary = os.environ.get("MFTBENCH_CAUSEWAY", "causeway")
    small = Installation(binary, 1)
    try:
        small.start()
        least = small.memory()
    finally:
        small.close()
    many = Installation(binary, count)
    try:
        checks = [many.run("check") for _ in range(reps)]
        many.start()
        memory = (many.memory() - least) / count
        edits = [many.edit(count * (rep + 1) // (reps + 2), f"edited {rep}") for rep in range(reps)]
        after = (many.memory() - least) / count
        commands = [many.run("account", "set", f"partner-{rep}", f"description=commanded {rep}")
                    for rep in range(reps)]
    finally:
        many.close()
    result = {"accounts": count, "bytes": len(many.text), "check_s": checks, "edit_s": edits, "command_s": commands,
              "bytes_per_account": round(memory), "bytes_per_account_after_edits": round(after)}
    print(f"{count} accounts, {len(many.text)} bytes of server.ini")
    for name, what in (("check_s", "check"), ("edit_s", "one edit of the file, beyond the 0.3 s that it must rest"),
                       ("command_s", "one command")):
        times = result[name]
        print(f"{what}: median {statistics.median(times):.3f} s ({min(times):.3f} to {max(times):.3f})")
    print(f"memory: {memory:.0f} bytes per account at the start, {after:.0f} after {reps} edits")
    if out:
        with open(out, "w") as f:
            json.dump(result, f, indent=1)
    return 0
