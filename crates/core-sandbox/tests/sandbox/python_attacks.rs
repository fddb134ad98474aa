//! Python that means harm: each is refused or contained, and the sandbox works afterwards.

use std::time::Duration;

use core_sandbox::{Language, Limits, PythonSettings, Returned, Sandbox, SandboxError, SandboxSettings};
use serde_json::{Value, json};

use crate::support::{failure, patient_sandbox, python, script, tight, tight_sandbox};

async fn attacked(sandbox: &Sandbox, code: &str) -> Result<Returned, SandboxError> {
    attacked_with(sandbox, code, json!({})).await
}

async fn attacked_with(sandbox: &Sandbox, code: &str, arguments: Value) -> Result<Returned, SandboxError> {
    let result = python(sandbox, code, arguments).await;
    let after = python(sandbox, "def main(x):\n    return {'x': x}", json!({"x": 1})).await;
    assert_eq!(after.unwrap().value, json!({"x": 1}), "after {code}");
    result
}

/// Runs statements that must each raise an error of the given kinds; returns the names of those that did not.
async fn allowed(attempts: &[&str]) -> Value {
    let code = r#"
import ctypes, os, pathlib, shutil, signal, socket, subprocess, sys, threading

def main(attempts):
    allowed = []
    for attempt in attempts:
        try:
            exec(attempt, globals().copy())
        except (OSError, ValueError, ModuleNotFoundError):
            continue
        except BaseException as error:
            allowed.append(f"{attempt}: {error!r}")
        else:
            allowed.append(attempt)
    return allowed
"#;
    attacked_with(&patient_sandbox(), code, json!({"attempts": attempts})).await.unwrap().value
}

#[tokio::test]
async fn files_cannot_be_reached() {
    let refused = allowed(&[
        "open('/etc/passwd').read()",
        "open('/etc/hostname').read()",
        "open('/proc/self/environ').read()",
        "open('/proc/self/maps').read()",
        "open('/proc/self/mem', 'rb')",
        "open('/proc/1/cmdline').read()",
        "open(f'/proc/{os.getppid()}/maps').read()",
        "open(f'/proc/{os.getppid()}/mem', 'rb')",
        "open('/proc/cpuinfo').read()",
        "open('/sys/kernel/uevent_seqnum').read()",
        "open('/dev/kmsg')",
        "open('/bin/sh', 'rb')",
        "os.listdir('/')",
        "os.listdir('/root')",
        "os.listdir('/home')",
        "os.listdir('/tmp')",
        "os.listdir('/proc')",
        "os.listdir('/proc/self/fd')",
        "os.listdir('/usr/lib')",
        "os.readlink('/proc/1/exe')",
        "os.readlink(f'/proc/{os.getppid()}/cwd')",
        "list(pathlib.Path('/etc').iterdir())",
        "open('/tmp/sandbox-escape', 'w')",
        "open('/dev/shm/sandbox-escape', 'w')",
        "open('sandbox-escape', 'w')",
        "open(json.__file__ if 'json' in globals() else os.__file__, 'a')",
        "os.mkdir('/tmp/sandbox-escape')",
        "os.unlink('/tmp/nothing')",
        "os.symlink('/etc/passwd', '/tmp/sandbox-escape')",
        "os.mkfifo('/tmp/sandbox-escape')",
        "os.chmod('/tmp', 0o777)",
        "os.rename('/tmp/a', '/tmp/b')",
        "os.truncate('/tmp/a', 1)",
        "os.chdir('/etc')",
        "os.chroot('/')",
        "os.memfd_create('x')",
        "open('/dev/null', 'w').write('x' * 100) and 0 or open('/etc/shadow')",
    ]);
    assert_eq!(refused.await, json!([]));
}

