//! Under whom PostgreSQL runs: it refuses uid 0.
//!
//! An ordinary user runs it as itself. For root there are two ways: a user namespace in which root's files look like
//! an ordinary user's (nothing on disk changes), and, where namespaces are refused, an unprivileged account that the
//! cluster's folder is given to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command;
use crate::error::BootstrapError;
use crate::layout::Layout;
use crate::process;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    Own,
    Namespace { uid: u32, gid: u32 },
    Account { uid: u32, gid: u32 },
}

/// One line of the account table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Identity {
    /// Picks the way that works here. A cluster that was given to an account stays with it.
    pub(super) fn choose(layout: &Layout) -> Result<Self, BootstrapError> {
        if !process::am_root() {
            return Ok(Self::Own);
        }
        let given_away = owner(&layout.postgres()).filter(|owner| owner.uid != 0);
        if given_away.is_none() {
            let Account { uid, gid } = mapped_account();
            let namespace = Self::Namespace { uid, gid };
            if command::run(&mut namespace.command(Path::new("true"))).is_ok_and(|ran| ran.ok) {
                return Ok(namespace);
            }
        }
        let account = given_away
            .or_else(|| account("postgres"))
            .or_else(|| account("nobody"))
            .ok_or_else(|| BootstrapError::Root { reason: "no account `postgres` or `nobody`".to_owned() })?;
        Self::hand_over(layout, account)
    }

    /// Gives the cluster's folder to the account and checks that it can reach it.
    fn hand_over(layout: &Layout, Account { uid, gid }: Account) -> Result<Self, BootstrapError> {
        let identity = Self::Account { uid, gid };
        let data = layout.postgres();
        fs::create_dir_all(&data).map_err(BootstrapError::file("create", &data))?;
        let mut chown = Command::new("chown");
        chown.arg("-R").arg(format!("{uid}:{gid}")).arg(&data);
        for attempt in [&mut chown, identity.command(Path::new("test")).arg("-w").arg(&data)] {
            let ran = command::run(attempt).map_err(|reason| BootstrapError::Root { reason })?;
            if !ran.ok {
                let reason = format!("uid {uid} cannot use {}: {}", data.display(), ran.log);
                return Err(BootstrapError::Root { reason });
            }
        }
        Ok(identity)
    }

    /// The program, run under this identity.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Own => Command::new(program),
            Self::Namespace { uid, gid } => {
                let mut unshare = Command::new("unshare");
                unshare.args(["-U", &format!("--map-user={uid}"), &format!("--map-group={gid}"), "--"]).arg(program);
                unshare
            }
            Self::Account { uid, gid } => {
                let mut setpriv = Command::new("setpriv");
                setpriv.args([&format!("--reuid={uid}"), &format!("--regid={gid}"), "--clear-groups", "--"]);
                setpriv.arg(program);
                setpriv
            }
        };
        // Not the caller's folder: another user may not be allowed into it.
        command.current_dir("/");
        super::database::forget_settings(&mut command);
        command
    }
}

/// An id that the account table knows: `initdb` looks up its own name.
fn mapped_account() -> Account {
    let known = |uid: u32| accounts().into_iter().find(|(_, account)| account.uid == uid).map(|(_, account)| account);
    known(1000)
        .or_else(|| account("postgres"))
        .or_else(|| account("nobody"))
        .unwrap_or(Account { uid: 1000, gid: 1000 })
}

fn account(name: &str) -> Option<Account> {
    accounts().into_iter().find(|(known, _)| known == name).map(|(_, account)| account)
}

fn accounts() -> Vec<(String, Account)> {
    fs::read_to_string(PathBuf::from("/etc/passwd"))
        .map(|text| text.lines().filter_map(parse).collect())
        .unwrap_or_default()
}

fn parse(line: &str) -> Option<(String, Account)> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    Some((name, Account { uid, gid }))
}

#[cfg(unix)]
fn owner(folder: &Path) -> Option<Account> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(folder).ok().map(|metadata| Account { uid: metadata.uid(), gid: metadata.gid() })
}

#[cfg(not(unix))]
fn owner(_folder: &Path) -> Option<Account> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_lines_are_read() {
        let line = "nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin";
        assert_eq!(parse(line), Some(("nobody".to_owned(), Account { uid: 65534, gid: 65533 })));
        assert_eq!(parse("# comment"), None);
    }

    #[test]
    fn each_identity_wraps_the_program() {
        let words = |identity: Identity| {
            let command = identity.command(Path::new("/x/pg_ctl"));
            let mut words = vec![command.get_program().to_string_lossy().into_owned()];
            words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
            words.join(" ")
        };
        assert_eq!(words(Identity::Own), "/x/pg_ctl");
        assert_eq!(words(Identity::Namespace { uid: 5, gid: 6 }), "unshare -U --map-user=5 --map-group=6 -- /x/pg_ctl");
        assert_eq!(
            words(Identity::Account { uid: 5, gid: 6 }),
            "setpriv --reuid=5 --regid=6 --clear-groups -- /x/pg_ctl"
        );
    }
}
