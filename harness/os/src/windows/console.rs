//! Consoles: control events, windows, pseudo-consoles.
//!
//! Sources: learn.microsoft.com/windows/console, pages generateconsolectrlevent, setconsolectrlhandler,
//! attachconsole, createpseudoconsole, closepseudoconsole.

use super::sys::{check, wide};
use std::fs::File;
use std::io::{self, Write};
use std::os::windows::io::{AsRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, HWND, LPARAM};
use windows_sys::Win32::System::Console::{
    AttachConsole, COORD, CTRL_C_EVENT, ClosePseudoConsole, CreatePseudoConsole, FreeConsole,
    GenerateConsoleCtrlEvent, GetConsoleWindow, HPCON, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Pipes::CreatePipe;
use windows_sys::Win32::System::Threading::CreateRemoteThread;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    EnumWindows, GetDesktopWindow, GetWindowThreadProcessId, PostMessageW, SMTO_ABORTIFHUNG,
    SendMessageTimeoutW, WM_CLOSE, WM_ENDSESSION, WM_QUERYENDSESSION,
};
use windows_sys::core::BOOL;

/// How long a window may take to answer WM_QUERYENDSESSION, in milliseconds: what Windows itself gives
/// (HungAppTimeout).
const ANSWER_MS: u32 = 5000;

/// Exit codes of the helper that attaches.
pub(super) const ATTACHED: i32 = 0;
pub(super) const NO_CONSOLE: i32 = 2;

/// Lets control events pass this process by. It is a handler and not "ignore CTRL_C", because children
/// would inherit that; and what we inherited of it is undone.
pub(super) fn guard() {
    // SAFETY: `swallow` has the signature of a handler and lives as long as the process.
    unsafe {
        SetConsoleCtrlHandler(None, 0);
        SetConsoleCtrlHandler(Some(swallow), 1);
    }
}

extern "system" fn swallow(_event: u32) -> BOOL {
    1
}

/// Whether children of this process inherit "ignore CTRL_C" from now on.
pub(super) fn ignore_ctrl_c(ignore: bool) -> io::Result<()> {
    // SAFETY: no handler, so nothing is called.
    check(unsafe { SetConsoleCtrlHandler(None, i32::from(ignore)) })
}

/// GenerateConsoleCtrlEvent on the console of this process.
pub(super) fn event(event: u32, group: u32) -> io::Result<()> {
    // SAFETY: no pointers.
    check(unsafe { GenerateConsoleCtrlEvent(event, group) })
}

/// The helper `__attach WHAT PID`: it has no console of its own and takes the target's.
pub(super) fn attach_main(what: &str, pid: &str) -> i32 {
    let Ok(pid) = pid.parse() else { return 1 };
    // SAFETY: no pointers; each call concerns only this process's console.
    let attached = unsafe {
        FreeConsole();
        check(AttachConsole(pid))
    };
    if let Err(error) = attached {
        let no_console = error.raw_os_error() == Some(ERROR_INVALID_HANDLE.cast_signed());
        return if no_console { NO_CONSOLE } else { 1 };
    }
    guard();
    let result = if what == "ctrl-c" {
        event(CTRL_C_EVENT, 0)
    } else {
        // SAFETY: no pointers; a console without window gives null, to which nothing is posted.
        unsafe {
            let window = GetConsoleWindow();
            if window.is_null() { Err(io::Error::other("no window")) } else { post_close(window) }
        }
    };
    if result.is_ok() { ATTACHED } else { 1 }
}

/// Asks for the desktop's window, which makes sure that there is one.
pub(super) fn desktop() {
    // SAFETY: no arguments; the result is not needed.
    unsafe { GetDesktopWindow() };
}

fn post_close(window: HWND) -> io::Result<()> {
    // SAFETY: no pointers; a window that is gone is an error.
    check(unsafe { PostMessageW(window, WM_CLOSE, 0, 0) })
}

/// The top-level windows of a process.
fn windows(pid: u32) -> Vec<HWND> {
    struct Search {
        pid: u32,
        found: Vec<HWND>,
    }
    extern "system" fn each(window: HWND, search: LPARAM) -> BOOL {
        // SAFETY: EnumWindows hands through the pointer that it is given below, on the same thread, before
        // it returns.
        let search = unsafe { &mut *std::ptr::with_exposed_provenance_mut::<Search>(search.cast_unsigned()) };
        let mut pid = 0;
        // SAFETY: the result has a place.
        unsafe { GetWindowThreadProcessId(window, &raw mut pid) };
        if pid == search.pid {
            search.found.push(window);
        }
        1
    }
    let mut search = Search { pid, found: Vec::new() };
    // SAFETY: `search` outlives the call.
    unsafe { EnumWindows(Some(each), (&raw mut search).expose_provenance().cast_signed()) };
    search.found
}

