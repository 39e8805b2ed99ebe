"""What Python needs to be at home here when it runs as WebAssembly. Only that one finds this file."""

import os
import sys


def go_to_working_directory(known={}):
    """WASI starts every program in "/". The machine says in PWD where the caller is.

    known: of the configuration, what may be None now and must not be when it is set."""
    directory = os.environ.get("PWD")
    if directory is None:
        return
    try:
        os.chdir(directory)
    except OSError as error:
        # Files would go to the wrong place without a word.
        print(f"python3: working in /: {directory}: {error.strerror}", file=sys.stderr)
        return
    # The script's name was made absolute before this file was read: "a.py" has become "//a.py". Only
    # this module, which CPython keeps for its own tests, can still change it.
    try:
        from _testinternalcapi import get_config, set_config
    except ImportError:
        return
    config = get_config()
    for name, value in known.items():
        if config[name] is None:
            config[name] = value
    script = config["run_filename"] or ""
    if script.startswith("//"):
        config["run_filename"] = os.path.join(os.getcwd(), script[2:])
        set_config(config)


def _add_packages():
    """Where packages are: the user's own, root's, and Debian's. Those that are Python alone work in
    every version, so it does not matter whose pip has put them there."""
    users = os.path.join(os.environ.get("HOME", "/root"), ".local/lib")
    try:
        versions = sorted(name for name in os.listdir(users) if name.startswith("python3"))
    except OSError:
        versions = []
    for folder in (
        *(os.path.join(users, version, "site-packages") for version in versions),
        "/usr/local/lib/python3.13/dist-packages",
        "/usr/lib/python3/dist-packages",
    ):
        if os.path.isdir(folder):
            sys.path.append(folder)


class _NotHere:
    """Says which Python has a module that needs what WASI does not have."""

    # Debian's python3 has all of them.
    names = frozenset(
        """_ctypes _curses _curses_panel _hashlib _lzma _multiprocessing _posixshmem _posixsubprocess
        _ssl _uuid ctypes curses fcntl grp mmap multiprocessing pwd readline resource ssl syslog
        termios""".split()
    )

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name not in cls.names:
            return None
        # importlib.util.find_spec asks whether there is such a module: the answer is no, not an error.
        caller = sys._getframe(1).f_back
        if caller is None or caller.f_code.co_name != "_find_and_load_unlocked":
            return None
        raise ModuleNotFoundError(
            f"No module named {name!r}; this Python runs as WebAssembly and does not have it:"
            " try /usr/bin/python3",
            name=name,
        )


if sys.platform == "wasi":
    go_to_working_directory()
    _add_packages()
    sys.meta_path.append(_NotHere)
