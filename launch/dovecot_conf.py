"""The whole configuration of a Dovecot 2.3 that one user runs without root."""

from __future__ import annotations

import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path

_TEMPLATE = """
base_dir = %(run)s
state_dir = %(run)s
log_path = %(directory)s/dovecot.log
default_internal_user = %(user)s
default_internal_group = %(group)s
default_login_user = %(user)s
first_valid_uid = 1
first_valid_gid = 1
mail_uid = %(uid)s
mail_gid = %(gid)s
protocols = imap
listen = 127.0.0.1
ssl = %(tls)s
ssl_cert = <%(directory)s/cert.pem
ssl_key = <%(directory)s/key.pem
disable_plaintext_auth = %(no_plain)s
login_trusted_networks =
auth_mechanisms = plain login
auth_failure_delay = 0
auth_username_chars =
mail_home = %(directory)s/mail/%%u
mail_location = maildir:~/Maildir
mail_plugins = quota zlib
mail_max_userip_connections = 100
mailbox_list_index = yes
namespace inbox {
  inbox = yes
  separator = %(separator)s
  prefix = %(prefix)s
%(folders)s}
passdb {
  driver = passwd-file
  args = username_format=%%u %(users)s
}
userdb {
  driver = passwd-file
  args = username_format=%%u %(users)s
  default_fields = uid=%(uid)s gid=%(gid)s
}
protocol imap {
  mail_plugins = $mail_plugins imap_quota imap_zlib
  %(capability)s
}
plugin {
  quota = maildir:User quota
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = %(port)s
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = %(tls_port)s
    ssl = yes
  }
  process_min_avail = 1
  service_count = 0
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
  chroot =
}
service stats {
  chroot =
}
service auth {
  user = %(user)s
  unix_listener auth-userdb {
    mode = 0600
    user = %(user)s
  }
}
service auth-worker {
  user = %(user)s
}
%(settings)s
"""


def configuration(
    *,
    directory: Path,
    run: Path,
    user: pwd.struct_passwd,
    ports: tuple[int, int],
    namespace: tuple[str, str],
    special_folders: Sequence[str],
    capability: str,
    plain_login: bool,
    tls: bool,
    settings: str,
) -> str:
    """`ports` are the plain one and TLS's; `namespace` the separator and the prefix."""
    return _TEMPLATE % {
        "directory": directory,
        "users": directory / "users",
        "run": run,
        "user": user.pw_name,
        "group": _group_name(user.pw_gid),
        "uid": user.pw_uid,
        "gid": user.pw_gid,
        "port": ports[0],
        "tls_port": ports[1],
        "separator": namespace[0],
        "prefix": namespace[1],
        "folders": "".join(_folder(name) for name in special_folders),
        "capability": f"imap_capability = {capability}" if capability else "",
        "no_plain": "no" if plain_login else "yes",
        "tls": "yes" if tls else "no",
        "settings": settings,
    }


def _folder(name: str) -> str:
    return f"  mailbox {name} {{\n    special_use = \\{name}\n    auto = create\n  }}\n"


def _group_name(gid: int) -> str:
    return subprocess.run(
        ["getent", "group", str(gid)], check=True, capture_output=True, text=True
    ).stdout.split(":")[0]
