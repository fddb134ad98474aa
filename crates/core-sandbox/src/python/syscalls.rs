//! Which system calls the jail lets through.
//!
//! Two stages: the fork server is started under the first, and every run adds the second before it reads its script.
//! Each stage is a list of what is allowed (anything else does not exist: `ENOSYS`, so that libraries fall back to what
//! they used before it did) and, above it, a list of refusals that scripts should see as such (`EPERM`).

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// Memory, files that are open already, clocks, waiting, threads of one's own, and looking at oneself.
const SCRIPT: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_lseek,
    libc::SYS_fadvise64,
    libc::SYS_openat,
    libc::SYS_getdents64,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_fcntl,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_recvfrom,
    libc::SYS_shutdown,
    libc::SYS_getsockopt,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_rseq,
    libc::SYS_membarrier,
    libc::SYS_set_tid_address,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getgroups,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_getrusage,
    libc::SYS_getrlimit,
    libc::SYS_getitimer,
    libc::SYS_setitimer,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Older forms that other architectures never had.
#[cfg(target_arch = "x86_64")]
const SCRIPT_OLD: &[c_long] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_epoll_wait,
    libc::SYS_time,
    libc::SYS_alarm,
    libc::SYS_getpgrp,
];
#[cfg(not(target_arch = "x86_64"))]
const SCRIPT_OLD: &[c_long] = &[];

/// Starting, forking, passing pipes, waiting; and the way to the second stage.
const SERVER: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_clone,
    libc::SYS_wait4,
    libc::SYS_recvmsg,
    libc::SYS_sendto,
    libc::SYS_kill,
    libc::SYS_pidfd_open,
    libc::SYS_prctl,
    libc::SYS_seccomp,
    libc::SYS_prlimit64,
    libc::SYS_setrlimit,
    libc::SYS_ioctl,
];

#[cfg(target_arch = "x86_64")]
const SERVER_OLD: &[c_long] = &[libc::SYS_arch_prctl];
#[cfg(not(target_arch = "x86_64"))]
const SERVER_OLD: &[c_long] = &[];

/// What scripts try and should be told about: `PermissionError` instead of "not implemented".
const REFUSED: &[c_long] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept4,
    libc::SYS_sendmsg,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_setuid,
    libc::SYS_setresuid,
    libc::SYS_setreuid,
    libc::SYS_tgkill,
    libc::SYS_tkill,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_chroot,
    libc::SYS_bpf,
    libc::SYS_keyctl,
    libc::SYS_userfaultfd,
    libc::SYS_memfd_create,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_symlinkat,
    libc::SYS_linkat,
    libc::SYS_renameat2,
    libc::SYS_fchmodat,
    libc::SYS_mknodat,
    libc::SYS_execveat,
];

#[cfg(target_arch = "x86_64")]
const REFUSED_OLD: &[c_long] =
    &[libc::SYS_mkdir, libc::SYS_unlink, libc::SYS_rmdir, libc::SYS_rename, libc::SYS_symlink, libc::SYS_chmod];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_OLD: &[c_long] = &[];

/// What a script is refused in addition, because the server needs it.
const REFUSED_TO_SCRIPT: &[c_long] =
    &[libc::SYS_execve, libc::SYS_wait4, libc::SYS_recvmsg, libc::SYS_kill, libc::SYS_pidfd_open, libc::SYS_prctl];

