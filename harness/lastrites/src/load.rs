//! Finds scenario files and fixtures, and has the model read them.

use lastrites_model::language::{self, Source, World};
use lastrites_model::platform::Platform;
use lastrites_model::scenario::Scenario;
use std::io;
use std::path::{Path, PathBuf};

/// Where scenarios, fixtures and reports are: the repository, or the user's own folder.
#[derive(Clone, Debug)]
pub struct Root {
    /// The folder.
    pub folder: PathBuf,
    /// Whether it is one with fixtures and scenarios of its own.
    pub is_suite: bool,
}

impl Root {
    /// The nearest folder, from `from` upwards, that has `fixtures` and `scenarios`.
    pub fn find(from: &Path) -> Root {
        let suite = from
            .ancestors()
            .find(|folder| folder.join("fixtures").is_dir() && folder.join("scenarios").is_dir());
        match suite {
            Some(folder) => Root { folder: folder.to_owned(), is_suite: true },
            None => Root { folder: from.to_owned(), is_suite: false },
        }
    }
}

/// Everything that is wrong with the input, rendered for the user.
#[derive(Debug)]
pub struct InputError {
    /// One text per error.
    pub errors: Vec<String>,
}

/// Reads the scenarios of these files and folders; of `scenarios/` when none is named.
pub fn load(
    root: &Root,
    paths: &[PathBuf],
    platform: &Platform,
    color: bool,
) -> Result<Vec<Scenario>, InputError> {
    let input = |message: String| InputError { errors: vec![format!("error: {message}")] };
    let default = [root.folder.join("scenarios")];
    let named = if paths.is_empty() { &default[..] } else { paths };
    let mut files = Vec::new();
    for path in named {
        collect(path, &mut files).map_err(|error| input(format!("{}: {error}", path.display())))?;
    }
    if files.is_empty() {
        let places: Vec<_> = named.iter().map(|path| path.display().to_string()).collect();
        return Err(input(format!("no scenario (*.yaml) in {}", places.join(", "))));
    }
    let mut sources = Vec::new();
    for path in files {
        let bytes = std::fs::read(&path).map_err(|error| input(format!("{}: {error}", path.display())))?;
        sources.push(Source { path: shown(&path), bytes });
    }
    let fixtures = root.folder.join("fixtures");
    let world = World {
        os: platform.os,
        wine: platform.wine.as_deref(),
        fixtures: &|name| crate::runtimes::exists(&fixtures, name),
        fixture_names: crate::runtimes::names(&fixtures),
        defaults: &|path| std::fs::read(path),
    };
    language::load(&sources, &world).map_err(|diagnostics| InputError {
        errors: diagnostics.iter().map(|diagnostic| diagnostic.render(color)).collect(),
    })
}

/// A path below the working folder is shown relative to it.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).to_owned()
}

/// The YAML files of a folder, sorted; `defaults.yaml` and `*.defaults.yaml` are no scenarios.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        std::fs::metadata(path)?;
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)?.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() {
            collect(&entry, files)?;
        } else if is_yaml(&entry) && !name.ends_with("defaults.yaml") {
            files.push(entry);
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
