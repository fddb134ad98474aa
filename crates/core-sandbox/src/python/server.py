# The fork server: a warm interpreter in the jail. For every run it is handed four pipes, forks, and waits; the child
# takes off what the server may do and the script may not, reads the run from its pipe and answers on another. Nothing
# of a run is ever in the server's memory, so there is nothing that the next child could find there.
import gc
import importlib
import json
import linecache
import os
import random
import resource
import select
import signal
import socket
import sys
import threading
import traceback
import types

SETTINGS = json.loads(sys.argv[1])
THIS = "<sandbox>"
FILE = "main.py"
LONGEST_MESSAGE = 20000

for name in SETTINGS["preload"]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # Not part of this interpreter: scripts that import it will be told.


def prepare_filters():
    """Returns a function that applies the scripts' system call filters; it must not import anything."""
    if not SETTINGS["filters"]:
        return lambda: True
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]
    prctl.restype = ctypes.c_int
    # Runs see nothing of this process or each other in /proc, not even links.
    PR_SET_DUMPABLE = 4
    prctl(PR_SET_DUMPABLE, 0, None, 0, 0)
    kept = [bytes.fromhex(text) for text in SETTINGS["filters"]]
    programs = [Program(len(code) // 8, ctypes.cast(ctypes.c_char_p(code), ctypes.c_void_p)) for code in kept]
    addresses = [ctypes.addressof(program) for program in programs]
    PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2

    def apply(keep=(kept, programs)):
        return all(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, address, 0, 0) == 0 for address in addresses)

    return apply


apply_filters = prepare_filters()


def read_all(fd):
    parts = []
    while part := os.read(fd, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def text_of(error):
    """The traceback, without this file's frames and without folders of this machine."""
    while error.__traceback__ is not None and error.__traceback__.tb_frame.f_code.co_filename == THIS:
        error.__traceback__ = error.__traceback__.tb_next
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip("\n")
    for folder in SETTINGS["folders"]:
        text = text.replace(folder + "/", "")
    if len(text) > LONGEST_MESSAGE:
        text = text[: LONGEST_MESSAGE // 2] + "\n...\n" + text[-LONGEST_MESSAGE // 2:]
    return text


def as_json(value, dumps=json.dumps):
    try:
        return b"v" + dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return b"v" + dumps(value, allow_nan=False).encode()


def run(job):
    """Executes the script; returns the answer."""
    code = job["code"]
    linecache.cache[FILE] = (len(code), None, code.splitlines(True), FILE)
    module = types.ModuleType("__main__")
    module.__dict__["__file__"] = FILE
    sys.modules["__main__"] = module
    try:
        exec(compile(code, FILE, "exec", dont_inherit=True), module.__dict__)
        if job["arguments"] is None:
            threading._shutdown()
            return b"s"
        main = module.__dict__.get("main")
        if not callable(main):
            return b"eNameError: name 'main' is not defined: the code must define a function `main`"
        value = main(**job["arguments"])
    except MemoryError:
        return b"m"
    except SystemExit as end:
        if job["arguments"] is None:
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
            return b"s"
        return b"eSystemExit: the script ended before `main` returned"
    except BaseException as error:
        return b"e" + text_of(error).encode("utf-8", "replace")
    try:
        return as_json(value)
    except MemoryError:
        return b"m"
    except RecursionError:
        return b"jthe value is nested too deeply"
    except BaseException as error:
        return b"j" + str(error)[:LONGEST_MESSAGE].encode("utf-8", "replace")


def child(fds):
    code = 70
    try:
        request, answer, out, err = fds
        control.detach()
        os.dup2(request, 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.dup2(answer, 3)
        os.closerange(4, 64)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CPU, (SETTINGS["cpu"], SETTINGS["cpu"]))
        if not SETTINGS["filters"]:
            # Nothing else keeps a script from forking.
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        if not apply_filters():
            raise OSError("the system call filter was refused")
        random.seed()
        job = json.loads(read_all(0))
        gc.enable()
        reply = run(job)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:
                pass  # The script closed or replaced it.
        write_all(3, reply)
        code = 0
    except MemoryError:
        write_all(3, b"m")
    except BaseException as error:
        write_all(3, b"x" + repr(error).encode("utf-8", "replace"))
    finally:
        os._exit(code)


def serve():
    control.sendall(b"ready\n")
    while True:
        message, fds, _flags, _address = socket.recv_fds(control, 1, 4)
        if not message:
            return
        pid = os.fork()
        if pid == 0:
            child(fds)
        for fd in fds:
            os.close(fd)
        ended = os.pidfd_open(pid)
        waiting = select.poll()
        waiting.register(ended, select.POLLIN)
        waiting.register(0, select.POLLIN)
        if any(fd == 0 for fd, _event in waiting.poll()):
            # Nobody waits for the run any more.
            os.kill(pid, signal.SIGKILL)
            return
        os.close(ended)
        _pid, status, used = os.wait4(pid, 0)
        control.sendall(b"%d %d\n" % (status, int((used.ru_utime + used.ru_stime) * 1000)))


control = socket.socket(fileno=0)
sys.argv = [FILE]
sys.orig_argv = [FILE]
gc.collect()
gc.disable()
gc.freeze()
serve()
