//! Small things that every part of this backend needs: handles with an owner, wide strings, errors.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::{
    DUPLICATE_SAME_ACCESS, DuplicateHandle, HANDLE, INVALID_HANDLE_VALUE, SetLastError, WAIT_OBJECT_0,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_READ, FILE_SHARE_WRITE,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, INFINITE, WaitForSingleObject};
use windows_sys::core::BOOL;

/// The text in UTF-16 with a closing zero, as the `W` functions want it.
pub(super) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// The error of the last call, where its result is FALSE.
pub(super) fn check(result: BOOL) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Takes a fresh handle into possession; null and INVALID_HANDLE_VALUE are the last call's error.
pub(super) fn own(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() || handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: every caller passes what a creating call has just returned, so nobody else closes it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Another handle to the same object that children may inherit.
pub(super) fn inheritable(handle: &impl AsRawHandle) -> io::Result<OwnedHandle> {
    let mut copy = std::ptr::null_mut();
    // SAFETY: both process handles are the pseudo-handle of this process, the source handle is borrowed
    // and so open, and `copy` is a place for the result.
    check(unsafe {
        let this = GetCurrentProcess();
        DuplicateHandle(this, handle.as_raw_handle(), this, &raw mut copy, 0, 1, DUPLICATE_SAME_ACCESS)
    })?;
    own(copy)
}

/// Opens a file, pipe or device (`NUL`, `CONOUT$`) with these access rights, so that children inherit it.
pub(super) fn open_inheritable(name: &str, access: u32, disposition: u32) -> io::Result<OwnedHandle> {
    let attributes = SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(0),
        lpSecurityDescriptor: std::ptr::null_mut(),
        bInheritHandle: 1,
    };
    let name = wide(name);
    // SAFETY: the name ends in a zero, and the attributes outlive the call.
    own(unsafe {
        CreateFileW(
            name.as_ptr(),
            access,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
            &raw const attributes,
            disposition,
            FILE_ATTRIBUTE_NORMAL,
            std::ptr::null_mut(),
        )
    })
}

/// Blocks until the object is signaled: for a process, until it has ended.
pub(super) fn wait(handle: &impl AsRawHandle) {
    // SAFETY: the handle is borrowed, so it is open for the whole call.
    unsafe { WaitForSingleObject(handle.as_raw_handle(), INFINITE) };
}

/// Whether the object is signaled now.
pub(super) fn is_signaled(handle: &impl AsRawHandle) -> bool {
    // SAFETY: as above; a limit of 0 ms means that it does not wait.
    unsafe { WaitForSingleObject(handle.as_raw_handle(), 0) == WAIT_OBJECT_0 }
}

/// Forgets an earlier error, for calls whose result alone does not say whether they failed.
pub(super) fn clear_error() {
    // SAFETY: sets a value of this thread, nothing else.
    unsafe { SetLastError(0) };
}

/// The size of a type as the Windows interfaces take it.
pub(super) fn size<T>() -> u32 {
    u32::try_from(size_of::<T>()).unwrap_or(u32::MAX)
}
