"""Any other server, described by a JSON file:

{"name": "other",
 "cmd": ["otherserver", "--sftp", "{port_sftp}", "--root", "{home}"],
 "env": {"RUST_LOG": "error"},
 "endpoints": {"sftp": {"port": "{port_sftp}"}, "http": {"port": "{port_http}"}}}

Placeholders: {home} {user} {password} {authorized_keys} {hostkey} {cert}
{certkey} {dir} (a private temp folder) and {port_X}, a free port per name X.
"config": {"name.toml": "text with placeholders"} writes files into {dir}.
A server that already runs: leave "cmd" out, give "pid" (for CPU and memory)
and, per endpoint, host, port, user, password, key.
"""
import json
import os
import re

from mftbench.fixture import free_port
from mftbench import acct
from .base import Endpoint, Peer


def make(path):
    with open(path) as f:
        spec = json.load(f)

    class External(Peer):
        name = spec["name"]

        @classmethod
        def available(cls):
            return True

        def start(self):
            fx, ports = self.fx, {}
            fixed = {"home": fx.home, "user": fx.user, "password": fx.password,
                     "authorized_keys": fx.authorized, "hostkey": fx.hostkey,
                     "cert": fx.cert, "certkey": fx.certkey, "dir": self.dir}

            def sub(text):
                def one(m):
                    k = m.group(1)
                    if k.startswith("port_"):
                        return str(ports.setdefault(k, 0) or ports.update({k: free_port()}) or ports[k])
                    return fixed[k]
                return re.sub(r"\{(port_\w+|%s)\}" % "|".join(fixed), one, str(text))

            for name, text in spec.get("config", {}).items():
                self.write(name, sub(text))
            self.pid = spec.get("pid")
            if "cmd" in spec:
                env = dict(os.environ)
                env.update({k: sub(v) for k, v in spec.get("env", {}).items()})
                self.spawn([sub(x) for x in spec["cmd"]], env=env,
                           cwd=spec.get("cwd"))
            for proto, e in spec["endpoints"].items():
                self.endpoints[proto] = Endpoint(
                    proto, int(sub(e["port"])), e.get("host", "127.0.0.1"),
                    sub(e.get("user", "{user}")), sub(e.get("password", "{password}")),
                    e.get("key", fx.key), e.get("opts", {}))

        def pids(self):
            return [self.pid] if self.pid else super().pids()

        def cpu(self):
            return acct.tree_cpu(self.pid) if self.pid else super().cpu()

    return External
