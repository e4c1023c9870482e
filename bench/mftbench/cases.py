"""The cases. Each runs one measurement against one endpoint."""
import dataclasses
import json
import os
import re
import shutil
import subprocess
import time
import typing

GCM128, GCM256 = "aes128-gcm@openssh.com", "aes256-gcm@openssh.com"
CHACHA = "chacha20-poly1305@openssh.com"
# With the MAC that ssh_opts and sshfast name for it.
CTR256 = "aes256-ctr"
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclasses.dataclass
class Case:
    name: str
    protos: tuple
    run: typing.Callable          # (peer, endpoint, fixture) -> dict
    need: tuple = ()
    unit: str = "MiB/s"           # or "op/s"
    reps: typing.Optional[int] = None
    mem: bool = True


class Failed(Exception):
    pass


def go(cmd, inp=None, limit=300, ok=(0,), env=None):
    t = time.perf_counter()
    try:
        r = subprocess.run(cmd, input=inp, capture_output=True, text=True, timeout=limit, env=env)
    except subprocess.TimeoutExpired:
        raise Failed("timeout: " + " ".join(cmd)[:200])
    dt = time.perf_counter() - t
    if r.returncode not in ok:
        raise Failed(f"rc {r.returncode}: {(r.stderr or r.stdout)[-300:]}")
    return dt, r.stdout


def ssh_opts(ep, cipher=GCM128):
    o = ["-F", "none", "-q", "-i", ep.key]
    for k in ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null",
              "GlobalKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "BatchMode=yes",
              "LogLevel=ERROR", "PreferredAuthentications=publickey",
              "KexAlgorithms=curve25519-sha256", "Ciphers=" + cipher,
              "MACs=hmac-sha2-256-etm@openssh.com"):
        o += ["-o", k]
    return o


def sftp_cmd(ep, cipher=GCM128, extra=()):
    return ["sftp", *ssh_opts(ep, cipher), *extra, "-P", str(ep.port), "-b", "-",
            f"{ep.user}@{ep.host}"]


def uploaded(fx, name, size):
    p = fx.path("home", "up", name)
    got = os.path.getsize(p) if os.path.exists(p) else -1
    if got != size:
        raise Failed(f"upload left {got} bytes, not {size}")


def sftp_get(cipher, extra=()):
    def run(peer, ep, fx):
        dt, _ = go(sftp_cmd(ep, cipher, extra), "get big.bin /dev/null\n")
        return {"bytes": fx.size, "seconds": dt}
    return run


def sftp_put_null(peer, ep, fx):
    dt, _ = go(sftp_cmd(ep), f"put {fx.path('client', 'big.bin')} null\n")
    return {"bytes": fx.size, "seconds": dt}


def sftp_put(cipher, extra=()):
    def run(peer, ep, fx):
        dt, _ = go(sftp_cmd(ep, cipher, extra), f"put {fx.path('client', 'big.bin')} up/big.bin\n")
        uploaded(fx, "big.bin", fx.size)
        return {"bytes": fx.size, "seconds": dt}
    return run


