#!/usr/bin/env python3
"""Side-by-side benchmark of file transfer servers on loopback.

  bench.py list
  bench.py run [--peers a,b] [--external spec.json]... [--cases glob,glob|@gates]
               [--reps 3] [--size-mib 1024] [--json out.json]
               [--ours causeway] [--against openssh]
  bench.py limits [--json out.json]
  bench.py accounts [--accounts 100000] [--reps 5] [--json out.json]
  bench.py line [--peers a,b] [--round-trips 100,200] [--reps 3] [--json out.json]
  bench.py ratios out.json
  bench.py markdown out.json...

Peers are all started first; each case then runs A B A B ... (the order turns
by one each round), so that slow drift of the machine hits all alike. Compare
ratios within one run; CPU seconds per GiB is the steadiest figure. At the end of
a run with both --ours and --against the ratios are printed with their 95 %
bounds, beside the gates.
"""
import argparse
import fnmatch
import json
import os
import platform
import resource
import signal
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peers                                      # noqa: E402
from peers.external import make as external       # noqa: E402
from mftbench import accounts, acct, cases, fixture, ratios  # noqa: E402


def one(case, peer, fx):
    ep = peer.endpoints[[p for p in case.protos if p in peer.endpoints][0]]
    fx.clear_up()
    fx.check()
    time.sleep(0.1)
    if "put" in case.name and "big" in case.need and "null" not in case.name:
        fx.warm()
    sampler = acct.Sampler(peer.pids(), 0.2)
    r0 = resource.getrusage(resource.RUSAGE_CHILDREN)
    c0 = peer.cpu()
    sampler.start()
    try:
        res = case.run(peer, ep, fx)
    finally:
        peak = sampler.finish()
    r1 = resource.getrusage(resource.RUSAGE_CHILDREN)
    # let the server finish what the client no longer waits for
    last, end = peer.cpu(), time.time() + 2
    while time.time() < end:
        time.sleep(0.1)
        now = peer.cpu()
        if now - last < 0.002:
            break
        last = now
    res["server_cpu"] = peer.cpu() - c0
    res["client_cpu"] = (r1.ru_utime + r1.ru_stime) - (r0.ru_utime + r0.ru_stime)
    res["peak_rss_mib"] = peak / 2**20
    if case.unit == "MiB/s":
        res["rate"] = res["bytes"] / 2**20 / res["seconds"]
        res["cpu_per_gib"] = res["server_cpu"] / (res["bytes"] / 2**30)
    else:
        res["rate"] = res["ops"] / res["seconds"]
        res["cpu_us_per_op"] = 1e6 * res["server_cpu"] / res["ops"]
    return res


def summary(rs):
    out = {"n": len(rs)}
    for k in sorted({k for r in rs for k in r}):
        v = [r[k] for r in rs if r.get(k) is not None]
        out[k] = statistics.median(v)
        if k == "rate":
            out["rate_min"], out["rate_max"] = min(v), max(v)
    return out


def table(case, rows):
    unit = case.unit
    cost = "CPU-s/GiB" if unit == "MiB/s" else "CPU-us/op"
    best = max(r["rate"] for r in rows.values())
    cheap = min(r.get("cpu_per_gib", r.get("cpu_us_per_op")) for r in rows.values())
    print(f"\n{case.name}")
    print(f"  {'peer':14} {unit:>9} {'min':>8} {'max':>8} {'ratio':>6} {cost:>10} {'ratio':>6} {'cli CPU':>8} {'peakRSS':>8}")
    for name, r in sorted(rows.items(), key=lambda x: -x[1]["rate"]):
        c = r.get("cpu_per_gib", r.get("cpu_us_per_op"))
        print(f"  {name:14} {r['rate']:9.0f} {r['rate_min']:8.0f} {r['rate_max']:8.0f} "
              f"{r['rate'] / best:6.2f} {c:10.3f} {c / cheap if cheap else 0:6.2f} {r['client_cpu']:8.2f} "
              f"{r['peak_rss_mib']:7.1f}M"
              + (f"  pss/session {r['pss_per_session_kib']:.0f} KiB" if "pss_per_session_kib" in r else "")
              + (f"  p50 {r['p50_ms']:.1f} ms" if "p50_ms" in r else ""))
    sys.stdout.flush()


