//! Creating a process, and asking about one.

use super::sys::{check, clear_error, own, size, wide};
use std::ffi::c_void;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use windows_sys::Wdk::System::Threading::{
    NtQueryInformationProcess, ProcessBasicInformation, ProcessCommandLineInformation,
};
use windows_sys::Win32::Foundation::{HANDLE, UNICODE_STRING};
use windows_sys::Win32::System::Console::HPCON;
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList,
    EXTENDED_STARTUPINFO_PRESENT, GetExitCodeProcess, InitializeProcThreadAttributeList,
    LPPROC_THREAD_ATTRIBUTE_LIST, OpenProcess, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
    PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE, PROCESS_BASIC_INFORMATION, PROCESS_INFORMATION, PROCESS_NAME_WIN32,
    QueryFullProcessImageNameW, ResumeThread, STARTF_USESTDHANDLES, STARTUPINFOEXW,
    UpdateProcThreadAttribute,
};

/// How a process is created.
#[derive(Default)]
pub(super) struct Creation<'a> {
    pub(super) program: PathBuf,
    pub(super) arguments: &'a [String],
    /// `None`: this process's own.
    pub(super) env: Option<&'a [(String, String)]>,
    pub(super) cwd: Option<&'a Path>,
    /// Process creation flags, beside those that are always set.
    pub(super) flags: u32,
    /// Standard input, output, error, each inheritable. `None`: that of its console.
    pub(super) stdio: Option<[Option<&'a OwnedHandle>; 3]>,
    pub(super) pseudo_console: Option<HPCON>,
}

/// A process whose first thread has not run yet.
#[derive(Debug)]
pub(super) struct Suspended {
    pub(super) process: OwnedHandle,
    pub(super) pid: u32,
    thread: OwnedHandle,
}

impl Suspended {
    /// Lets it run.
    pub(super) fn resume(self) -> io::Result<(OwnedHandle, u32)> {
        // SAFETY: the handle is open. -1 is the error.
        check(unsafe { i32::from(ResumeThread(self.thread.as_raw_handle()) != u32::MAX) })?;
        Ok((self.process, self.pid))
    }
}

/// Creates a process, suspended. It inherits the given standard handles and nothing else.
pub(super) fn create(creation: &Creation<'_>) -> io::Result<Suspended> {
    let mut startup = STARTUPINFOEXW::default();
    startup.StartupInfo.cb = size::<STARTUPINFOEXW>();
    let mut inherited: Vec<HANDLE> = Vec::new();
    if let Some(stdio) = creation.stdio {
        startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        let [input, output, error] =
            stdio.map(|handle| handle.map_or(std::ptr::null_mut(), AsRawHandle::as_raw_handle));
        startup.StartupInfo.hStdInput = input;
        startup.StartupInfo.hStdOutput = output;
        startup.StartupInfo.hStdError = error;
        inherited.extend([input, output, error].into_iter().filter(|handle| !handle.is_null()));
        inherited.sort_unstable();
        inherited.dedup();
    }
    let mut attributes = Attributes::new()?;
    if !inherited.is_empty() {
        let bytes = size_of_val(inherited.as_slice());
        // SAFETY: the list of handles outlives the creation below.
        unsafe {
            attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, inherited.as_ptr().cast(), bytes)?;
        }
    }
    if let Some(console) = creation.pseudo_console {
        // SAFETY: the value of this attribute is the pseudo-console's handle itself, not a pointer to it.
        unsafe {
            attributes.set(
                PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE,
                console as *const c_void,
                size_of::<HPCON>(),
            )?;
        }
    }
    startup.lpAttributeList = attributes.list();

    let program = wide(&creation.program.to_string_lossy());
    let mut line = wide(&command_line(&creation.program, creation.arguments));
    let env = creation.env.map(environment);
    let cwd = creation.cwd.map(|folder| wide(&folder.to_string_lossy()));
    let mut created = PROCESS_INFORMATION::default();
    clear_error();
    // SAFETY: every text ends in a zero (the environment in two) and outlives the call, as do the startup
    // information with its attributes and the place for the result. The command line may be written to.
    check(unsafe {
        CreateProcessW(
            program.as_ptr(),
            line.as_mut_ptr(),
            std::ptr::null(),
            std::ptr::null(),
            i32::from(!inherited.is_empty()),
            creation.flags | CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT,
            env.as_ref().map_or(std::ptr::null(), |block| block.as_ptr().cast()),
            cwd.as_ref().map_or(std::ptr::null(), Vec::as_ptr),
            (&raw const startup).cast(),
            &raw mut created,
        )
    })?;
    Ok(Suspended { process: own(created.hProcess)?, thread: own(created.hThread)?, pid: created.dwProcessId })
}

