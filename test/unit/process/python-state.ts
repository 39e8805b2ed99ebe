/** Python that prints what of its state a program can see and a start could get wrong. */
export const PYTHON_STATE = `
import sys
modules = sorted(sys.modules)
names = sorted(globals())
caller = sys._getframe().f_back
caller = caller and caller.f_code.co_name
import gc, os, re
skipped = {"_stdlib_dir", "modules", "path_hooks", "stdlib_module_names"}
for name, value in sorted(vars(sys).items()):
    if name not in skipped and not callable(value):
        print(name, value)
for stream in (sys.stdin, sys.stdout, sys.stderr):
    print(stream.line_buffering, stream.errors, stream.write_through, stream.mode, stream.newlines)
    print(stream.isatty(), stream.fileno(), stream.closed)
print(sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__)
print(modules, names, caller)
print(sorted({**os.environ, "PYTHONX": ""}.items()), os.environ._data is __import__("posix").environ)
print(os.getcwd(), sys.getrecursionlimit(), sys.is_finalizing())
print(gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.callbacks)
print([type(each).__name__ for each in sys.path_hooks], list(sys.path_importer_cache))
print(sys.stdin.read())
import __main__
print(sorted(vars(__main__)), type(__main__.__loader__), __main__.__spec__ and __main__.__spec__.name)
`;
