//! What a target writes, read by the harness: named pipes, because only they can be read without a
//! thread for each.

use super::port::Pipe;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The reading end of something that a target writes: its standard output or error, or its evidence.
pub struct Stream(Arc<Pipe>);

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

impl Stream {
    /// A pipe for one writer, and the name under which that opens it.
    pub(super) fn private() -> io::Result<(String, Stream)> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(r"\\.\pipe\lastrites-{}-{count}", std::process::id());
        let pipe = Pipe::listen(&name, false)?;
        Ok((name, Stream(pipe)))
    }

    /// Waits until there is something, and appends all that is there: how many bytes, 0 at the end.
    /// Nothing is lost when the future is dropped.
    pub async fn read(&mut self, into: &mut Vec<u8>) -> io::Result<usize> {
        Ok(self.0.read(into).await)
    }

    /// Appends what is there now, without waiting; true when the end was reached.
    pub fn drain(&mut self, into: &mut Vec<u8>) -> bool {
        self.0.drain(into)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Creates the place to which fixtures append their evidence, and opens it for reading.
///
/// It is a named pipe with a name made from `path`; `Pool::start` puts that name in the place of the
/// path in `LASTRITES_EVIDENCE`. A regular file was rejected: no event of Windows tells that an open
/// file has grown (ReadDirectoryChangesW reports a write when the cache is flushed).
pub fn evidence(path: &Path) -> io::Result<Stream> {
    Pipe::listen(&evidence_pipe(&path.to_string_lossy()), true).map(Stream)
}

/// The pipe that stands for a path of evidence.
pub(super) fn evidence_pipe(path: &str) -> String {
    let name: String = path.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    format!(r"\\.\pipe\lastrites-evidence-{name}")
}
