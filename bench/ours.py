"""`python -m bench.ours FILE`: one mailbox by our engine, with a ledger kept from run to run."""

from __future__ import annotations

import json
import pickle
import sys
from contextlib import closing
from ipaddress import ip_network
from pathlib import Path

from bench.watching import NeverStop, SilentProgress
from imap import Login, NetworkPolicy, Server, open_destination, open_source
from sync.mailbox import migrate
from sync.memory_ledger import MemoryLedger
from sync.options import Security, SyncOptions


def main(file: str) -> int:
    order = json.loads(Path(file).read_text(encoding="utf-8"))
    state = Path(order["state"])
    ledger = pickle.loads(state.read_bytes()) if state.exists() else MemoryLedger()
    ledger.begin_run()
    ports = frozenset((order["source_port"], order["destination_port"]))
    policy = NetworkPolicy((ip_network("127.0.0.0/8"),), ports, ca_file=order["ca_file"])
    security = Security.TLS if order["tls"] else Security.NONE
    source = Server("127.0.0.1", order["source_port"], security)
    destination = Server("127.0.0.1", order["destination_port"], security)
    with (
        closing(open_source(source, Login(*order["source_login"]), policy)) as reader,
        closing(
            open_destination(destination, Login(*order["destination_login"]), policy)
        ) as writer,
    ):
        report = migrate(
            reader,
            writer,
            ledger,
            options=SyncOptions(),
            progress=SilentProgress(),
            stop=NeverStop(),
        )
    state.write_bytes(pickle.dumps(ledger))
    sys.stdout.write(f"{report.verdict}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
