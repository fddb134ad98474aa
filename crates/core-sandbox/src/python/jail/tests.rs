//! The jail with a guard missing. (All guards together: `tests/sandbox/python_attacks.rs`.)

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::error::SandboxError;
use crate::python::answer;
use crate::python::interpreter::candidates;
use crate::python::server::{Room, Server, Slots};

/// The first interpreter that works in the full jail.
async fn interpreter(settings: &PythonSettings) -> Interpreter {
    for path in candidates(settings) {
        if let Ok(known) = Interpreter::ask(&path).await {
            let jail = Jail::around(known.clone(), settings, &Limits::default()).unwrap();
            if Server::start(Arc::new(jail), &Arc::<Slots>::default()).await.is_ok() {
                return known;
            }
        }
    }
    panic!("these tests need Python");
}

async fn run(server: &mut Server, code: &str) -> Result<String, SandboxError> {
    let request = json!({"code": code, "arguments": {}}).to_string();
    let room = Room { answer: 1 << 20, printed: 1 << 20, strict: true };
    let ran = tokio::time::timeout(Duration::from_secs(60), server.run(request.as_bytes(), room)).await;
    answer::returned(ran.unwrap().unwrap(), &Limits::default()).map(|(json, _printed)| json)
}

const ATTEMPTS: &str = r#"
import os, socket
def main():
    allowed = []
    attempts = {
        "read": lambda: open("/etc/passwd").read(),
        "proc": lambda: open("/proc/self/environ").read(),
        "write": lambda: open("/tmp/sandbox-escape", "w").write("x"),
        "list": lambda: os.listdir("/"),
        "fork": os.fork,
        "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "socket": socket.socket,
        "leave": os.setsid,
        "remove": lambda: os.unlink("/tmp/sandbox-escape"),
    }
    for name, attempt in attempts.items():
        try:
            if attempt() == 0 and name == "fork": os._exit(1)
            allowed.append(name)
        except OSError: pass
    return allowed
"#;

async fn holds(landlock: bool, ctypes: bool) {
    let settings = PythonSettings::default();
    let interpreter = Interpreter { ctypes, ..interpreter(&settings).await };
    let jail = Jail::with_landlock(landlock, interpreter, &settings, &Limits::default()).unwrap();
    let mut server = Server::start(Arc::new(jail), &Arc::<Slots>::default()).await.unwrap();
    assert_eq!(run(&mut server, ATTEMPTS).await.unwrap(), "[]");
    let usual = "import json, re, asyncio\ndef main():\n    return json.loads('[1]')";
    assert_eq!(run(&mut server, usual).await.unwrap(), "[1]");
}

#[tokio::test]
async fn holds_without_landlock() {
    holds(false, true).await;
}

#[tokio::test]
async fn holds_without_filters_for_scripts() {
    holds(true, false).await;
}

#[tokio::test]
async fn is_refused_when_too_much_is_missing() {
    let settings = PythonSettings::default();
    let interpreter = interpreter(&settings).await;
    let bare = Interpreter { ctypes: false, ..interpreter.clone() };
    assert!(Jail::with_landlock(false, bare.clone(), &settings, &Limits::default()).is_err());
    let strict = PythonSettings { strict: true, ..settings };
    for (landlock, interpreter) in [(false, interpreter.clone()), (true, bare)] {
        let refused = Jail::with_landlock(landlock, interpreter, &strict, &Limits::default()).unwrap_err();
        assert!(refused.contains("strict mode"), "{refused}");
    }
    assert!(Jail::with_landlock(true, interpreter, &strict, &Limits::default()).is_ok());
}
