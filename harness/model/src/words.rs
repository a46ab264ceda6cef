//! The words in which an observation is told: in reasons, in tables, in snapshots.
//!
//! One place, so that a reason and a table never call the same thing by two names.

use crate::observation::{Disposition, Ended, HookRun, Left, Trouble};
use crate::signals::Signal;
use crate::work::Worked;
use std::cmp::Ordering;

/// Exit codes of Windows that have a name (ntstatus.h, "NTSTATUS Values" in [MS-ERREF] 2.3.1).
static NT_STATUS: &[(u32, &str)] = &[
    (0x4001_0004, "DBG_TERMINATE_PROCESS"),
    (0x4001_0005, "DBG_CONTROL_C"),
    (0x8000_0003, "STATUS_BREAKPOINT"),
    (0xC000_0005, "STATUS_ACCESS_VIOLATION"),
    (0xC000_0006, "STATUS_IN_PAGE_ERROR"),
    (0xC000_0017, "STATUS_NO_MEMORY"),
    (0xC000_001D, "STATUS_ILLEGAL_INSTRUCTION"),
    (0xC000_0094, "STATUS_INTEGER_DIVIDE_BY_ZERO"),
    (0xC000_00FD, "STATUS_STACK_OVERFLOW"),
    (0xC000_0135, "STATUS_DLL_NOT_FOUND"),
    (0xC000_0139, "STATUS_ENTRYPOINT_NOT_FOUND"),
    (0xC000_013A, "STATUS_CONTROL_C_EXIT"),
    (0xC000_0142, "STATUS_DLL_INIT_FAILED"),
    (0xC000_0374, "STATUS_HEAP_CORRUPTION"),
    (0xC000_0409, "STATUS_STACK_BUFFER_OVERRUN"),
    (0xC000_0420, "STATUS_ASSERTION_FAILURE"),
];

/// An exit code: decimal, and in hexadecimal with its name where only Windows can give it. POSIX
/// keeps 8 bits of a status (`_exit(2)`), so nothing above 65535 is meant as a number to read.
pub fn exit_code(code: u32) -> String {
    match NT_STATUS.iter().find(|(value, _)| *value == code) {
        Some((_, name)) => format!("0x{code:08X} {name}"),
        None if code > 0xFFFF => format!("0x{code:08X}"),
        None => code.to_string(),
    }
}

/// How it ended: `exit 0`, `signal SIGINT`, `dies of it` where that signal is the one that was sent,
/// `survives`, `never ready`.
pub fn ended(ended: &Ended, sent: Option<Signal>) -> String {
    match ended {
        Ended::Exited { code } => format!("exit {}", exit_code(*code)),
        Ended::Signaled { signal, .. } if Some(*signal) == sent => "dies of it".to_owned(),
        Ended::Signaled { signal, .. } => format!("signal {signal}"),
        Ended::Survived => "survives".to_owned(),
        Ended::NeverReady => "never ready".to_owned(),
    }
}

/// The kind of a trouble, without its detail, which differs from run to run.
pub fn trouble(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::NotStarted(_) => "could not start",
        Trouble::NeverReady(_) => "never ready",
        Trouble::NotDelivered(_) => "could not deliver",
        Trouble::Protocol(_) => "protocol",
        Trouble::NotChecked(_) => "could not check",
        Trouble::Harness(_) => "harness",
    }
}

/// What a process makes of a signal.
pub fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Default => "default",
        Disposition::Ignored => "ignored",
        Disposition::Caught => "caught",
        Disposition::Blocked => "blocked",
    }
}

/// Hooks in a list: `none`, `[C, B, A]`.
pub fn hooks<S: AsRef<str>>(hooks: &[S]) -> String {
    if hooks.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<&str> = hooks.iter().map(AsRef::as_ref).collect();
    format!("[{}]", names.join(", "))
}

/// The hooks by role, `main` first and the others in alphabetical order. Between two processes there
/// is no order that could be relied on, so none is shown.
pub fn by_role(cleanup: &[HookRun]) -> Vec<(&str, Vec<&str>)> {
    let mut roles: Vec<(&str, Vec<&str>)> = Vec::new();
    for run in cleanup {
        match roles.iter_mut().find(|(role, _)| *role == run.role) {
            Some((_, hooks)) => hooks.push(&run.hook),
            None => roles.push((&run.role, vec![&run.hook])),
        }
    }
    roles.sort_by_key(|(role, _)| (*role != "main", *role));
    roles
}

/// The cleanup that ran: `none`, `C, B, A`, and with other processes than main
/// `reloader: A; server: B`.
pub fn cleanup(cleanup: &[HookRun]) -> String {
    let roles = by_role(cleanup);
    match roles.as_slice() {
        [] => "none".to_owned(),
        [("main", hooks)] => hooks.join(", "),
        _ => {
            let each: Vec<String> =
                roles.iter().map(|(role, hooks)| format!("{role}: {}", hooks.join(", "))).collect();
            each.join("; ")
        }
    }
}

/// What stayed behind, each with its kind: `process server`, `zombie worker`, `file app.pid`,
/// `port {port}`.
pub fn left_items(left: &Left) -> Vec<String> {
    let kinds = [
        ("process", &left.processes),
        ("zombie", &left.zombies),
        ("file", &left.files),
        ("port", &left.ports),
    ];
    kinds.into_iter().flat_map(|(kind, names)| names.iter().map(move |n| format!("{kind} {n}"))).collect()
}

/// What stayed behind in one phrase; `nothing` where nothing did.
pub fn left(left: &Left) -> String {
    if left.is_empty() { "nothing".to_owned() } else { left_items(left).join(", ") }
}

/// What became of the requests: `slow answered, idle closed`; empty where there were none.
pub fn work(work: &[Worked]) -> String {
    let each: Vec<String> = work.iter().map(|one| format!("{} {}", one.request, one.answer.word())).collect();
    each.join(", ")
}

/// A count with its noun: `1 cell`, `2 cells`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Compares as people do: runs of digits by their value, so that `S1-2` comes before `S1-10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while !left.is_empty() && !right.is_empty() {
        let (head, tail) = split(left);
        let (other_head, other_tail) = split(right);
        let both_numbers = digits(head) > 0 && digits(other_head) > 0;
        let order = if both_numbers {
            let (value, other) = (head.trim_start_matches('0'), other_head.trim_start_matches('0'));
            value.len().cmp(&other.len()).then_with(|| value.cmp(other))
        } else {
            head.cmp(other_head)
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (tail, other_tail);
    }
    // `01` and `1` are equal up to here: the plain order keeps the whole a total one.
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The first run of digits, or the first other character, and the rest.
fn split(text: &str) -> (&str, &str) {
    let end = match digits(text) {
        0 => text.chars().next().map_or(0, char::len_utf8),
        length => length,
    };
    text.split_at(end)
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}