#[cfg(target_arch = "x86_64")]
const REFUSED_TO_SCRIPT_OLD: &[c_long] = &[libc::SYS_fork, libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_TO_SCRIPT_OLD: &[c_long] = &[];

/// Opening files, where Landlock does not say which.
const OPENING: &[c_long] = &[libc::SYS_openat];
#[cfg(target_arch = "x86_64")]
const OPENING_OLD: &[c_long] = &[libc::SYS_open];
#[cfg(not(target_arch = "x86_64"))]
const OPENING_OLD: &[c_long] = &[];

/// Terminal or not, inheritable or not, blocking or not, how much is there to read.
const IOCTLS: &[u64] = &[0x5401, 0x5451, 0x5450, 0x5421, 0x541b];

/// A processor that filters cannot be made for, or a mistake in the lists.
pub(super) type FilterError = seccompiler::BackendError;

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

/// The filters under which the server is started, in the order in which they are applied.
pub(super) fn of_server() -> Result<Vec<BpfProgram>, FilterError> {
    let mut allowed = listed(&[SCRIPT, SCRIPT_OLD, SERVER, SERVER_OLD]);
    allowed.insert(libc::SYS_socketpair, vec![stream_pair()?]);
    Ok(vec![only(allowed)?, without(listed(&[REFUSED, REFUSED_OLD]))?])
}

/// What a run adds. Without Landlock it cannot open files either.
pub(super) fn of_script(may_open: bool) -> Result<Vec<BpfProgram>, FilterError> {
    // `prctl` applies the second filter, which then refuses it.
    let mut allowed = listed(&[SCRIPT, SCRIPT_OLD, &[libc::SYS_prctl]]);
    allowed.insert(libc::SYS_clone, vec![thread(SeccompCmpOp::MaskedEq(CLONE_THREAD), CLONE_THREAD)?]);
    allowed.insert(libc::SYS_socketpair, vec![stream_pair()?]);
    // To the peer of a pair only: no address.
    allowed.insert(libc::SYS_sendto, vec![SeccompRule::new(vec![equal(4, SeccompCmpArgLen::Qword, 0)?])?]);
    // Asking for limits, not setting them.
    allowed.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![equal(2, SeccompCmpArgLen::Qword, 0)?])?]);
    let ioctl = |command| SeccompRule::new(vec![equal(1, SeccompCmpArgLen::Dword, command)?]);
    allowed.insert(libc::SYS_ioctl, IOCTLS.iter().map(|command| ioctl(*command)).collect::<Result<_, _>>()?);
    let mut refused = listed(&[REFUSED_TO_SCRIPT, REFUSED_TO_SCRIPT_OLD]);
    refused.insert(libc::SYS_clone, vec![thread(SeccompCmpOp::MaskedEq(CLONE_THREAD), 0)?]);
    if !may_open {
        refused.extend(listed(&[OPENING, OPENING_OLD]));
    }
    Ok(vec![only(allowed)?, without(refused)?])
}

const CLONE_THREAD: u64 = libc::CLONE_THREAD as u64;

fn listed(lists: &[&[c_long]]) -> Rules {
    lists.iter().flat_map(|list| list.iter()).map(|call| (*call, Vec::new())).collect()
}

fn equal(argument: u8, length: SeccompCmpArgLen, value: u64) -> Result<SeccompCondition, FilterError> {
    SeccompCondition::new(argument, length, SeccompCmpOp::Eq, value)
}

fn thread(compared: SeccompCmpOp, value: u64) -> Result<SeccompRule, FilterError> {
    SeccompRule::new(vec![SeccompCondition::new(0, SeccompCmpArgLen::Qword, compared, value)?])
}

/// A connected pair of local sockets, which event loops need. Datagram sockets could be sent to others.
fn stream_pair() -> Result<SeccompRule, FilterError> {
    let kind = SeccompCmpOp::MaskedEq(0xf);
    SeccompRule::new(vec![
        equal(0, SeccompCmpArgLen::Dword, libc::AF_UNIX.unsigned_abs().into())?,
        SeccompCondition::new(1, SeccompCmpArgLen::Dword, kind, libc::SOCK_STREAM.unsigned_abs().into())?,
    ])
}

fn only(allowed: Rules) -> Result<BpfProgram, FilterError> {
    filter(allowed, SeccompAction::Errno(libc::ENOSYS.unsigned_abs()), SeccompAction::Allow)
}

fn without(refused: Rules) -> Result<BpfProgram, FilterError> {
    filter(refused, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM.unsigned_abs()))
}

fn filter(rules: Rules, otherwise: SeccompAction, listed: SeccompAction) -> Result<BpfProgram, FilterError> {
    let architecture: TargetArch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, listed, architecture)?.try_into()
}