#[tokio::test]
async fn the_network_cannot_be_reached() {
    let refused = allowed(&[
        "socket.socket()",
        "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        "socket.create_connection(('127.0.0.1', 5432), 1)",
        "socket.getaddrinfo('example.com', 80)",
        "__import__('urllib.request').request.urlopen('http://127.0.0.1/')",
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "a, b = socket.socketpair(); a.connect('\\0abstract')",
        "a, b = socket.socketpair(); a.bind('\\0abstract')",
        "a, b = socket.socketpair(); a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, b'\\0' * 4)])",
        "socket.socket(fileno=0).recv(1)",
        "[socket.socket(fileno=n).send(b'x') for n in range(3, 64)]",
    ]);
    assert_eq!(refused.await, json!([]));
}

#[tokio::test]
async fn processes_cannot_be_made_or_touched() {
    let refused = allowed(&[
        "os.fork()",
        "os.forkpty()",
        "os.system('true') == 0 or open('/')",
        "subprocess.run(['/bin/true'])",
        "subprocess.run('true', shell=True)",
        "subprocess.Popen([sys.executable, '-c', '1'], start_new_session=True)",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv(sys.executable or '/usr/bin/python3', ['x'])",
        "__import__('multiprocessing').Process(target=print).start()",
        "os.kill(os.getppid(), 9)",
        "os.kill(os.getppid(), 0)",
        "os.kill(1, 9)",
        "os.kill(-1, 9)",
        "os.kill(0, 9)",
        "os.killpg(0, 9)",
        "signal.pthread_kill(threading.get_ident(), 9)",
        "os.pidfd_open(os.getppid())",
        "os.setsid()",
        "os.setpgid(0, 0)",
        "os.setuid(0)",
        "os.setresuid(0, 0, 0)",
        "os.nice(-5)",
        "os.unshare(0x10000000) if hasattr(os, 'unshare') else open('/')",
        "os.wait()",
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (999, 999))",
        "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
    ]);
    assert_eq!(refused.await, json!([]));
}

#[tokio::test]
async fn raw_system_calls_are_filtered_too() {
    let code = r#"
import ctypes, errno, os, platform

def main():
    libc = ctypes.CDLL(None, use_errno=True)
    intel = {"fork": 57, "vfork": 58, "execve": 59, "kill": 62, "ptrace": 101, "mount": 165, "bpf": 321, "keyctl": 250,
             "io_uring_setup": 425, "userfaultfd": 323, "process_vm_readv": 310, "process_vm_writev": 311, "clone3": 435,
             "unshare": 272, "perf_event_open": 298, "seccomp": 317, "prctl": 157, "open_by_handle_at": 304,
             "shmget": 29, "msgget": 68, "personality": 135, "socket": 41, "pidfd_getfd": 438, "openat2": 437,
             "landlock_restrict_self": 446, "x32 socket": 0x40000029, "setsid": 112, "tgkill": 234, "memfd_create": 319}
    arm = {"execve": 221, "kill": 129, "ptrace": 117, "mount": 40, "bpf": 280, "io_uring_setup": 425, "clone3": 435,
           "unshare": 97, "seccomp": 277, "prctl": 167, "socket": 198, "setsid": 157, "memfd_create": 279}
    allowed = []
    for name, number in (intel if platform.machine() == "x86_64" else arm).items():
        ctypes.set_errno(0)
        result = libc.syscall(number, *[ctypes.c_long(0)] * 6)
        if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            allowed.append(f"{name}: {result} {errno.errorcode.get(ctypes.get_errno())}")
    SIGCHLD, CLONE_NEWUSER = 17, 0x10000000
    for flags in (SIGCHLD, SIGCHLD | CLONE_NEWUSER, 0):
        if libc.syscall(56 if platform.machine() == "x86_64" else 220, ctypes.c_long(flags), *[ctypes.c_long(0)] * 4) != -1:
            allowed.append(f"clone {flags:x}")
    return allowed
"#;
    assert_eq!(attacked(&patient_sandbox(), code).await.unwrap().value, json!([]));
}

