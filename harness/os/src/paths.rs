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
