"""Prepared starts: brings Python to where it has looked at nothing yet that differs from caller to caller.

Python runs this on its own and then once more, on its caller's arguments, in the memory that there was at
the end of this (workers/wasi/prepare.ts). That is what Py_Main() after Py_Initialize() is: it reads its
arguments, updates `sys` from them, and runs what it finds. It makes neither the streams nor os.environ
again, so this does, in between.

There is no hook in between. But the last thing that Python sets in `sys` then is `dont_write_bytecode`: what
was there is dropped, and with it comes here.
"""

import atexit
import gc
import io
import os
import sys
import time

# Later starts find these as they are now.
_KEPT = (
    "executable",
    "_base_executable",
    "prefix",
    "base_prefix",
    "exec_prefix",
    "base_exec_prefix",
    "platlibdir",
    "pycache_prefix",
    "_stdlib_dir",
    "path",
)
# Modules that a start has before it gets to what it is to run. These are not among them.
_OWN_MODULES = ("tabnix_prepare", "atexit", "gc")
_CONTEXT = "tabnix"


def _stream(old, descriptor, mode):
    """As create_stdio() of CPython's pylifecycle.c makes them."""
    try:
        os.fstat(descriptor)
        buffer = io.open(descriptor, mode + "b", closefd=False)
    except OSError:
        return None
    buffer.raw.name = old.name
    stream = io.TextIOWrapper(
        buffer,
        encoding=old.encoding,
        errors=old.errors,
        newline="\n",
        line_buffering=old is _streams[2] or buffer.raw.isatty(),
    )
    stream.mode = mode
    return stream


def _meet_caller():
    sitecustomize = sys.modules.get("sitecustomize")
    for name in _OWN_MODULES:
        sys.modules.pop(name, None)
    atexit.unregister(time.get_clock_info)
    # JSON's strings are Python's.
    entries = eval(sys._xoptions[_CONTEXT], {})
    variables = os.environ._data
    variables.clear()
    for entry in entries:
        name, _, value = entry.partition("=")
        variables[os.fsencode(name)] = os.fsencode(value)
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        stream = _stream(_streams[number], number, mode)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    _streams.clear()
    if sitecustomize:
        sitecustomize.go_to_working_directory(_config)
    for name, value in _kept.items():
        setattr(sys, name, value)
    del sys._xoptions[_CONTEXT]
    del sys.orig_argv[1]


class _Dropped:
    def __del__(self):
        try:
            _meet_caller()
        except BaseException:
            # Nothing may run in half of another's state.
            sys.excepthook(*sys.exc_info())
            os._exit(1)


_streams = [sys.stdin, sys.stdout, sys.stderr]
try:
    from _testinternalcapi import get_config

    _config = {
        name: value for name, value in get_config().items() if not name.startswith("run_")
    }
except ImportError:
    _config = {}
_kept = {name: getattr(sys, name) for name in _KEPT}
# The collector looks at none of this again, as it otherwise does several times before a program ends.
gc.collect()
gc.freeze()
sys.dont_write_bytecode = _Dropped()
# What it asks the machine says that it is ready. It is called when nothing of Python runs any more.
atexit.register(time.get_clock_info, "time")