#[tokio::test]
async fn the_environment_is_empty() {
    let code = "import os, sys\ndef main():\n    return [sorted(os.environ), sys.argv, os.getcwd(), os.getuid() != 0]";
    let returned = attacked(&patient_sandbox(), code).await.unwrap().value;
    let names = ["HOME", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH", "TZ"];
    assert_eq!(returned, json!([names, ["main.py"], "/", true]));
}

#[tokio::test]
async fn endless_runs_are_stopped() {
    let sandbox = tight_sandbox();
    for code in [
        "def main():\n    while True: pass",
        "while True: pass",
        "def main():\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "import time\ndef main():\n    time.sleep(3600)",
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass\ndef main():\n    while True: pass",
        "import re\ndef main():\n    return bool(re.match('^(a+)+$', 'a' * 40 + 'b'))",
        "def main():\n    return 9 ** 9 ** 9",
        "def main():\n    return sum(range(10 ** 14))",
        "import threading\ndef main():\n    threading.Event().wait()",
        "class E(Exception):\n    def __str__(self):\n        while True: pass\ndef main():\n    raise E()",
        "class D(dict):\n    def items(self):\n        while True: pass\ndef main():\n    return D(a=1)",
        "import sys\nclass S:\n    def flush(self):\n        while True: pass\n    def write(self, x): pass\nsys.stdout = S()\ndef main():\n    return 1",
    ] {
        let result = attacked(&sandbox, code).await;
        // A deep power may meet the memory limit first.
        let stopped = matches!(result, Err(SandboxError::TimedOut { .. }))
            || (code.contains("9 **") && matches!(result, Err(SandboxError::OutOfMemory)));
        assert!(stopped, "{code}: {result:?}");
    }
}

#[tokio::test]
async fn memory_and_stack_are_limited() {
    let sandbox = patient_sandbox();
    for code in [
        "def main():\n    return len(bytearray(10 ** 9))",
        "def main():\n    a = []\n    while True: a.append(bytearray(10 ** 6))",
        "def main():\n    return len('x' * 10 ** 9)",
        "import mmap\ndef main():\n    try:\n        mmap.mmap(-1, 10 ** 9)\n    except OSError:\n        raise MemoryError",
        "a = bytearray(10 ** 9)\ndef main():\n    return 1",
        "def main():\n    return ['x' * 1000] * 10 ** 8",
    ] {
        let result = attacked(&sandbox, code).await;
        assert!(matches!(result, Err(SandboxError::OutOfMemory)), "{code}: {result:?}");
    }
    let deep = failure(attacked(&sandbox, "def main():\n    return main()").await);
    assert!(deep.contains("RecursionError"), "{deep}");
    for code in [
        "import sys\nsys.setrecursionlimit(2 ** 31 - 1)\nclass A:\n    def __repr__(self): return repr(self)\ndef main():\n    return repr(A())",
        "import ctypes\ndef main():\n    ctypes.string_at(0)",
        "import os\ndef main():\n    os.abort()",
        "def main():\n    return eval('(' * 10 ** 5 + ')' * 10 ** 5)",
    ] {
        let result = attacked(&sandbox, code).await;
        let contained = matches!(result, Err(SandboxError::ScriptFailed { .. } | SandboxError::OutOfMemory));
        assert!(contained, "{code}: {result:?}");
    }
}

#[tokio::test]
async fn bombs_do_not_go_off() {
    let sandbox = patient_sandbox();
    let fork = "import os\ndef main():\n    n = 0\n    for _ in range(1000):\n        try:\n            os.fork()\n            n += 1\n        except OSError: pass\n    return n";
    assert_eq!(attacked(&sandbox, fork).await.unwrap().value, json!(0));
    let threads = "import threading, time\ndef main():\n    n = 0\n    try:\n        while True:\n            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n            n += 1\n    except (RuntimeError, MemoryError): return n";
    let started = attacked(&sandbox, threads).await.unwrap().value;
    assert!(started.as_u64().unwrap() < 200, "{started}");
}

#[tokio::test]
async fn output_is_limited() {
    let sandbox = patient_sandbox();
    let printed = "import sys\ndef main():\n    for _ in range(10 ** 5):\n        print('é' * 100)\n        print('x' * 100, file=sys.stderr)\n    return 1";
    let returned = attacked(&sandbox, printed).await.unwrap();
    assert!(returned.stdout.len() <= 1 << 10);
    let large = attacked(&sandbox, "def main():\n    return 'x' * 10 ** 6").await;
    assert!(matches!(large, Err(SandboxError::OutputTooLarge { .. })), "{large:?}");
    for stream in ["stdout", "stderr"] {
        let code = format!("import sys\nwhile True: sys.{stream}.write('x' * 1000)");
        let output = sandbox.run_script(script(Language::Python3, &code)).await;
        assert!(matches!(output, Err(SandboxError::OutputTooLarge { .. })), "{output:?}");
    }
    let big = "def main(a):\n    return a";
    let input =
        Sandbox::new(SandboxSettings { limits: Limits { input: 1000, ..Limits::default() }, ..tight() }).unwrap();
    let refused = python(&input, big, json!({"a": "x".repeat(2000)})).await;
    assert!(matches!(refused, Err(SandboxError::InputTooLarge { limit: 1000 })), "{refused:?}");
}

#[tokio::test]
async fn results_can_be_faked_only_for_oneself() {
    let sandbox = patient_sandbox();
    let cases: [(&str, Option<Value>); 9] = [
        ("import os\ndef main():\n    os.write(3, b'v{\"fake\": 1}')\n    os._exit(0)", Some(json!({"fake": 1}))),
        ("print('<<RESULT>>{\"fake\": 1}<<RESULT>>')\ndef main():\n    return 2", Some(json!(2))),
        ("import json\njson.dumps = lambda *a, **k: 'fake'\ndef main():\n    return 3", Some(json!(3))),
        ("import os\ndef main():\n    os.write(3, b'garbage')\n    return 4", None),
        ("import os\ndef main():\n    os.write(3, b'')\n    os._exit(0)", None),
        ("import os\ndef main():\n    os.closerange(0, 64)\n    return 5", None),
        ("import os\ndef main():\n    os.dup2(1, 3)\n    return 6", None),
        ("import sys\nsys.modules.clear()\ndef main():\n    return 7", Some(json!(7))),
        ("import atexit, os\natexit.register(lambda: os.write(3, b'late'))\ndef main():\n    return 8", Some(json!(8))),
    ];
    for (code, expected) in cases {
        let result = attacked(&sandbox, code).await;
        match expected {
            Some(value) => assert_eq!(result.unwrap().value, value, "{code}"),
            None => assert!(result.is_err_and(|e| e.is_scripts_fault()), "{code}"),
        }
    }
}

#[tokio::test]
async fn one_run_sees_nothing_of_another() {
    let settings = PythonSettings { servers: 1, ..PythonSettings::default() };
    let sandbox = Sandbox::new(SandboxSettings { python: settings, ..tight() }).unwrap();
    let secret = "marker-7f3a-secret";
    let leave = r#"
import builtins, json, os, random, sys, threading
builtins.left = sys.left = json.left = secret_copy = "left behind"
json.dumps = None
os.environ["LEFT"] = "behind"
random.seed(1)
sys.path.insert(0, "/left")
def main(secret):
    global kept
    kept = [secret] * 1000
    threading.Thread(target=lambda: __import__("time").sleep(60), daemon=True).start()
    return len(kept)
"#;
    assert_eq!(python(&sandbox, leave, json!({"secret": secret})).await.unwrap().value, json!(1000));
    let look = r#"
import builtins, ctypes, gc, json, os, re, sys
def main(half):
    needle = half[::-1].encode()
    found = []
    for place in (builtins, sys, json):
        if hasattr(place, "left"): found.append(place.__name__)
    if "LEFT" in os.environ or "/left" in sys.path: found.append("environment")
    for thing in gc.get_objects():
        if isinstance(thing, dict) and "secret_copy" in thing and thing is not globals(): found.append("gc")
    frame, frames = sys._getframe(), []
    while frame:
        frames.append(frame)
        frame = frame.f_back
    for frame in frames[1:]:
        for value in list(frame.f_globals.values()) + list(frame.f_locals.values()):
            text = repr(value)
            if needle.decode() in text: found.append("frames")
    for fd in range(4, 64):
        try:
            os.fstat(fd)
            found.append(f"file {fd}")
        except OSError: pass
    try:
        os.read(0, 1) and found.append("request")
    except OSError: pass
    # The heap around a fresh object.
    start = id(bytearray(64)) & ~0xffff
    if needle in ctypes.string_at(start, 0x8000): found.append("memory")
    return found
"#;
    // The needle must not itself lie in memory where it is looked for.
    let reversed: String = secret.chars().rev().collect();
    assert_eq!(python(&sandbox, look, json!({"half": reversed})).await.unwrap().value, json!([]));
    let roll = "import random\ndef main():\n    return random.random()";
    let first = python(&sandbox, roll, json!({})).await.unwrap().value;
    assert_ne!(first, python(&sandbox, roll, json!({})).await.unwrap().value, "runs must not share their chance");
}

#[tokio::test]
async fn runs_of_two_servers_cannot_touch_each_other() {
    let settings = PythonSettings { servers: 2, ..PythonSettings::default() };
    let sandbox = Sandbox::new(SandboxSettings { python: settings, ..tight() }).unwrap();
    sandbox.warm_up().await.unwrap();
    let victim = python(&sandbox, "import time\ndef main():\n    time.sleep(1)\n    return 'unharmed'", json!({}));
    let attack = r#"
import ctypes, os
def main():
    libc = ctypes.CDLL(None, use_errno=True)
    reached = []
    for pid in range(max(2, os.getpid() - 300), os.getpid() + 300):
        if pid == os.getpid(): continue
        for name in ("mem", "maps", "environ", "cmdline", "fd/0"):
            try:
                open(f"/proc/{pid}/{name}", "rb").read(1)
                reached.append(f"{pid} {name}")
            except OSError: pass
        for action in (lambda: os.kill(pid, 9), lambda: os.pidfd_open(pid), lambda: os.sched_setaffinity(pid, {0})):
            try:
                action()
                reached.append(pid)
            except OSError: pass
        if libc.ptrace(16, pid, 0, 0) == 0: reached.append(f"ptrace {pid}")
    return reached
"#;
    let (victim, attacker) = tokio::join!(victim, attacked(&sandbox, attack));
    assert_eq!(attacker.unwrap().value, json!([]));
    assert_eq!(victim.unwrap().value, json!("unharmed"));
}

#[tokio::test]
async fn a_run_whose_caller_left_is_ended() {
    let settings = PythonSettings { servers: 1, ..PythonSettings::default() };
    let limits = Limits { time: Duration::from_secs(600), ..Limits::default() };
    let sandbox = Sandbox::new(SandboxSettings { python: settings, limits, ..SandboxSettings::default() }).unwrap();
    let endless = python(&sandbox, "import time\ndef main():\n    time.sleep(500)", json!({}));
    assert!(tokio::time::timeout(Duration::from_secs(2), endless).await.is_err());
    // The only place is free again, and works.
    let after = python(&sandbox, "def main():\n    return 1", json!({})).await;
    assert_eq!(after.unwrap().value, json!(1));
}

#[tokio::test]
async fn without_a_free_place_a_run_is_refused_in_time() {
    let settings = PythonSettings { servers: 1, ..PythonSettings::default() };
    let limits = Limits { wait: Duration::from_millis(200), ..Limits::default() };
    let sandbox = Sandbox::new(SandboxSettings { python: settings, limits, ..SandboxSettings::default() }).unwrap();
    sandbox.warm_up().await.unwrap();
    let long = python(&sandbox, "import time\ndef main():\n    time.sleep(3)\n    return 1", json!({}));
    let other = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        python(&sandbox, "def main():\n    return 1", json!({})).await
    };
    let (long, other) = tokio::join!(long, other);
    assert_eq!(long.unwrap().value, json!(1));
    assert!(matches!(other, Err(SandboxError::Busy)), "{other:?}");
}
