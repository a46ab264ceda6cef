//! A folder of the user's in which a program is probed: what is in it before and after. Nothing of it is touched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// More files than these are not looked at: a folder that holds a whole disk is not to be waited for.
const MOST: usize = 200_000;
/// More names than these nobody reads.
const NAMED: usize = 12;

/// The files of a folder, with what tells that one was written, and the folders below it.
#[derive(Debug)]
pub(super) struct Listing {
    folder: PathBuf,
    files: BTreeMap<String, Option<(u64, Option<SystemTime>)>>,
    whole: bool,
}

impl Listing {
    /// What is in a folder now. Links are files, wherever they lead.
    pub(super) fn of(folder: &Path) -> Listing {
        let mut listing = Listing { folder: folder.to_owned(), files: BTreeMap::new(), whole: true };
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                if listing.files.len() >= MOST {
                    listing.whole = false;
                    return listing;
                }
                let path = entry.path();
                let Ok(name) = path.strip_prefix(&listing.folder) else { continue };
                let name = name.to_string_lossy().replace('\\', "/");
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    listing.files.insert(format!("{name}/"), None);
                    folders.push(path);
                } else {
                    let state = entry.metadata().ok().map(|data| (data.len(), data.modified().ok()));
                    listing.files.insert(name, state);
                }
            }
        }
        listing
    }

    /// What differs now, in sentences. `except` is a file that the harness itself writes.
    pub(super) fn changes(&self, except: Option<&Path>) -> Vec<String> {
        let now = Listing::of(&self.folder);
        let except = except.and_then(|path| std::path::absolute(path).ok());
        let ours = |name: &str| except.as_ref().is_some_and(|path| self.folder.join(name) == *path);
        let mut new: Vec<&str> = Vec::new();
        let mut changed: Vec<&str> = Vec::new();
        for (name, state) in now.files.iter().filter(|(name, _)| !ours(name)) {
            match self.files.get(name) {
                None => new.push(name),
                Some(before) if before != state => changed.push(name),
                Some(_) => {}
            }
        }
        // A folder is told by what is in it, where something is.
        let all = new.clone();
        new.retain(|name| {
            !name.ends_with('/') || !all.iter().any(|other| other != name && other.starts_with(name))
        });
        let gone: Vec<&str> =
            self.files.keys().filter(|name| !now.files.contains_key(*name)).map(String::as_str).collect();
        let mut lines = Vec::new();
        for (what, names) in [("new", new), ("changed", changed), ("gone", gone)] {
            if !names.is_empty() {
                lines.push(format!("{what} in {}: {}", self.folder.display(), some(&names)));
            }
        }
        if !(self.whole && now.whole) {
            lines.push(format!(
                "of {} the first {MOST} files were looked at, and not the rest",
                self.folder.display()
            ));
        }
        lines
    }
}

fn some(names: &[&str]) -> String {
    let text = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(NAMED);
    if more == 0 { text } else { format!("{text} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_changed_or_gone_is_told_and_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| std::fs::write(at(name), text).expect("to write");
        std::fs::create_dir(at("old")).expect("a folder");
        write("old/same", "1");
        write("old/state", "1");
        write("pid", "1");
        let before = Listing::of(folder.path());
        assert_eq!(before.changes(None), Vec::<String>::new());
        write("old/state", "22");
        write("out.jsonl", "{}");
        std::fs::remove_file(at("pid")).expect("to remove");
        std::fs::create_dir_all(at("log/empty")).expect("a folder");
        write("log/today", "1");
        let here = folder.path().display();
        assert_eq!(
            before.changes(Some(&at("out.jsonl"))),
            [
                format!("new in {here}: log/empty/, log/today"),
                format!("changed in {here}: old/state"),
                format!("gone in {here}: pid"),
            ]
        );
        assert!(at("log/today").exists());
    }

    #[test]
    fn of_many_names_the_first_are_told() {
        let names: Vec<String> = (0..20).map(|number| format!("{number:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(some(&names).ends_with("10, 11 and 8 more"));
    }
}