/// An attribute list with room for two attributes.
struct Attributes(Vec<usize>);

impl Attributes {
    fn new() -> io::Result<Attributes> {
        let mut bytes = 0;
        // SAFETY: asks only for the size, which it says by failing.
        unsafe { InitializeProcThreadAttributeList(std::ptr::null_mut(), 2, 0, &raw mut bytes) };
        let mut list = Attributes(vec![0; bytes.div_ceil(size_of::<usize>())]);
        // SAFETY: the buffer has at least `bytes` bytes.
        check(unsafe { InitializeProcThreadAttributeList(list.list(), 2, 0, &raw mut bytes) })?;
        Ok(list)
    }

    fn list(&mut self) -> LPPROC_THREAD_ATTRIBUTE_LIST {
        self.0.as_mut_ptr().cast()
    }

    /// # Safety
    ///
    /// What `value` points to must live as long as the list is used.
    unsafe fn set(&mut self, attribute: u32, value: *const c_void, bytes: usize) -> io::Result<()> {
        let attribute = usize::try_from(attribute).unwrap_or(0);
        // SAFETY: the list is initialised; the caller answers for the value.
        check(unsafe {
            UpdateProcThreadAttribute(
                self.list(),
                0,
                attribute,
                value,
                bytes,
                std::ptr::null_mut(),
                std::ptr::null(),
            )
        })
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: the list was initialised, or was refused by InitializeProcThreadAttributeList and is
        // zero, which has nothing to release.
        unsafe { DeleteProcThreadAttributeList(self.list()) };
    }
}

/// The environment block: `NAME=VALUE`, each with a closing zero, sorted by name without regard to case,
/// and one more zero (CreateProcessW, "lpEnvironment").
fn environment(env: &[(String, String)]) -> Vec<u16> {
    let mut sorted: Vec<&(String, String)> = env.iter().collect();
    sorted.sort_by_key(|(name, _)| name.to_uppercase());
    let mut block: Vec<u16> =
        sorted.iter().flat_map(|(name, value)| wide(&format!("{name}={value}"))).collect();
    if block.is_empty() {
        block.push(0);
    }
    block.push(0);
    block
}

/// Joins program and arguments so that the C run-time's parser takes them apart again
/// (learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments).
fn command_line(program: &Path, arguments: &[String]) -> String {
    let program = program.to_string_lossy();
    // cmd.exe has a parser of its own: what follows /c is taken as it is written.
    let raw = program.to_lowercase().ends_with("cmd.exe");
    let mut line = format!("\"{program}\"");
    for argument in arguments {
        line.push(' ');
        line.push_str(&if raw { argument.clone() } else { quoted(argument) });
    }
    line
}

/// One argument, quoted where the C run-time needs it.
pub(super) fn quoted(argument: &str) -> String {
    if !argument.is_empty() && !argument.contains([' ', '\t', '\n', '"']) {
        return argument.to_owned();
    }
    let mut text = String::from("\"");
    let mut backslashes = 0;
    for c in argument.chars() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        // Backslashes are themselves unless they stand before a quote.
        text.extend(std::iter::repeat_n('\\', if c == '"' { 2 * backslashes + 1 } else { backslashes }));
        backslashes = 0;
        text.push(c);
    }
    text.extend(std::iter::repeat_n('\\', 2 * backslashes));
    text.push('"');
    text
}

/// Opens a process with these rights.
pub(super) fn open(pid: u32, access: u32) -> io::Result<OwnedHandle> {
    // SAFETY: no pointers.
    own(unsafe { OpenProcess(access, 0, pid) })
}

