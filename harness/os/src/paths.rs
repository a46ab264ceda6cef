//! Questions about files and terminals that systems answer differently.

use std::path::Path;

/// Whether a path names a file that can be started: on unix one with an execute bit (execve(2)), on
/// Windows one that CreateProcess takes, which is known by its extension. (A file of that name without
/// extension is often there too: a script for another system.)
pub fn executable(path: &Path) -> bool {
    let Ok(meta) = std::fs::metadata(path) else { return false };
    #[cfg(unix)]
    let allowed = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let allowed = path
        .extension()
        .is_some_and(|extension| ["exe", "com"].iter().any(|known| extension.eq_ignore_ascii_case(known)));
    meta.is_file() && allowed
}

/// The width of the terminal that standard output is, in columns; `None` where it is none, or where the
/// system is not asked (tcgetwinsize(3)).
pub fn terminal_width() -> Option<usize> {
    #[cfg(unix)]
    return rustix::termios::tcgetwinsize(rustix::stdio::stdout())
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|width| *width > 0);
    #[cfg(not(unix))]
    None
}

/// Whether a folder is there and has nothing in it.
///
/// Every cell asks it twice of its private folder. The standard library's list takes 32 KiB from the heap for it, which
/// glibc takes from the system and gives back each time.
#[cfg(target_os = "linux")]
pub fn is_empty(folder: &Path) -> bool {
    use rustix::fs::{Mode, OFlags, RawDir};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(folder) = rustix::fs::open(folder, flags, Mode::empty()) else { return false };
    let mut buffer = [std::mem::MaybeUninit::uninit(); 1024];
    let mut entries = RawDir::new(folder, &mut buffer);
    while let Some(entry) = entries.next() {
        let itself_or_parent = entry.is_ok_and(|entry| matches!(entry.file_name().to_bytes(), b"." | b".."));
        if !itself_or_parent {
            return false;
        }
    }
    true
}

/// Whether a folder is there and has nothing in it.
#[cfg(not(target_os = "linux"))]
pub fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}
