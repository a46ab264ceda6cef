//! What this machine is, and what it says to the harness itself.

use super::sys::{check, size, wide};
use crate::spec::Facts;
use lastrites_model::platform::{Os, Platform};
use lastrites_model::signals::Signal;
use std::ffi::CStr;
use std::io;
use std::sync::OnceLock;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::Foundation::STATUS_CONTROL_C_EXIT;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, MIB_TCPROW_OWNER_PID, MIB_TCPTABLE_OWNER_PID, TCP_TABLE_OWNER_PID_LISTENER,
};
use windows_sys::Win32::Networking::WinSock::AF_INET;
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::SystemInformation::OSVERSIONINFOW;
use windows_sys::core::BOOL;

/// What this machine is.
pub fn facts() -> Facts {
    Facts {
        platform: Platform {
            os: Os::Windows,
            arch: std::env::consts::ARCH.to_owned(),
            kernel: build(),
            wine: wine(),
        },
        sh: None,
        privileges: Vec::new(),
    }
}

/// The version as `10.0.19045`. GetVersionEx was rejected: it tells programs without a manifest 6.2.
fn build() -> String {
    let mut version = OSVERSIONINFOW { dwOSVersionInfoSize: size::<OSVERSIONINFOW>(), ..Default::default() };
    // SAFETY: the structure has its size in it.
    unsafe { RtlGetVersion(&raw mut version) };
    format!("{}.{}.{}", version.dwMajorVersion, version.dwMinorVersion, version.dwBuildNumber)
}

/// Wine's version, from the function that only its ntdll has.
fn wine() -> Option<String> {
    let ntdll = wide("ntdll.dll");
    // SAFETY: both names end in a zero; ntdll is always loaded. The function takes nothing and returns a
    // text that stays.
    unsafe {
        let module = GetModuleHandleW(ntdll.as_ptr());
        let function = GetProcAddress(module, c"wine_get_version".as_ptr().cast())?;
        let function: unsafe extern "C" fn() -> *const std::ffi::c_char = std::mem::transmute(function);
        Some(CStr::from_ptr(function()).to_string_lossy().into_owned())
    }
}

/// The TCP ports that these processes listen on.
pub fn ports_of(pids: &[u32]) -> Vec<u16> {
    let mut ports: Vec<u16> =
        listeners().iter().filter(|row| pids.contains(&row.dwOwningPid)).map(local_port).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// Whether a TCP port of the loopback interface is listened on.
pub fn listening(port: u16) -> bool {
    listeners().iter().any(|row| local_port(row) == port)
}

/// The port stands in the low half, in network order.
fn local_port(row: &MIB_TCPROW_OWNER_PID) -> u16 {
    u16::from_be_bytes(row.dwLocalPort.to_le_bytes()[..2].try_into().unwrap_or_default())
}

/// Every TCP socket of IPv4 that listens; none where the system does not tell.
fn listeners() -> Vec<MIB_TCPROW_OWNER_PID> {
    let mut buffer = vec![0_u32; 1024];
    loop {
        let mut bytes = u32::try_from(buffer.len() * 4).unwrap_or(u32::MAX);
        // SAFETY: the buffer has `bytes` bytes and the alignment of the table, whose fields are all u32.
        let result = unsafe {
            GetExtendedTcpTable(
                buffer.as_mut_ptr().cast(),
                &raw mut bytes,
                0,
                u32::from(AF_INET),
                TCP_TABLE_OWNER_PID_LISTENER,
                0,
            )
        };
        match result {
            0 => break,
            windows_sys::Win32::Foundation::ERROR_INSUFFICIENT_BUFFER => {
                buffer.resize(buffer.len() * 2 + usize::try_from(bytes / 4).unwrap_or(0), 0);
            }
            _ => return Vec::new(),
        }
    }
    let table = buffer.as_ptr().cast::<MIB_TCPTABLE_OWNER_PID>();
    // SAFETY: the call succeeded, so as many rows as the table says follow within the buffer.
    unsafe {
        let count = usize::try_from((*table).dwNumEntries).unwrap_or(0);
        std::slice::from_raw_parts((&raw const (*table).table).cast(), count).to_vec()
    }
}

static INTERRUPTS: OnceLock<UnboundedSender<Signal>> = OnceLock::new();

/// Control events that ask the harness itself to stop, under the name of the signal that they are elsewhere.
#[derive(Debug)]
pub struct Interrupts(UnboundedReceiver<Signal>);

impl Interrupts {
    /// Starts to catch them. Only the first caller of a process gets them.
    pub fn catch() -> io::Result<Interrupts> {
        let (sender, receiver) = unbounded_channel();
        if INTERRUPTS.set(sender).is_ok() {
            // SAFETY: the handler lives as long as the process.
            check(unsafe { SetConsoleCtrlHandler(Some(interrupted), 1) })?;
        }
        Ok(Interrupts(receiver))
    }

    /// The next one.
    pub async fn next(&mut self) -> Signal {
        match self.0.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }
}

extern "system" fn interrupted(event: u32) -> BOOL {
    let name = match event {
        CTRL_C_EVENT => "SIGINT",
        CTRL_BREAK_EVENT => "SIGTERM",
        _ => "SIGHUP",
    };
    if let (Some(sender), Some(signal)) = (INTERRUPTS.get(), Signal::parse(name)) {
        let _ = sender.send(signal); // the receiver is gone: the harness is ending anyway
    }
    if event == CTRL_CLOSE_EVENT {
        // To return ends the process at once; the system itself ends it after five seconds.
        loop {
            std::thread::park();
        }
    }
    1
}

/// Ends the harness with the code of a program that died of CTRL_C: Windows has no other death by signal.
pub fn die_of(_signal: Signal) -> ! {
    std::process::exit(STATUS_CONTROL_C_EXIT)
}