/// Posts WM_CLOSE to each of the process's windows; false when it has none.
pub(super) fn close_windows(pid: u32) -> bool {
    let windows = windows(pid);
    for &window in &windows {
        let _ = post_close(window); // a window that closed meanwhile, as one closes another
    }
    !windows.is_empty()
}

/// Asks each of the process's windows whether the session may end, and tells it the decision, as a
/// logging off user's session does; false when it has no windows.
pub(super) fn end_session(pid: u32) -> bool {
    let windows = windows(pid);
    let agreed = windows.iter().all(|&window| send(window, WM_QUERYENDSESSION, 0) != 0);
    for &window in &windows {
        send(window, WM_ENDSESSION, usize::from(agreed));
    }
    !windows.is_empty()
}

fn send(window: HWND, message: u32, value: usize) -> usize {
    let mut answer = 0;
    // SAFETY: the answer has a place. A window that does not answer in time agrees, as with Windows.
    let sent = unsafe {
        SendMessageTimeoutW(window, message, value, 0, SMTO_ABORTIFHUNG, ANSWER_MS, &raw mut answer)
    };
    if sent == 0 { 1 } else { answer }
}

/// Runs the console's CtrlRoutine in another process: what the system does there when an event comes.
pub(super) fn emulate(process: &OwnedHandle, event: u32) -> io::Result<()> {
    let mut routine = None;
    for module in ["kernelbase.dll", "kernel32.dll"] {
        let module = wide(module);
        // SAFETY: both names end in a zero, and both modules stay loaded.
        routine = routine.or(unsafe {
            let module = GetModuleHandleW(module.as_ptr());
            if module.is_null() { None } else { GetProcAddress(module, c"CtrlRoutine".as_ptr().cast()) }
        });
    }
    let routine = routine.ok_or_else(|| io::Error::other("this system has no CtrlRoutine"))?;
    // SAFETY: system libraries are at the same address in every process of a session, and the routine takes
    // one argument of a machine word, as a thread's does.
    let thread = unsafe {
        let routine: unsafe extern "system" fn(*mut std::ffi::c_void) -> u32 = std::mem::transmute(routine);
        let argument = std::ptr::without_provenance(event as usize);
        CreateRemoteThread(
            process.as_raw_handle(),
            std::ptr::null(),
            0,
            Some(routine),
            argument,
            0,
            std::ptr::null_mut(),
        )
    };
    super::sys::own(thread).map(drop)
}

/// A pipe whose buffer holds `size` bytes: reading and writing end, not inheritable.
pub(super) fn pipe(size: u32) -> io::Result<(OwnedHandle, OwnedHandle)> {
    let (mut read, mut write) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: the results have places; null attributes are the default ones.
    check(unsafe { CreatePipe(&raw mut read, &raw mut write, std::ptr::null(), size) })?;
    Ok((super::sys::own(read)?, super::sys::own(write)?))
}

/// A pseudo-console, with its output copied to somewhere on a thread of its own: without that a program
/// that writes to it blocks, and so does closing it.
pub(super) struct Pseudo {
    handle: HPCON,
    input: File,
}

impl Pseudo {
    pub(super) fn new(mut output: Box<dyn Write + Send>) -> io::Result<Pseudo> {
        let (input_read, input_write) = pipe(0)?;
        let (output_read, output_write) = pipe(0)?;
        let mut handle = 0;
        let size = COORD { X: 120, Y: 30 };
        // SAFETY: the handles are open, the result has a place. It is an HRESULT: negative is an error.
        let result = unsafe {
            let (input, output) = (input_read.as_raw_handle(), output_write.as_raw_handle());
            CreatePseudoConsole(size, input, output, 0, &raw mut handle)
        };
        if result < 0 {
            return Err(io::Error::other(format!("CreatePseudoConsole: {result:#x}")));
        }
        std::thread::Builder::new().name("terminal".to_owned()).spawn(move || {
            // Ends with the pseudo-console. A reader that is gone must not stop the draining.
            let mut terminal = File::from(output_read);
            if io::copy(&mut terminal, &mut output).is_err() {
                let _ = io::copy(&mut terminal, &mut io::sink());
            }
        })?;
        Ok(Pseudo { handle, input: File::from(input_write) })
    }

    pub(super) fn handle(&self) -> HPCON {
        self.handle
    }

    /// Types on it.
    pub(super) fn type_in(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.input.write_all(bytes)
    }
}

impl Drop for Pseudo {
    fn drop(&mut self) {
        // SAFETY: it was created in `new` and is closed once.
        unsafe { ClosePseudoConsole(self.handle) };
    }
}
