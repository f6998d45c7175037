"""Measures the signaling server side by side with others; see docs/performance.md.

Servers of one workload take turns, round after round, so that whatever else the machine does hits all of them; what
counts is the median of the rounds. Every message is checked while it is measured.
"""

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import report
from cases import GROUPS, NODE_PEERS, Case, Server, unlimited

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]
RUN_TIMEOUT = 90  # seconds, for one workload against one server
SHORT_SERVERS = ("signaling", "signaling-session", "signaling-io", "limit")
SHORT = {"connections": "200", "bystanders": "200"}
TARGETS = ["signaling-server", "bench_loadgen", "bench_epoll_relay", "bench_beast_relay"]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each server does each workload (5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="measured in each round, after half a second (2)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "report", help="folder of the results")
    parser.add_argument("--uwebsockets", type=Path, help="a checkout with uSockets inside or beside it")
    parser.add_argument("--only", default="", help="regular expression for the names of workloads or groups")
    parser.add_argument("--servers", default="", help="regular expression for the names of servers")
    parser.add_argument("--short", action="store_true", help="one round of a moment each, ours and the limit")
    parser.add_argument("--build-dir", type=Path, default=ROOT / "build" / "bench", help="release build to make")
    parser.add_argument("--bin", type=Path, help="take the programs from here, and build nothing")
    parser.add_argument("--server", type=Path, help="signaling-server, if not the one in --bin")
    parser.add_argument("--no-pin", action="store_true", help="leave the choice of the core to the kernel")
    parser.add_argument("--list", action="store_true", help="name the workloads and servers, and stop")
    return parser.parse_args()


def build(arguments: argparse.Namespace) -> Path:
    configure = [
        str(ROOT / "cmake" / "configure.sh"),
        *("release", "-B", str(arguments.build_dir), "-DSIGNALING_BUILD_TESTS=ON"),
        f"-DSIGNALING_UWEBSOCKETS={arguments.uwebsockets.resolve() if arguments.uwebsockets else ''}",
    ]
    subprocess.run(configure, check=True)
    targets = TARGETS + (["bench_uws_relay"] if arguments.uwebsockets else [])
    subprocess.run(["cmake", "--build", str(arguments.build_dir), "--target", *targets], check=True)
    if not (NODE_PEERS / "node_modules").is_dir() and shutil.which("npm"):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=NODE_PEERS, check=True)
    return arguments.build_dir / "bin"


def make_certificate(folder: str) -> tuple[str, str]:
    certificate, key = f"{folder}/certificate.pem", f"{folder}/key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=bench", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return certificate, key


def pin(core: int) -> None:
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[core]})


class Bench:
    """Starts servers and the load generator against them."""

    def __init__(self, arguments: argparse.Namespace, bins: Path, certificate: tuple[str, str]):
        self.arguments = arguments
        self.bins = bins
        self.server = arguments.server or bins / "signaling-server"
        self.limits = unlimited(self.server)
        self.certificate = certificate
        self.pins = not arguments.no_pin and len(os.sched_getaffinity(0)) >= 2

    def can_run(self, server: Server) -> bool:
        if server.program.endswith(".mjs"):
            return shutil.which("node") is not None and (NODE_PEERS / "node_modules").is_dir()
        return (self.server if server.program == "signaling-server" else self.bins / server.program).exists()

    def measure(self, case: Case, server: Server) -> dict:
        command = server.command(self.bins, [str(self.server), *self.limits], self.certificate if case.tls else None)
        pinned = self.pins and server.pins
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            preexec_fn=(lambda: pin(1)) if pinned else None,
        ) as process:
            try:
                line = process.stdout.readline()
                found = re.search(r":(\d+)\s*$", line)
                if not found:
                    raise RuntimeError(f"{server.name} did not say where it listens: {line!r}")
                return self.load(case, server, found[1], process.pid, pinned)
            finally:
                process.kill()

    def load(self, case: Case, server: Server, port: str, pid: int, pinned: bool) -> dict:
        command = [str(self.bins / "bench_loadgen"), "--dialect", server.dialect, "--port", port]
        command += ["--server-pid", str(pid), "--seconds", str(self.arguments.seconds), *case.arguments()]
        if self.arguments.short:  # what is said last counts
            command += ["--warmup", "0.1", "--seconds", "0.3"]
            command += [word for name in SHORT.keys() & case.options.keys() for word in (f"--{name}", SHORT[name])]
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT,
            check=False,
            preexec_fn=(lambda: pin(0)) if pinned else None,
        )
        if result.returncode != 0:
            raise RuntimeError(f"{case.name} with {server.name}: {result.stdout}{result.stderr}")
        return json.loads(result.stdout)


def chosen(arguments: argparse.Namespace, bench: Bench) -> list[tuple[str, Case, list[Server]]]:
    result = []
    for group, (_, cases) in GROUPS.items():
        for case in cases:
            if not re.search(arguments.only, f"{group}/{case.name}"):
                continue
            servers = [each for each in case.servers if re.search(arguments.servers, each.name) and bench.can_run(each)]
            if arguments.short:
                servers = [each for each in servers if each.name in SHORT_SERVERS]
            if servers:
                result.append((group, case, servers))
    return result


def run_all(arguments: argparse.Namespace, bench: Bench) -> list[dict]:
    runs = []
    plan = chosen(arguments, bench)
    rounds = 1 if arguments.short else arguments.rounds
    total = rounds * sum(len(servers) for _, _, servers in plan)
    started = time.monotonic()
    for group, case, servers in plan:
        for turn in range(rounds):
            for server in servers:
                measured = bench.measure(case, server)
                runs.append({"group": group, "case": case.name, "server": server.name, "round": turn, **measured})
                print(f"[{len(runs)}/{total}, {time.monotonic() - started:.0f} s] {report.one_line(runs[-1])}", flush=True)
    return runs


def machine() -> dict:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    changed = subprocess.run(["git", "status", "--porcelain", "src", "include"], cwd=ROOT, capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip() + (" with changes" if changed.stdout.strip() else ""),
        "cpu": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "congestion control": Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
        "date": time.strftime("%Y-%m-%d"),
        "command": "tests/bench/run.sh " + " ".join(sys.argv[1:]),
    }


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped as well
    arguments = parse_arguments()
    if arguments.list:
        for group, (_, cases) in GROUPS.items():
            for case in cases:
                print(f"{group}/{case.name}: {', '.join(server.name for server in case.servers)}")
        return 0
    bins = arguments.bin or build(arguments)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, bins, make_certificate(folder))
        runs = run_all(arguments, bench)
    if not runs:
        print("run.sh: nothing was chosen", file=sys.stderr)
        return 2
    report.write(arguments.out, machine(), runs)
    print(f"written to {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
