"""Causeway, configured as `init` leaves it, with the few changes that a comparison needs:

* the home is the one that all peers serve, and one account may log in;
* 20 path rules are judged before the global set decides;
* uploads are atomic, the log handler is the one of `init`;
* the installation, and with it the spool, is on a real disk (MFTBENCH_DISK,
  default /var/tmp), whatever the home is on.

MFTBENCH_CAUSEWAY names the binary. MFTBENCH_BEFORE names that of an earlier build, which is the peer `before`: the two in one
run, with `--ours causeway --against before`, say what a change did to speed.
"""
import os
import re
import shutil
import subprocess
import tempfile

from mftbench.fixture import free_port, sh
from .base import Peer


def set_option(text, section, option, value):
    """The INI text with one option of one section changed or added; the section may be new."""
    lines = text.splitlines()
    header = f"[{section}]"
    if header not in lines:
        return text.rstrip("\n") + f"\n\n{header}\n{option} = {value}\n"
    at = lines.index(header) + 1
    end = next((i for i in range(at, len(lines)) if lines[i].startswith("[")), len(lines))
    for i in range(at, end):
        if re.match(re.escape(option) + r"\s*[=:]", lines[i]):
            j = i + 1
            while j < end and lines[j][:1] in (" ", "\t"):
                j += 1
            lines[i:j] = [f"{option} = {value}"]
            break
    else:
        lines.insert(at, f"{option} = {value}")
    return "\n".join(lines) + "\n"


def ssh_service(text):
    """The section of the SSH service that `init` made."""
    for section in re.split(r"(?m)^(?=\[)", text):
        name = re.match(r"\[(services/[^\]]+)\]", section)
        if name and re.search(r"(?m)^type\s*[=:]\s*(ssh|sftp)\s*$", section):
            return name.group(1)
    raise RuntimeError("init made no SSH service")


class Causeway(Peer):
    name = "causeway"
    binary = "causeway"

    def version(self):
        return subprocess.run([self.find(), "--version"], capture_output=True, text=True).stdout.strip()

    def start(self):
        fx, port = self.fx, free_port()
        disk = os.environ.get("MFTBENCH_DISK", "/var/tmp")
        self.disk = tempfile.mkdtemp(prefix="mftbench-causeway-", dir=disk)
        root = os.path.join(self.disk, "root")
        # `init` becomes the account, which must be able to enter.
        os.chmod(self.disk, 0o755)
        sh(self.find(), "init", "--root", root, "--account", fx.user)
        path = os.path.join(root, "configuration", "server.ini")
        with open(path) as f:
            text = f.read()
        service = ssh_service(text)
        rules = ["allow-full-control"]
        rules += [f"/partner-{i:02}/*, allow-read, allow-list" for i in range(20)]
        changes = [
            ("server", "atomic_uploads", "Yes"),
            (service, "address", "127.0.0.1"),
            (service, "port", port),
            (service, "scp", "Yes"),
            ("groups/bench", "name", "bench"),
            ("groups/bench", "permissions", "\n    ".join(rules)),
            ("accounts/bench", "name", fx.user),
            ("accounts/bench", "group", "bench"),
            ("accounts/bench", "home_folder_path", fx.home),
            ("accounts/bench", "password", sh("openssl", "passwd", "-6", fx.password).strip()),
            ("accounts/bench", "ssh_authorized_keys_path", fx.authorized),
            # the link `null` of the home leads to /dev/null
            ("accounts/bench", "link_roots", "/dev"),
        ]
        for section, option, value in changes:
            text = set_option(text, section, option, value)
        with open(path, "w") as f:
            f.write(text)
        sh("chown", "-R", f"{fx.uid}:{fx.gid}", root)
        self.spawn([self.find(), "serve", "--root", root])
        self.add("sftp", port)
        self.add("scp", port)

    def stop(self):
        super().stop()
        shutil.rmtree(getattr(self, "disk", ""), ignore_errors=True)


class Before(Causeway):
    name = "before"
    binary = "before"
