//! Questions about files that systems answer differently.

use std::path::Path;

/// Whether a path names a file that can be started: on unix one with an execute bit (execve(2)), on
/// Windows any file.
pub fn executable(path: &Path) -> bool {
    let Ok(meta) = std::fs::metadata(path) else { return false };
    #[cfg(unix)]
    let allowed = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let allowed = true;
    meta.is_file() && allowed
}
