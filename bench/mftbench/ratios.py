"""Ratios of one server to another with their 95 % bounds, and the gates.

Round i of a case gives one pair, measured within seconds of each other; the
logarithms of its ratios are averaged, and Student's t gives the one-sided
95 % bound: the lower one for throughput, the upper one for what CPU costs.
"""
import math
import statistics

# case: (throughput at least, CPU at most), both as ratios to OpenSSH
GATES = {
    "fast-get": (2.5, 0.30),
    "fast-get-32k": (2.2, 0.33),
    "fast-get-4par": (2.0, 0.33),
    "fast-get-chacha20": (1.1, 0.60),
    "fast-put": (1.1, 0.40),
    "fast-put-null": (2.5, 0.25),
    "fast-put-chacha20": (1.1, 0.60),
    "fast-get-aes256ctr": (1.0, 1.0),
    "fast-put-aes256ctr": (1.0, 1.0),
    "fast-logins-key": (5.0, 0.08),
    "sftp-get-aes128gcm": (1.1, None),
    "sftp-put-aes128gcm": (1.1, None),
    "sftp-small-get": (1.1, 0.55),
    "sftp-small-put": (1.1, 0.55),
    "sftp-ls-100k": (1.1, 0.50),
    "scpO-get": (1.1, 0.35),
    "scpO-put": (1.1, 0.35),
    "fast-idle-1000": (None, None),
}
# PSS of one idle session among 1,000, in KiB
IDLE_KIB = 40

# one-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom
T95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761,
       1.753, 1.746, 1.740, 1.734, 1.729, 1.725)


def bounded(ours, theirs):
    """(ratio, lower bound, upper bound) of paired values; no bounds from one pair."""
    logs = [math.log(a / b) for a, b in zip(ours, theirs) if a > 0 and b > 0]
    if not logs:
        return None
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(mean), None, None
    t = T95[min(len(logs) - 2, len(T95) - 1)]
    half = t * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def row(name, case, ours, against):
    """The cells of one case and whether it holds its gates."""
    mine, peer = case["rounds"][ours], case["rounds"][against]
    cost = "cpu_per_gib" if case["unit"] == "MiB/s" else "cpu_us_per_op"
    rate = bounded([r["rate"] for r in mine], [r["rate"] for r in peer])
    cpu = bounded([r[cost] for r in mine], [r[cost] for r in peer])
    least, most = GATES.get(name, (None, None))
    good = True
    cells = [name, str(min(len(mine), len(peer)))]
    for value, limit, bound in ((rate, least, 1), (cpu, most, 2)):
        if value is None:
            cells += ["-", "-", "-"]
            continue
        edge = value[bound] if value[bound] is not None else value[0]
        if limit is not None:
            good = good and (edge >= limit if bound == 1 else edge <= limit)
        cells += [f"{value[0]:.2f}", f"{edge:.2f}", "-" if limit is None else f"{limit:.2f}"]
    idle = statistics.median(r.get("pss_per_session_kib", 0) for r in mine)
    if idle:
        good = good and idle <= IDLE_KIB
        cells[0] += f" ({idle:.1f} KiB a session, at most {IDLE_KIB})"
    return cells, good


def report(result, ours, against):
    """Prints the table; True when every gate holds (or there is nothing to compare)."""
    rows, all_good = [], True
    for name, case in result["cases"].items():
        rounds = case.get("rounds", {})
        if ours in rounds and against in rounds:
            cells, good = row(name, case, ours, against)
            rows.append(cells + ["ok" if good else "SHORT"])
            all_good = all_good and good
    if not rows:
        return True
    print(f"\n{ours} to {against}: ratios with their one-sided 95 % bounds\n")
    print("| case | pairs | throughput | at least | gate >= | CPU | at most | gate <= | |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
    for cells in rows:
        print("| " + " | ".join(cells) + " |")
    return all_good