/// The exit code of a process that has ended.
pub(super) fn exit_code(process: &impl AsRawHandle) -> io::Result<u32> {
    let mut code = 0;
    // SAFETY: the handle is borrowed, the result has a place.
    check(unsafe { GetExitCodeProcess(process.as_raw_handle(), &raw mut code) })?;
    Ok(code)
}

/// The parent's id. It stays after the parent's end.
pub(super) fn parent(process: &OwnedHandle) -> Option<u32> {
    let mut basic = PROCESS_BASIC_INFORMATION::default();
    // SAFETY: the structure belongs to the class and its size is given.
    let status = unsafe {
        NtQueryInformationProcess(
            process.as_raw_handle(),
            ProcessBasicInformation,
            (&raw mut basic).cast(),
            size::<PROCESS_BASIC_INFORMATION>(),
            std::ptr::null_mut(),
        )
    };
    if status < 0 { None } else { u32::try_from(basic.InheritedFromUniqueProcessId).ok() }
}

/// The command line as it was given to CreateProcess (since Windows 8.1).
pub(super) fn command(process: &OwnedHandle) -> Option<String> {
    let mut buffer = vec![0_usize; 8192];
    let bytes = u32::try_from(size_of_val(buffer.as_slice())).unwrap_or(0);
    // SAFETY: the buffer is aligned for UNICODE_STRING and as long as said; the text is put behind the
    // structure, which points to it.
    let status = unsafe {
        NtQueryInformationProcess(
            process.as_raw_handle(),
            ProcessCommandLineInformation,
            buffer.as_mut_ptr().cast(),
            bytes,
            std::ptr::null_mut(),
        )
    };
    if status < 0 {
        return None;
    }
    let text = buffer.as_ptr().cast::<UNICODE_STRING>();
    // SAFETY: the call succeeded, so the structure is filled in and its text lies within the buffer.
    let units = unsafe {
        if (*text).Buffer.is_null() {
            return None;
        }
        std::slice::from_raw_parts((*text).Buffer, usize::from((*text).Length) / 2)
    };
    Some(String::from_utf16_lossy(units))
}

/// The path of the program that a process runs.
pub(super) fn image(process: &OwnedHandle) -> Option<PathBuf> {
    let mut buffer = vec![0_u16; 2048];
    let mut length = 2048;
    // SAFETY: the buffer has `length` units.
    let result = unsafe {
        QueryFullProcessImageNameW(
            process.as_raw_handle(),
            PROCESS_NAME_WIN32,
            buffer.as_mut_ptr(),
            &raw mut length,
        )
    };
    if result == 0 {
        return None;
    }
    Some(PathBuf::from(String::from_utf16_lossy(&buffer[..usize::try_from(length).unwrap_or(0)])))
}

/// Finds a program: a path as it is, a name in the folders of `path`; with `.exe` where only that is there.
pub(super) fn find(name: &str, path: &str) -> Option<PathBuf> {
    let with_extension = |candidate: PathBuf| {
        let mut longer = candidate.clone().into_os_string();
        longer.push(".exe");
        // With its drive: the target's working folder may be on another one.
        let found = [candidate, PathBuf::from(longer)].into_iter().find(|file| file.is_file())?;
        std::path::absolute(found).ok()
    };
    // A path with forward slashes is one here too, but cmd and CreateProcess read them as options.
    let name = name.replace('/', r"\");
    if name.contains('\\') {
        return with_extension(PathBuf::from(name));
    }
    std::env::split_paths(path).find_map(|folder| with_extension(folder.join(&name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_for_the_c_run_time() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted(""), r#""""#);
        assert_eq!(quoted(r"two words\"), r#""two words\\""#);
        assert_eq!(quoted(r#"say "hi""#), r#""say \"hi\"""#);
        assert_eq!(quoted(r"c:\a\b"), r"c:\a\b");
    }

    #[test]
    fn an_environment_block_is_sorted_and_ends_in_two_zeros() {
        let env = [("b".to_owned(), "2".to_owned()), ("A".to_owned(), "1".to_owned())];
        let text: String = environment(&env).iter().filter_map(|&unit| char::from_u32(unit.into())).collect();
        assert_eq!(text, "A=1\0b=2\0\0");
        assert_eq!(environment(&[]), [0, 0]);
    }
}