def sftp_get_parallel(n, cipher=GCM128):
    def run(peer, ep, fx):
        t = time.perf_counter()
        ps = []
        for _ in range(n):
            p = subprocess.Popen(sftp_cmd(ep, cipher), stdin=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            p.stdin.write("get big.bin /dev/null\n")
            p.stdin.close()
            ps.append(p)
        rcs = [p.wait() for p in ps]
        dt = time.perf_counter() - t
        if any(rcs):
            raise Failed(f"rc {rcs}")
        return {"bytes": fx.size * n, "seconds": dt}
    return run


def sftp_small_get(peer, ep, fx):
    dst = fx.path("client", "got")
    os.mkdir(dst)
    try:
        dt, _ = go(sftp_cmd(ep), f"get -r small {dst}/\n")
        if len(os.listdir(dst + "/small")) != fx.small_n:
            raise Failed("files missing")
    finally:
        shutil.rmtree(dst)
    return {"bytes": 4096 * fx.small_n, "ops": fx.small_n, "seconds": dt}


def sftp_small_put(peer, ep, fx):
    # the folder exists: ProFTPD cannot resolve one that does not (put -r asks)
    os.mkdir(fx.path("home", "up", "small"))
    os.chown(fx.path("home", "up", "small"), fx.uid, fx.gid)
    dt, _ = go(sftp_cmd(ep), f"put -r {fx.path('client', 'small')} up/\n")
    if len(os.listdir(fx.path("home", "up", "small"))) != fx.small_n:
        raise Failed("files missing")
    return {"bytes": 4096 * fx.small_n, "ops": fx.small_n, "seconds": dt}


def sftp_ls(peer, ep, fx):
    dt, out = go(sftp_cmd(ep), "ls -1f many\n")
    if out.count("entry-") < fx.many_n:
        raise Failed(f"{out.count('entry-')} entries")
    return {"ops": fx.many_n, "seconds": dt}


def scp(direction, legacy):
    def run(peer, ep, fx):
        base = ["scp", "-O" if legacy else "-s", *ssh_opts(ep), "-P", str(ep.port)]
        remote = f"{ep.user}@{ep.host}:"
        if direction == "get":
            dst = "/dev/null"
            dt, _ = go(base + [remote + "big.bin", dst])
        else:
            dt, _ = go(base + [fx.path("client", "big.bin"), remote + "up/big.bin"])
            uploaded(fx, "big.bin", fx.size)
        return {"bytes": fx.size, "seconds": dt}
    return run


# ---- the cheap load client (sshfast/, built with cargo; MFTBENCH_SSHFAST=binary)

SSHFAST = os.environ.get("MFTBENCH_SSHFAST", "")


def fast(mode, conns=1, cipher=GCM128, n=300, by_key=True, **kv):
    def run(peer, ep, fx):
        if not SSHFAST:
            raise Failed("MFTBENCH_SSHFAST is not set")
        cmd = [SSHFAST, mode.split("-")[0], ep.host, str(ep.port), ep.user, ep.password]
        cmd += ["key=" + ep.key] if by_key else []
        cmd += [{"get": "big.bin", "put": "up/big.bin", "put-null": "null", "stat": "f4k.bin"}.get(mode, "-"),
                f"conns={conns}", "cipher=" + cipher]
        cmd += [f"{k}={v}" for k, v in kv.items()]
        if mode.startswith("put"):
            cmd.append(f"size={fx.size // conns}")
        if mode in ("login", "stat"):
            cmd.append(f"n={n}")
        _, out = go(cmd)
        j = json.loads(out)
        if mode[:3] in ("get", "put"):
            want = fx.size * conns if mode == "get" else fx.size
            if j["done"] != want:
                raise Failed(f"{j['done']} of {want} bytes")
            return {"bytes": want, "seconds": j["transfer_seconds"]}
        return {"ops": j["done"], "seconds": j["transfer_seconds"] or j["seconds"]}
    return run


def fast_idle(n):
    """Memory of n sessions that have an open sftp channel and say nothing."""
    def run(peer, ep, fx):
        if not SSHFAST:
            raise Failed("MFTBENCH_SSHFAST is not set")
        # the first sessions pay for what all share
        go([SSHFAST, "stat", ep.host, str(ep.port), ep.user, ep.password, "f4k.bin", "conns=4", "n=1",
            "key=" + ep.key])
        time.sleep(1)
        pss0, rss0 = peer.pss(), peer.rss()
        p = subprocess.Popen([SSHFAST, "idle", ep.host, str(ep.port), ep.user, ep.password,
                              "key=" + ep.key, f"conns={n}"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            line = p.stdout.readline()
            if not line:
                raise Failed(p.stderr.read()[-300:])
            time.sleep(2)
            pss1, rss1 = peer.pss(), peer.rss()
        finally:
            try:
                p.communicate("\n", timeout=60)
            except (subprocess.TimeoutExpired, BrokenPipeError, ValueError):
                p.kill()
        return {"ops": n, "seconds": json.loads(line)["seconds"],
                "pss_per_session_kib": (pss1 - pss0) / n / 1024,
                "rss_per_session_kib": (rss1 - rss0) / n / 1024}
    return run


# ---- FTP and HTTP

TLS_CIPHER = {"128": "TLS_AES_128_GCM_SHA256", "256": "TLS_AES_256_GCM_SHA384"}


def curl_base(ep, suite):
    c = ["curl", "-sS", "--fail", "-k"]
    if suite:
        c += ["--tls13-ciphers", TLS_CIPHER[suite], "--tlsv1.3"]
    if ep.proto.startswith("ftp"):
        c += ["--user", f"{ep.user}:{ep.password}", "--disable-eprt", "--ftp-method", "nocwd"]
        if ep.proto == "ftps":
            c += ["--ssl-reqd"]
    return c


def url(ep, path):
    scheme = {"ftp": "ftp", "ftps": "ftp", "ftpsi": "ftps"}.get(ep.proto, ep.proto)
    return f"{scheme}://{ep.host}:{ep.port}/{path}"


def curl_get(suite=None):
    def run(peer, ep, fx):
        dt, out = go(curl_base(ep, suite) + ["-o", "/dev/null", "-w", "%{size_download}",
                                             url(ep, "big.bin")])
        if int(out) != fx.size:
            raise Failed(f"{out} bytes")
        return {"bytes": fx.size, "seconds": dt}
    return run


def curl_put_null(suite=None):
    def run(peer, ep, fx):
        dt, _ = go(curl_base(ep, suite) + ["-T", fx.path("client", "big.bin"), url(ep, "null")])
        return {"bytes": fx.size, "seconds": dt}
    return run


def curl_put(suite=None):
    def run(peer, ep, fx):
        if ep.proto.startswith("http") and not ep.opts.get("put"):
            raise Failed("no PUT")
        dt, _ = go(curl_base(ep, suite) + ["-T", fx.path("client", "big.bin"),
                                           url(ep, "up/big.bin")])
        uploaded(fx, "big.bin", fx.size)
        return {"bytes": fx.size, "seconds": dt}
    return run


def lftp_cmd(ep, fx, script, env=None):
    s = "set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 20; "
    s += "set ssl:verify-certificate no; set ftp:use-feat yes; set ftp:prefer-epsv no; "
    s += "set mirror:set-permissions no; set mirror:use-pget-n 1; "
    if ep.proto == "sftp":
        s += f'set sftp:connect-program "ssh -a -x {" ".join(ssh_opts(ep))}"; '
        s += f"open -u {ep.user},x -p {ep.port} sftp://{ep.host}; "
    else:
        s += f"set ftp:ssl-allow {'no' if ep.proto == 'ftp' else 'yes'}; "
        s += f"set ftp:ssl-force {'no' if ep.proto == 'ftp' else 'yes'}; set ftp:ssl-protect-data yes; "
        scheme = "ftps" if ep.proto == "ftpsi" else "ftp"
        s += f"open -u {ep.user},{ep.password} -p {ep.port} {scheme}://{ep.host}; "
    return ["lftp", "--norc", "-c", s + script]


def lftp_small(direction, par=1):
    def run(peer, ep, fx):
        if direction == "get":
            dst = fx.path("client", "got")
            try:
                dt, _ = go(lftp_cmd(ep, fx, f"mirror -P {par} small {dst}"))
                if len(os.listdir(dst)) != fx.small_n:
                    raise Failed("files missing")
            finally:
                shutil.rmtree(dst, ignore_errors=True)
        else:
            dt, _ = go(lftp_cmd(ep, fx, f"mirror -R -P {par} {fx.path('client', 'small')} up/small"))
            if len(os.listdir(fx.path("home", "up", "small"))) != fx.small_n:
                raise Failed("files missing")
        return {"bytes": 4096 * fx.small_n, "ops": fx.small_n, "seconds": dt}
    return run


def lftp_small_tls(peer, ep, fx):
    """500 files only: lftp itself waits about 50 ms per data connection over
    TLS, with every server alike. Only the CPU column says anything."""
    n = min(500, fx.small_n)
    dst = fx.path("client", "got")
    try:
        dt, _ = go(lftp_cmd(ep, fx, f"mirror -P 1 -I 'f000[0-4]*' small {dst}"))
        if len(os.listdir(dst)) != n:
            raise Failed("files missing")
    finally:
        shutil.rmtree(dst, ignore_errors=True)
    return {"bytes": 4096 * n, "ops": n, "seconds": dt}


def lftp_get(peer, ep, fx):
    dt, _ = go(lftp_cmd(ep, fx, "set xfer:clobber yes; set xfer:use-temp-file no; get big.bin -o /dev/null"))
    return {"bytes": fx.size, "seconds": dt}


def ftp_list(peer, ep, fx):
    dt, out = go(curl_base(ep, None) + [url(ep, "many/")])
    if out.count("entry-") != fx.many_n:
        raise Failed(f"{out.count('entry-')} entries")
    return {"ops": fx.many_n, "seconds": dt}


def wrk(path, conns=32, secs=4):
    def run(peer, ep, fx):
        _, out = go(["wrk", "-t1", f"-c{conns}", f"-d{secs}s", url(ep, path)])
        n = int(re.search(r"(\d+) requests in", out).group(1))
        sec = float(re.search(r"requests in ([\d.]+)s", out).group(1))
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        if bad or not n:
            raise Failed(out[-200:])
        return {"ops": n, "seconds": sec}
    return run


# ---- SSH sessions

def driver(ep, n, par, mode, procs=2):
    from peers.pypeers import PYTHON
    out = []
    for i in range(procs):
        k = n // procs + (1 if i < n % procs else 0)
        out.append(subprocess.Popen(
            [PYTHON, os.path.join(HERE, "sshload.py"), ep.host, str(ep.port), ep.user, ep.key,
             str(k), str(par), mode],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    return out


def logins(n, par=4):
    def run(peer, ep, fx):
        ps = driver(ep, n, par, "login")
        res = []
        for p in ps:
            out, err = p.communicate(timeout=300)
            if p.returncode:
                raise Failed(err[-300:])
            res.append(json.loads(out))
        bad = sum(r["failed"] for r in res)
        if bad:
            raise Failed(f"{bad} failed: {res[0]['error'] or res[1]['error']}")
        return {"ops": n, "seconds": max(r["seconds"] for r in res),
                "p50_ms": max(r["p50_ms"] for r in res)}
    return run


def idle(n):
    def run(peer, ep, fx):
        time.sleep(0.5)
        pss0, rss0 = peer.pss(), peer.rss()
        ps = driver(ep, n, 8, "idle")
        res = []
        try:
            for p in ps:
                line = p.stdout.readline()
                if not line:
                    raise Failed(p.stderr.read()[-300:])
                res.append(json.loads(line))
            for p in ps:
                p.stdout.readline()
            time.sleep(0.5)
            pss1, rss1 = peer.pss(), peer.rss()
        finally:
            for p in ps:
                try:
                    p.communicate("\n", timeout=60)
                except (subprocess.TimeoutExpired, BrokenPipeError, ValueError):
                    p.kill()
        bad = sum(r["failed"] for r in res)
        if bad:
            raise Failed(f"{bad} failed: {[r['error'] for r in res if r['error']][0]}")
        return {"ops": n, "seconds": max(r["seconds"] for r in res),
                "pss_per_session_kib": (pss1 - pss0) / n / 1024,
                "rss_per_session_kib": (rss1 - rss0) / n / 1024}
    return run


def active(n):
    def run(peer, ep, fx):
        ps = driver(ep, n, 8, "stat")
        res = []
        for p in ps:
            out, err = p.communicate(timeout=300)
            if p.returncode:
                raise Failed(err[-300:])
            res.append(json.loads(out))
        if sum(r["failed"] for r in res):
            raise Failed(str(res))
        return {"ops": sum(r["stat_ops"] for r in res),
                "seconds": max(r["stat_seconds"] for r in res)}
    return run


BIG, SMALL, MANY = ("big",), ("small",), ("many",)
CASES = [
    Case("sftp-get-aes128gcm", ("sftp",), sftp_get(GCM128), BIG),
    Case("sftp-put-aes128gcm", ("sftp",), sftp_put(GCM128), BIG),
    Case("sftp-put-null", ("sftp",), sftp_put_null, BIG),
    Case("sftp-get-aes256gcm", ("sftp",), sftp_get(GCM256), BIG),
    Case("sftp-put-aes256gcm", ("sftp",), sftp_put(GCM256), BIG),
    Case("sftp-get-chacha20", ("sftp",), sftp_get(CHACHA), BIG),
    Case("sftp-put-chacha20", ("sftp",), sftp_put(CHACHA), BIG),
    Case("sftp-get-aes256ctr", ("sftp",), sftp_get(CTR256), BIG),
    Case("sftp-put-aes256ctr", ("sftp",), sftp_put(CTR256), BIG),
    Case("sftp-get-b32k", ("sftp",), sftp_get(GCM128, ("-B", "32768")), BIG),
    Case("sftp-get-4par", ("sftp",), sftp_get_parallel(4), BIG),
    Case("sftp-small-get", ("sftp",), sftp_small_get, SMALL, "op/s"),
    Case("sftp-small-put", ("sftp",), sftp_small_put, SMALL, "op/s"),
    Case("sftp-lftp-get", ("sftp",), lftp_small("get"), SMALL, "op/s"),
    Case("sftp-lftp-put", ("sftp",), lftp_small("put"), SMALL, "op/s"),
    Case("sftp-ls-100k", ("sftp",), sftp_ls, MANY, "op/s"),
    Case("scp-get", ("scp",), scp("get", False), BIG),
    Case("scp-put", ("scp",), scp("put", False), BIG),
    Case("scpO-get", ("scp",), scp("get", True), BIG),
    Case("scpO-put", ("scp",), scp("put", True), BIG),
    Case("ssh-logins", ("sftp",), logins(200), (), "op/s"),
    Case("ssh-idle-100", ("sftp",), idle(100), (), "op/s", 1),
    Case("ssh-idle-500", ("sftp",), idle(500), (), "op/s", 1),
    Case("ssh-active-100", ("sftp",), active(100), (), "op/s"),
    Case("fast-get", ("sftp",), fast("get"), BIG),
    Case("fast-put", ("sftp",), fast("put"), BIG),
    Case("fast-put-null", ("sftp",), fast("put-null"), BIG),
    Case("fast-get-32k", ("sftp",), fast("get", req=32768), BIG),
    Case("fast-put-32k", ("sftp",), fast("put", req=32768), BIG),
    Case("fast-get-bigpkt", ("sftp",), fast("get", pkt=262144, window=16 << 20), BIG),
    Case("fast-get-4par", ("sftp",), fast("get", 4), BIG),
    Case("fast-get-aes256", ("sftp",), fast("get", 1, GCM256), BIG),
    Case("fast-get-chacha20", ("sftp",), fast("get", 1, CHACHA), BIG),
    Case("fast-put-chacha20", ("sftp",), fast("put", 1, CHACHA), BIG),
    Case("fast-get-aes256ctr", ("sftp",), fast("get", 1, CTR256), BIG),
    Case("fast-put-aes256ctr", ("sftp",), fast("put", 1, CTR256), BIG),
    Case("fast-logins", ("sftp",), fast("login", 4, n=400, by_key=False), (), "op/s"),
    Case("fast-logins-key", ("sftp",), fast("login", 4, n=400), (), "op/s"),
    Case("fast-idle-1000", ("sftp",), fast_idle(1000), (), "op/s", 1),
    Case("fast-stat", ("sftp",), fast("stat", 1, n=20000), (), "op/s"),
    Case("ftp-get", ("ftp",), curl_get(), BIG),
    Case("ftp-put", ("ftp",), curl_put(), BIG),
    Case("ftp-lftp-get-big", ("ftp",), lftp_get, BIG),
    Case("ftps-get-128", ("ftps",), curl_get("128"), BIG),
    Case("ftps-put-128", ("ftps",), curl_put("128"), BIG),
    Case("ftp-put-null", ("ftp",), curl_put_null(), BIG),
    Case("ftps-put-null-128", ("ftps",), curl_put_null("128"), BIG),
    Case("ftps-get-256", ("ftps",), curl_get("256"), BIG),
    Case("ftps-put-256", ("ftps",), curl_put("256"), BIG),
    Case("ftpsi-get-256", ("ftpsi",), curl_get("256"), BIG),
    Case("ftpsi-put-256", ("ftpsi",), curl_put("256"), BIG),
    Case("ftp-small-get", ("ftp",), lftp_small("get"), SMALL, "op/s"),
    Case("ftp-small-put", ("ftp",), lftp_small("put"), SMALL, "op/s"),
    Case("ftps-small-get", ("ftps",), lftp_small_tls, SMALL, "op/s"),
    Case("ftp-ls-100k", ("ftp",), ftp_list, MANY, "op/s"),
    Case("http-get", ("http",), curl_get(), BIG),
    Case("https-get-128", ("https",), curl_get("128"), BIG),
    Case("https-get-256", ("https",), curl_get("256"), BIG),
    Case("http-put", ("http",), curl_put(), BIG),
    Case("https-put-256", ("https",), curl_put("256"), BIG),
    Case("http-rps-4k", ("http",), wrk("f4k.bin"), (), "op/s"),
    Case("https-rps-4k", ("https",), wrk("f4k.bin"), (), "op/s"),
]
