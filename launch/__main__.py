"""`python -m launch`: the whole product on this machine, until Ctrl-C. `make run` calls it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from launch.children import Child
from launch.demo import Demo, NoDemo, add_rows, prepare
from launch.first_login import FirstLogin, first_login
from launch.place import CannotStart, claimed, close_to_others, page_answers, refuse_taken
from launch.redis_server import NoRedis, redis_server
from launch.roster import children, environment
from launch.screen import Screen
from launch.supervisor import Supervisor
from settings import Settings, SettingsError
from store import trouble
from store.engine import Store, StoreError
from store.schema import upgrade
from store.seal import KeyFileError, load_keys

START_SECONDS = 60.0


def main() -> int:
    screen = Screen(sys.stdout)
    # Whatever is written from here on, by our children too, is for this user alone.
    os.umask(0o077)
    try:
        settings = Settings.from_env()
        refuse_taken(settings.listen)
        with claimed(settings.data_dir):
            close_to_others(settings.data_dir)
            return _run(settings, screen)
    except (SettingsError, CannotStart, NoRedis, KeyFileError) as error:
        screen.fault(str(error))
        return 1
    except StoreError as error:
        if not trouble.is_away(error):
            raise
        screen.fault(trouble.words(error))
        return 1
    except OSError as error:
        screen.fault(f"{error.filename or 'A file'}: {error.strerror or error}.")
        return 1


def _run(settings: Settings, screen: Screen) -> int:
    screen.say("Mailhaul is starting ...")
    supervisor = Supervisor(screen.say)
    supervisor.listen()
    with ExitStack() as ends:
        demo = ends.enter_context(_demo(settings, screen))
        ends.callback(supervisor.stop)
        login = _prepare_data(settings, demo)
        redis_url = _start_redis(settings, supervisor)
        for child, ready in demo.children(_logs(settings)) if demo else ():
            _start(supervisor, child, ready)
        web, others = children(settings, environment(settings, redis_url, demo))
        _start(supervisor, web, lambda: page_answers(settings.listen))
        if not supervisor.stopping:
            for child in others:
                supervisor.add(child)
            screen.welcome(settings, login, demo)
        supervisor.keep()
        screen.say("\nMailhaul is stopping ...")
    return 0


@contextmanager
def _demo(settings: Settings, screen: Screen) -> Iterator[Demo | None]:
    """Without it the product runs all the same."""
    demo = None
    if settings.demo:
        try:
            demo = prepare(settings)
        except NoDemo as error:
            screen.say(f"Without the demo: {error}")
    try:
        yield demo
    finally:
        if demo:
            demo.clean_up()


def _prepare_data(settings: Settings, demo: Demo | None) -> FirstLogin | None:
    load_keys(settings.secret_keys, settings.key_file)
    upgrade(settings.database_url)
    store = Store(settings.database_url)
    try:
        with store.write() as session:
            organization_id = add_rows(session, demo) if demo else None
            return first_login(session, settings, organization_id)
    finally:
        store.dispose()


def _start_redis(settings: Settings, supervisor: Supervisor) -> str:
    if os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE"):
        return settings.redis_url
    server = redis_server(settings.data_dir)
    child = Child("redis", server.command(), _logs(settings) / "redis.log")
    _start(supervisor, child, server.answers)
    return server.url


def _start(supervisor: Supervisor, child: Child, ready: Callable[[], bool]) -> None:
    if supervisor.stopping or supervisor.start(child, ready, START_SECONDS):
        return
    if not supervisor.stopping:
        raise CannotStart(f"{child.name} did not start. Its last words are in {child.log}.")


def _logs(settings: Settings) -> Path:
    return settings.data_dir / "logs"


if __name__ == "__main__":
    raise SystemExit(main())
