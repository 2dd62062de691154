"""From SIGKILL to running again, the peers: at the smallest settings that each takes, and by default, which is derived
from its settings where it would take minutes to hours.
"""

from __future__ import annotations

import random
import time

from benchmarks.contestants import CONTESTANTS
from benchmarks.contestants.peer import Peer, Program
from benchmarks.report import Figure
from benchmarks.scale import Scale
from benchmarks.server import Server

ROW = "SIGKILL → running again, smallest setting"
# The slowest, pg-boss, takes 10 s of silence, and what its supervisor and its polling add.
AT_MOST_SECONDS = 60.0


def measure(server: Server, scale: Scale) -> list[Figure]:
    """One job a peer, its worker killed again and again at a random moment while another stands by."""
    figures = []
    for peer in CONTESTANTS.values():
        if not isinstance(peer, Peer):
            continue
        if peer.smallest is None:
            note = f"cannot be set; by default {peer.after_kill}, derived"
            figures.append(Figure(ROW, peer.name, "s", [], note=note))
            continue
        seconds = _killed(server, peer, scale.peer_kills)
        note = f"{peer.smallest}; by default {peer.after_kill}, derived"
        figures.append(Figure(ROW, peer.name, "s", seconds, note=note))
    return figures


def _killed(server: Server, peer: Peer, kills: int) -> list[float]:
    url = server.create_database(f"kill {peer.name}")
    peer.install(url)
    chance = random.Random(23)
    asking = Program(peer.command(), url)
    asking.ask("enqueue_hang")
    asking.close()
    busy = _worker(peer, url)
    busy.read(within=AT_MOST_SECONDS)
    seconds = []
    for _ in range(kills):
        standby = _worker(peer, url)
        # It has started and looks for work; when the other dies has nothing to do with its rhythm.
        time.sleep(2 + chance.uniform(0, 1))
        killed_at = time.monotonic()
        busy.kill()
        claimed_at: float = standby.read(within=AT_MOST_SECONDS)["claimed_at"]
        seconds.append(claimed_at - killed_at)
        busy = standby
    busy.kill()
    server.drop_database(f"kill {peer.name}")
    return seconds


def _worker(peer: Peer, url: str) -> Program:
    worker = Program(peer.command(), url)
    worker.say("hang")
    return worker
