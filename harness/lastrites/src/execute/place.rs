//! The private place of a cell.

use crate::prepare::Lab;
use std::fs::Permissions;
use std::path::{Path, PathBuf};

/// The private place of one cell. Dropped, it is removed, or kept for the next cell.
#[derive(Debug)]
pub(super) struct Place<'a> {
    lab: &'a Lab,
    /// A path that no other cell of the run has: what its processes are known by.
    pub(super) name: PathBuf,
    /// The working folder, temporary folder and home of the target.
    pub(super) folder: PathBuf,
    /// What the folder may be used for, as it was made.
    permissions: Permissions,
    /// Where fixtures append their evidence; outside of the folder, so that it is not left behind.
    pub(super) evidence: Option<PathBuf>,
    /// Standard output as a file, outside likewise.
    pub(super) stdout: PathBuf,
    has_stdout: bool,
}

impl<'a> Place<'a> {
    /// A place with an empty folder, and names for the files that are asked for.
    pub(super) fn new(lab: &'a Lab, evidence: bool, has_stdout: bool) -> std::io::Result<Place<'a>> {
        let base = lab.fresh();
        let (folder, permissions) = if let Some(folder) = lab.take_folder() {
            folder
        } else {
            let folder = base.with_extension("d");
            std::fs::create_dir(&folder)?;
            let permissions = std::fs::metadata(&folder)?.permissions();
            (folder, permissions)
        };
        let evidence = evidence.then(|| base.with_extension("e"));
        let stdout = base.with_extension("o");
        Ok(Place { lab, name: base, folder, permissions, evidence, stdout, has_stdout })
    }

    /// Whether the folder is as it was made: there, empty, and with the same permissions.
    fn is_as_new(&self) -> bool {
        std::fs::metadata(&self.folder).is_ok_and(|now| now.is_dir() && now.permissions() == self.permissions)
            && lastrites_os::is_empty(&self.folder)
    }
}

impl Drop for Place<'_> {
    /// Every process of the cell has been ended before, so that nobody changes the folder any more.
    fn drop(&mut self) {
        // Making and removing a folder takes a journalling file system several times as long as looking
        // whether it is empty, and nearly every target leaves it so.
        if self.is_as_new() {
            self.lab.keep_folder(std::mem::take(&mut self.folder), self.permissions.clone());
        } else {
            // What cannot be removed now goes with the run's folder at its end.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
        let remove = |file: &Path| drop(std::fs::remove_file(file));
        if let Some(evidence) = &self.evidence {
            remove(evidence);
        }
        if self.has_stdout {
            remove(&self.stdout);
        }
    }
}
