# What an interpreter is made of: run once, outside of the jail, to learn what the jail must let through.
import importlib.util, json, os, sys

for name in sys.argv[1:]:
    try:
        __import__(name)
    except ImportError:
        pass  # The jailed interpreter will do without, too.

prefixes = {os.path.realpath(p) for p in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
mapped = set()
with open("/proc/self/maps") as maps:
    for line in maps:
        parts = line.split(None, 5)
        if len(parts) == 6 and parts[5].startswith("/"):
            mapped.add(os.path.realpath(parts[5].strip()))
libraries = {path for path in mapped if ".so" in os.path.basename(path)}


def belongs(path):
    path = os.path.realpath(path)
    return any(path.startswith(prefix.rstrip("/") + "/") for prefix in prefixes)


json.dump(
    {
        "version": list(sys.version_info[:2]),
        "launch": sys.executable,
        "programs": sorted(
            {os.path.realpath(sys.executable)}
            | {path for path in libraries if os.path.basename(path).startswith(("ld-", "ld."))}
        ),
        "paths": [os.path.realpath(path) for path in sys.path if os.path.exists(path) and belongs(path)],
        "files": [path for path in (os.path.join(sys.prefix, "pyvenv.cfg"),) if os.path.exists(path)],
        "libraries": sorted({os.path.dirname(path) for path in libraries}),
        "ctypes": importlib.util.find_spec("_ctypes") is not None,
    },
    sys.stdout,
)
