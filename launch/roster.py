"""Which processes make up the product, and what each finds in its environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from launch.children import Child
from launch.demo import Demo
from settings import Settings

_WEB_WORKERS = 2
_WEB_THREADS = 8
_WEB_LOG = Path(__file__).with_name("web_log.json")
"""Key=value lines. Requests are not logged: their addresses may be signed links."""
_NOT_FOR_CHILDREN = (
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "ADMIN_PASSWORD_FILE",
    "MAKEFLAGS",
    "MAKEOVERRIDES",
    "MFLAGS",
)


def environment(settings: Settings, redis_url: str, demo: Demo | None) -> dict[str, str]:
    """Ours, made definite: no child guesses a path or a default for itself."""
    environ = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_CHILDREN}
    environ |= {
        "DATA_DIR": str(settings.data_dir),
        "DEMO_SOURCE": "",
        "PYTHONUNBUFFERED": "1",
    }
    for name, url in (("DATABASE_URL", settings.database_url), ("REDIS_URL", redis_url)):
        file = environ.pop(f"{name}_FILE", "")
        # What was put into a file is in no environment; a pipe can be read but once.
        environ |= {f"{name}_FILE": file} if Path(file).is_file() else {name: url}
    if demo is None:
        return environ
    ports = " ".join(str(port) for port in settings.demo_ports)
    environ["DEMO_SOURCE"] = demo.source_offer
    environ["ALLOWED_PORTS"] = f"{environ.get('ALLOWED_PORTS', '')} {ports}"
    networks = environ.get("ALLOWED_NETWORKS", "")
    environ["ALLOWED_NETWORKS"] = f"{networks} 127.0.0.0/8 ::1/128"
    environ["CA_FILE"] = str(_authorities(settings, demo))
    return environ


def children(settings: Settings, environ: dict[str, str]) -> tuple[Child, list[Child]]:
    """The web server, and the workers with the clock."""
    logs = settings.data_dir / "logs"

    def child(name: str, *arguments: str) -> Child:
        command = (sys.executable, "-m", *arguments)
        return Child(name, command, logs / f"{name}.log", environ, urgent=True)

    workers = [
        child(f"run-worker-{number}", "jobs.worker", "runs", "checks")
        for number in range(1, settings.run_workers + 1)
    ]
    workers += [
        child(f"check-worker-{number}", "jobs.worker", "checks")
        for number in range(1, settings.check_workers + 1)
    ]
    return child("web", *web_server(settings.listen)), [child("clock", "jobs.clock"), *workers]


def web_server(listen: str) -> tuple[str, ...]:
    """The module and its arguments."""
    return (
        "gunicorn",
        "app:create_app()",
        f"--bind={listen}",
        "--worker-class=launch.web_worker.PatientWorker",
        "--keep-alive=0",
        "--no-sendfile",
        "--forwarded-allow-ips=",
        f"--workers={_WEB_WORKERS}",
        f"--threads={_WEB_THREADS}",
        "--graceful-timeout=2",
        "--no-control-socket",
        f"--log-config-json={_WEB_LOG}",
    )


def _authorities(settings: Settings, demo: Demo) -> Path:
    """The demo's authority, together with the operator's own where he named some."""
    if not settings.ca_file:
        return demo.ca_file
    bundle = settings.data_dir / "authorities.pem"
    parts = (Path(settings.ca_file).read_bytes(), demo.ca_file.read_bytes())
    bundle.write_bytes(b"\n".join(parts))
    return bundle
