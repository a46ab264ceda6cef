//! Reading /proc (proc(5)): children, stat, status.

use rustix::fs::{CWD, Mode, OFlags};
use std::fmt::Write as _;
use std::mem::MaybeUninit;

/// What a read that fills less than this has left nothing behind: the kernel collects at least a page
/// before it hands out less than was asked for (`seq_read_iter` in fs/seq_file.c).
const PAGE: usize = 4096;

/// The content of a small file; `None` where the process is gone.
///
/// Three calls where `std::fs::read` makes six: it asks for the size and the position, which a file of
/// /proc does not have, and reads once more to see the end. Every cell reads about ten such files.
pub(super) fn read(path: &str) -> Option<Vec<u8>> {
    let file = rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    // On the stack: a short-lived large allocation for each read would tear the heap into pieces between
    // the small ones that a run keeps for each cell.
    let mut buffer = [MaybeUninit::uninit(); 2 * PAGE];
    let mut content = Vec::new();
    loop {
        let got = match rustix::io::read(&file, &mut buffer) {
            Ok((got, _)) => got,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
        };
        content.extend_from_slice(got);
        if got.len() < PAGE / 2 {
            return Some(content);
        }
    }
}

/// Whether a process is there and has one thread. The folder of its threads counts them as links beside its
/// own two (`proc_task_getattr` in fs/proc/base.c), so that the list need not be read.
pub(super) fn has_one_thread(pid: i32) -> bool {
    let path = format!("/proc/{pid}/task");
    let folder = rustix::fs::statat(CWD, path.as_str(), rustix::fs::AtFlags::empty());
    folder.is_ok_and(|folder| folder.st_nlink == 3)
}

/// The processes that a thread of a process has made and that still count as its children; `None` where
/// the process is gone or the kernel lacks CONFIG_PROC_CHILDREN.
pub(super) fn children(pid: i32, thread: i32) -> Option<Vec<i32>> {
    let list = read(&format!("/proc/{pid}/task/{thread}/children"))?;
    let list = String::from_utf8_lossy(&list);
    Some(list.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect())
}

/// The threads of a process.
pub(super) fn threads(pid: i32) -> Vec<i32> {
    numbers(&format!("/proc/{pid}/task"))
}

/// Every process.
pub(super) fn all() -> Vec<i32> {
    numbers("/proc")
}

fn numbers(folder: &str) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// What /proc/PID/stat says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The short name.
    pub(crate) name: String,
    /// Its parent.
    pub(crate) parent: i32,
    /// Its session.
    pub(crate) session: i32,
    /// Its state: `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`.
    state: char,
    threads: u32,
}

impl Stat {
    /// Of a process; `None` when it is gone.
    pub(crate) fn of(pid: i32) -> Option<Stat> {
        Stat::parse(&String::from_utf8_lossy(&read(&format!("/proc/{pid}/stat"))?))
    }

    fn parse(line: &str) -> Option<Stat> {
        // The name may hold parentheses and spaces; nothing after it does.
        let (head, tail) = line.rsplit_once(") ")?;
        let name = head.split_once('(')?.1.to_owned();
        let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
        Some(Stat {
            name,
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            threads: fields.get(17)?.parse().ok()?,
        })
    }

    /// Whether it has ended. (The first thread of a process can end before the others.)
    pub(crate) fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z' | 'X') && self.threads <= 1
    }
}

/// What /proc/PID/status or /proc/PID/task/TID/status says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) state: u8,
    pub(super) threads: u32,
    /// Its id in the innermost PID namespace.
    pub(super) own_pid: u32,
    /// Signals pending for this thread or for the process: bit N-1 is signal N.
    pub(super) pending: u64,
    pub(super) blocked: u64,
    pub(super) ignored: u64,
    pub(super) caught: u64,
    /// How often it has gone to sleep.
    pub(super) sleeps: u64,
}

impl Status {
    /// Of a process, or of one of its threads; `None` when it is gone.
    pub(super) fn of(pid: i32, thread: Option<i32>) -> Option<Status> {
        let mut path = format!("/proc/{pid}/");
        if let Some(thread) = thread {
            let _ = write!(path, "task/{thread}/");
        }
        path.push_str("status");
        Some(Status::parse(&read(&path)?))
    }

    fn parse(text: &[u8]) -> Status {
        let mut status = Status::default();
        for line in text.split(|byte| *byte == b'\n') {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.trim_start();
            let mask = || u64::from_str_radix(value, 16).unwrap_or(0);
            match key {
                "State" => status.state = value.bytes().next().unwrap_or(0),
                "Threads" => status.threads = value.parse().unwrap_or(0),
                "NSpid" => {
                    status.own_pid =
                        value.split_ascii_whitespace().last().and_then(|pid| pid.parse().ok()).unwrap_or(0);
                }
                "SigPnd" | "ShdPnd" => status.pending |= mask(),
                "SigBlk" => status.blocked = mask(),
                "SigIgn" => status.ignored = mask(),
                "SigCgt" => status.caught = mask(),
                "voluntary_ctxt_switches" => status.sleeps = value.parse().unwrap_or(0),
                _ => {}
            }
        }
        status
    }

    /// Whether it has ended.
    pub(super) fn is_dead(&self) -> bool {
        matches!(self.state, b'Z' | b'X')
    }

    /// Whether it does nothing and is about to do nothing: asleep in a call without a signal that would
    /// wake it, stopped, or ended.
    pub(super) fn is_quiet(&self) -> bool {
        match self.state {
            b'S' => self.pending & !self.blocked == 0,
            b'T' | b't' | b'Z' | b'X' => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_end_of_itself() {
        let line = "7 (a) Z (b)) S 3 7 5 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 2 0 9 0 0";
        let stat = Stat::parse(line).expect("a stat line");
        assert_eq!((stat.name.as_str(), stat.state), ("a) Z (b)", 'S'));
        assert_eq!((stat.parent, stat.session, stat.threads), (3, 5, 2));
    }

    #[test]
    fn a_sleeper_with_a_signal_on_its_way_is_not_quiet() {
        let status = |pending: &str, blocked: &str| {
            Status::parse(
                format!("State:\tS (sleeping)\nNSpid:\t9\t1\nShdPnd:\t{pending}\nSigBlk:\t{blocked}\n")
                    .as_bytes(),
            )
        };
        assert_eq!(status("0", "0").own_pid, 1);
        assert!(status("0000000000000000", "0000000000000000").is_quiet());
        assert!(!status("0000000000004000", "0000000000000000").is_quiet());
        assert!(status("0000000000004000", "0000000000004000").is_quiet());
    }
}
