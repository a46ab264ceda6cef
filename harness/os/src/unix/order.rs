//! What the pool and a warden say to each other: an order, and an answer of fixed size.
//!
//! An order is one message on a stream socket: its length, fixed fields as native 64-bit words, then
//! strings that end in NUL, so that the warden can point execve(2) right into the message. Descriptors
//! go along by SCM_RIGHTS (unix(7)). (CLONE_FILES, one table shared by harness and wardens, was
//! rejected: it saves the passing, but every spawn then copies the table of the whole harness, and no BSD
//! but FreeBSD has it. SOCK_SEQPACKET would spare the length; macOS lacks it.)

use std::ffi::{CStr, CString, c_char};

/// A descriptor 0, 1 or 2 of a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Slot {
    /// `/dev/null`.
    #[default]
    Null,
    /// Closed.
    Closed,
    /// The n-th descriptor that came with the order.
    Passed(u8),
}

/// The fixed part of an order to start a program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// Whether the target leads a process group, or a session.
    pub(crate) lead: Lead,
    /// The passed descriptor that becomes the controlling terminal.
    pub(crate) terminal: Option<u8>,
    /// Signals to ignore: bit N-1 is signal N.
    pub(crate) ignored: u64,
    /// Signals to block.
    pub(crate) blocked: u64,
    /// The signal for prctl(2) PR_SET_PDEATHSIG or procctl(2) PROC_PDEATHSIG_CTL; 0 is none.
    pub(crate) parent_death: i32,
    /// Whether the target is PID 1 of a namespace.
    pub(crate) pid_namespace: bool,
    /// Whether a process stands between warden and target.
    pub(crate) parent: bool,
    /// Descriptors 0, 1 and 2.
    pub(crate) stdio: [Slot; 3],
    /// RLIMIT_CPU in seconds.
    pub(crate) cpu: Option<u64>,
    /// RLIMIT_FSIZE in bytes.
    pub(crate) file_size: Option<u64>,
}

/// What a target leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lead {
    /// Nothing.
    #[default]
    Nothing,
    /// A process group.
    Group,
    /// A session.
    Session,
}

const START: u64 = 1;
const FINISH: u64 = 2;

/// The message that ends and reaps everything below the warden.
pub(crate) fn finish() -> Vec<u8> {
    let mut message = Vec::with_capacity(12);
    message.extend_from_slice(&8_u32.to_ne_bytes());
    message.extend_from_slice(&FINISH.to_ne_bytes());
    message
}

/// The message that starts a program.
pub(crate) fn start(fixed: &Fixed, path: &CStr, cwd: &CStr, argv: &[CString], env: &[CString]) -> Vec<u8> {
    let mut message = Vec::with_capacity(1024);
    message.extend_from_slice(&[0; 4]);
    let slot = |slot: Slot| match slot {
        Slot::Null => 0,
        Slot::Closed => 1,
        Slot::Passed(index) => 2 + u64::from(index),
    };
    for word in [
        START,
        fixed.lead as u64,
        fixed.terminal.map_or(0, |index| 1 + u64::from(index)),
        fixed.ignored,
        fixed.blocked,
        u64::from(fixed.parent_death.unsigned_abs()),
        u64::from(fixed.pid_namespace),
        u64::from(fixed.parent),
        slot(fixed.stdio[0]),
        slot(fixed.stdio[1]),
        slot(fixed.stdio[2]),
        fixed.cpu.unwrap_or(u64::MAX),
        fixed.file_size.unwrap_or(u64::MAX),
        argv.len() as u64,
        env.len() as u64,
    ] {
        message.extend_from_slice(&word.to_ne_bytes());
    }
    for string in [path, cwd].into_iter().chain(argv.iter().chain(env).map(CString::as_c_str)) {
        message.extend_from_slice(string.to_bytes_with_nul());
    }
    let length = u32::try_from(message.len() - 4).unwrap_or(u32::MAX);
    message[..4].copy_from_slice(&length.to_ne_bytes());
    message
}

/// An order as the warden reads it: pointers into the message.
pub(crate) struct Plan<'a> {
    /// The fixed part.
    pub(crate) fixed: Fixed,
    /// What to execute.
    pub(crate) path: &'a CStr,
    /// The working folder.
    pub(crate) cwd: &'a CStr,
    /// The arguments, ended by a null pointer, as execve(2) wants them.
    pub(crate) argv: Vec<*const c_char>,
    /// The environment, ended by a null pointer.
    pub(crate) env: Vec<*const c_char>,
}

impl Plan<'_> {
    /// The line of a variable of the environment, `NAME=VALUE`.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        // SAFETY: the pointers before the last, which is null, lead to strings of the order that end in
        // NUL.
        let lines =
            self.env.iter().filter(|line| !line.is_null()).map(|line| unsafe { CStr::from_ptr(*line) });
        let mut lines = lines.map(CStr::to_string_lossy);
        let line = lines.find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))?;
        Some(line.into_owned())
    }
}

/// An order.
pub(crate) enum Order<'a> {
    /// Start a program.
    Start(Plan<'a>),
    /// End and reap everything.
    Finish,
}