def machine():
    cpu = ""
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    return {"cpu": cpu, "cores": os.cpu_count(), "kernel": platform.release(),
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def run(a):
    classes = []
    for n in (a.peers.split(",") if a.peers is not None else peers.ALL):
        if not n:
            continue
        c = peers.ALL[n]
        if c.available():
            classes.append(c)
        else:
            print(f"# {n}: not installed, left out")
    classes += [external(p) for p in a.external]
    globs = list(ratios.GATES) if a.cases == "@gates" else a.cases.split(",")
    todo = [c for c in cases.CASES if any(fnmatch.fnmatch(c.name, g) for g in globs)]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    result = {"machine": machine(), "size_mib": a.size_mib, "versions": {}, "cases": {}, "errors": {}}
    live = []
    fx = fixture.Fixture(a.root, a.size_mib, a.small, a.many)
    try:
        fx.data({n for c in todo for n in c.need})
        for c in classes:
            p = c(fx)
            live.append(p)
            try:
                p.start()
                p.wait_up()
                result["versions"][p.name] = p.version()
            except Exception as e:          # a peer that fails must not stop the others
                print(f"# {p.name}: {str(e)[:300]}")
                result["errors"][p.name] = str(e)
                p.stop()
                live.remove(p)
        for case in todo:
            who = [p for p in live if any(x in p.endpoints for x in case.protos)]
            raw = {p.name: [] for p in who}
            reps = min(a.reps, case.reps) if case.reps else a.reps
            for rep in range(reps):
                order = who[rep % len(who):] + who[:rep % len(who)] if who else []
                for p in order:
                    if raw.get(p.name) is None:
                        continue
                    try:
                        raw[p.name].append(one(case, p, fx))
                    except cases.Failed as e:
                        print(f"# {case.name} {p.name}: {e}")
                        result["errors"][f"{case.name}/{p.name}"] = str(e)
                        raw[p.name] = None
            rows = {n: summary(v) for n, v in raw.items() if v}
            if rows:
                result["cases"][case.name] = {"unit": case.unit, "peers": rows,
                                              "rounds": {n: v for n, v in raw.items() if v}}
                table(case, rows)
            if a.json:
                with open(a.json, "w") as f:
                    json.dump(result, f, indent=1, sort_keys=True)
    finally:
        for p in live:
            p.stop()
        fx.close()
    return 0 if ratios.report(result, a.ours, a.against) else 1


def markdown(files):
    """Tables of one or more result files, for a report."""
    for path in files:
        with open(path) as f:
            res = json.load(f)
        for name, c in res["cases"].items():
            mib = c["unit"] == "MiB/s"
            rows = sorted(c["peers"].items(), key=lambda x: -x[1]["rate"])
            best = rows[0][1]["rate"]
            print(f"\n**{name}** ({c['unit']}, {max(r['n'] for _, r in rows)} runs)\n")
            extra = "pss_per_session_kib" in rows[0][1]
            print(f"| server | {c['unit']} | min-max | ratio | {'CPU-s/GiB' if mib else 'CPU us/op'} | peak RSS MiB |"
                  + (" PSS KiB/session |" if extra else ""))
            print("| --- | ---: | ---: | ---: | ---: | ---: |" + (" ---: |" if extra else ""))
            for n, r in rows:
                cost = f"{r['cpu_per_gib']:.2f}" if mib else f"{r['cpu_us_per_op']:.0f}"
                print(f"| {n} | {r['rate']:.0f} | {r['rate_min']:.0f}-{r['rate_max']:.0f} | {r['rate'] / best:.2f} "
                      f"| {cost} | {r['peak_rss_mib']:.0f} |"
                      + (f" {r['pss_per_session_kib']:.0f} |" if extra else ""))
    return 0


def main():
    # so that a stopped run still ends its servers and removes its user
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(dest="cmd", required=True)
    sub.add_parser("list")
    r = sub.add_parser("run")
    r.add_argument("--peers", help="comma list; default all that are installed; '' for none")
    r.add_argument("--external", action="append", default=[], help="JSON spec of another server")
    r.add_argument("--cases", default="*")
    r.add_argument("--reps", type=int, default=3)
    r.add_argument("--size-mib", type=int, default=1024)
    r.add_argument("--small", type=int, default=5000)
    r.add_argument("--many", type=int, default=100000)
    r.add_argument("--root", help="where the temp folder goes (default /dev/shm)")
    r.add_argument("--json")
    r.add_argument("--ours", default="causeway")
    r.add_argument("--against", default="openssh")
    q = sub.add_parser("ratios", help="the ratios of a result file once more")
    q.add_argument("file")
    q.add_argument("--ours", default="causeway")
    q.add_argument("--against", default="openssh")
    m = sub.add_parser("markdown")
    m.add_argument("files", nargs="+")
    n = sub.add_parser("accounts", help="a configuration with many accounts; Causeway alone")
    n.add_argument("--accounts", type=int, default=100000)
    n.add_argument("--reps", type=int, default=5)
    n.add_argument("--json")
    lo = sub.add_parser("line", help="one stream over a line with a delay, beside raw TCP")
    lo.add_argument("--peers", default="causeway,openssh")
    lo.add_argument("--round-trips", default="100,200", help="in milliseconds")
    lo.add_argument("--reps", type=int, default=3)
    lo.add_argument("--size-mib", type=int, default=1024)
    lo.add_argument("--json")
    li = sub.add_parser("limits")
    li.add_argument("--json")
    a = ap.parse_args()
    if a.cmd == "list":
        for n, c in peers.ALL.items():
            print(f"peer {n:14} {'yes' if c.available() else 'not installed'}")
        for c in cases.CASES:
            print(f"case {c.name:20} {'/'.join(c.protos):6} {c.unit}")
        return 0
    if a.cmd == "ratios":
        with open(a.file) as f:
            return 0 if ratios.report(json.load(f), a.ours, a.against) else 1
    if a.cmd == "accounts":
        return accounts.measure(a.accounts, a.reps, a.json)
    if a.cmd == "line":
        from mftbench import line
        return line.measure(a.peers.split(","), [int(ms) for ms in a.round_trips.split(",")], a.reps, a.size_mib, a.json)
    if a.cmd == "markdown":
        return markdown(a.files)
    if a.cmd == "limits":
        from mftbench import limits
        return limits.main(a.json, machine())
    return run(a)


if __name__ == "__main__":
    sys.exit(main())
