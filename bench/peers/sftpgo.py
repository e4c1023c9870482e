"""SFTPGo, when a binary is at hand: SFTPGO_BIN=/path/to/sftpgo.

Uses `sftpgo portable`, which needs no data provider; the few settings that it
takes only from a configuration file are written to sftpgo.json. Written from
its public manual and never run against a binary: check the flags with
`sftpgo portable --help` when it is first used.
"""
import json
import os
import subprocess

from mftbench.fixture import free_port
from .base import Peer


class SFTPGo(Peer):
    name = "sftpgo"

    @classmethod
    def find(cls):
        b = os.environ.get("SFTPGO_BIN", "")
        return b if os.access(b, os.X_OK) else None

    def version(self):
        return subprocess.run([self.find(), "--version"], capture_output=True,
                              text=True).stdout.strip()

    def start(self):
        fx = self.fx
        sftp, ftp, dav = free_port(), free_port(), free_port()
        self.write("sftpgo.json", json.dumps({
            "common": {"upload_mode": 0, "idle_timeout": 0, "max_total_connections": 0},
            "sftpd": {"host_keys": [fx.hostkey], "max_auth_tries": 0},
            "ftpd": {"passive_port_range": {"start": 33000, "end": 35000}},
        }))
        with open(fx.key + ".pub") as f:
            pub = f.read().strip()
        self.spawn([self.find(), "portable", "-c", self.dir, "--config-file", "sftpgo.json",
                    "--username", fx.user, "--password", fx.password, "--public-key", pub,
                    "--directory", fx.home, "--permissions", "*",
                    "--sftpd-port", str(sftp), "--ftpd-port", str(ftp),
                    "--ftpd-cert", fx.cert, "--ftpd-key", fx.certkey,
                    "--webdav-port", str(dav), "--log-level", "error",
                    "--ssh-commands", "scp"], cwd=self.dir)
        self.add("sftp", sftp)
        self.add("ftp", ftp)
        self.add("ftps", ftp)