/// Reads a message without its length; `None` when it is none of ours.
pub(crate) fn read(message: &[u8]) -> Option<Order<'_>> {
    let mut rest = message;
    let mut word = || {
        let (head, tail) = rest.split_first_chunk::<8>()?;
        rest = tail;
        Some(u64::from_ne_bytes(*head))
    };
    match word()? {
        START => {}
        FINISH => return Some(Order::Finish),
        _ => return None,
    }
    let lead = match word()? {
        0 => Lead::Nothing,
        1 => Lead::Group,
        _ => Lead::Session,
    };
    let small = |word: u64| u8::try_from(word).ok();
    let slot = |word: u64| match word {
        0 => Some(Slot::Null),
        1 => Some(Slot::Closed),
        index => Some(Slot::Passed(small(index - 2)?)),
    };
    let limit = |word: u64| (word != u64::MAX).then_some(word);
    let fixed = Fixed {
        lead,
        terminal: match word()? {
            0 => None,
            index => Some(small(index - 1)?),
        },
        ignored: word()?,
        blocked: word()?,
        parent_death: i32::try_from(word()?).ok()?,
        pid_namespace: word()? != 0,
        parent: word()? != 0,
        stdio: [slot(word()?)?, slot(word()?)?, slot(word()?)?],
        cpu: limit(word()?),
        file_size: limit(word()?),
    };
    let (arguments, variables) = (word()?, word()?);
    let mut string = || {
        let string = CStr::from_bytes_until_nul(rest).ok()?;
        rest = &rest[string.to_bytes_with_nul().len()..];
        Some(string)
    };
    let (path, cwd) = (string()?, string()?);
    let mut pointers = |count: u64| {
        let mut list = Vec::with_capacity(usize::try_from(count).ok()? + 1);
        for _ in 0..count {
            list.push(string()?.as_ptr());
        }
        list.push(std::ptr::null());
        Some(list)
    };
    let (argv, env) = (pointers(arguments)?, pointers(variables)?);
    Some(Order::Start(Plan { fixed, path, cwd, argv, env }))
}

/// Where a start failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Stage {
    /// It did not.
    Nowhere = 0,
    /// clone(2), fork(2).
    Fork = 1,
    /// Making the namespaces, or the mapping of users in them.
    Namespace = 2,
    /// setsid(2), setpgid(2).
    Session = 3,
    /// Making the terminal the controlling one.
    Terminal = 4,
    /// dup2(2).
    Stdio = 5,
    /// chdir(2).
    Folder = 6,
    /// setrlimit(2).
    Limit = 7,
    /// Signals: dispositions, mask, the signal for the parent's death.
    Signals = 8,
    /// execve(2).
    Exec = 9,
    /// The order could not be read.
    Order = 10,
}

impl Stage {
    fn from_number(number: i32) -> Stage {
        use Stage::{
            Exec, Folder, Fork, Limit, Namespace, Nowhere, Order, Session, Signals, Stdio, Terminal,
        };
        [Nowhere, Fork, Namespace, Session, Terminal, Stdio, Folder, Limit, Signals, Exec]
            .into_iter()
            .find(|stage| *stage as i32 == number)
            .unwrap_or(Order)
    }
}

/// A start that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Where.
    pub(crate) stage: Stage,
    /// Why: an errno.
    pub(crate) errno: i32,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Where a start failed.
    pub(crate) stage: Stage,
    /// Why; for the answer to `Finish`, why something could not be ended.
    pub(crate) errno: i32,
    /// The started process, or its wait status (wait(2)); negative where there is none.
    pub(crate) value: i32,
    /// The process between warden and target; 0 is none.
    pub(crate) parent: i32,
}

impl Answer {
    /// Its size on the wire, in bytes.
    pub(crate) const SIZE: usize = 16;

    pub(crate) fn failed(failure: Failure) -> Answer {
        Answer { stage: failure.stage, errno: failure.errno, value: -1, parent: 0 }
    }

    pub(crate) fn write(self) -> [u8; Answer::SIZE] {
        let mut bytes = [0; Answer::SIZE];
        for (index, word) in [self.stage as i32, self.errno, self.value, self.parent].into_iter().enumerate()
        {
            bytes[index * 4..][..4].copy_from_slice(&word.to_ne_bytes());
        }
        bytes
    }

    pub(crate) fn read(bytes: &[u8; Answer::SIZE]) -> Answer {
        let word = |index: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&bytes[index * 4..][..4]);
            i32::from_ne_bytes(word)
        };
        Answer { stage: Stage::from_number(word(0)), errno: word(1), value: word(2), parent: word(3) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_written() {
        let fixed = Fixed {
            lead: Lead::Session,
            terminal: Some(1),
            ignored: 3,
            blocked: 1 << 14,
            parent_death: 15,
            pid_namespace: true,
            parent: true,
            stdio: [Slot::Passed(1), Slot::Closed, Slot::Null],
            cpu: Some(1),
            file_size: None,
        };
        let strings = |list: &[&str]| -> Vec<CString> {
            list.iter().map(|word| CString::new(*word).expect("no NUL")).collect()
        };
        let message = start(&fixed, c"/bin/x", c"/", &strings(&["x", "", "a b"]), &strings(&["A=1", "B="]));
        let Some(Order::Start(plan)) = read(&message[4..]) else { panic!("it must be read") };
        assert_eq!(plan.fixed, fixed);
        assert_eq!((plan.path, plan.cwd), (c"/bin/x", c"/"));
        assert_eq!((plan.argv.len(), plan.env.len()), (4, 3));
        // SAFETY: the pointer leads into `message`, to a string that ends in NUL.
        assert_eq!(unsafe { CStr::from_ptr(plan.argv[2]) }, c"a b");
        assert_eq!(plan.variable("B"), Some("B=".to_owned()));
        assert_eq!(plan.variable("C"), None);
        assert!(read(&message[4..message.len() - 1]).is_none(), "cut off");
        assert!(matches!(read(&finish()[4..]), Some(Order::Finish)));
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let answer = Answer { stage: Stage::Exec, errno: 2, value: -1, parent: 77 };
        assert_eq!(Answer::read(&answer.write()), answer);
    }
}
