//! The scenario language: from YAML files to [`Scenario`]s, or to every error in them at once.
//!
//! In steps, each in its module: `yaml` makes a tree whose nodes know their places; `decode` and `shape`
//! turn it into what the keys hold; `resolve` puts defaults in, `matrix` makes the cells and `rules`
//! says what is expected of them. Only the first step stops at its first error.

mod decode;
mod diagnostic;
mod matrix;
pub(crate) mod names;
mod nearest;
pub use nearest::nearest;
mod node;
mod resolve;
mod rules;
mod scalars;
mod schema;
mod shape;
mod target;
mod values;
mod yaml;

#[cfg(test)]
mod tests;

pub use diagnostic::Diagnostic;
pub use schema::schema;

use crate::platform::Os;
use crate::scenario::Scenario;
use decode::{Decode, Object};
use diagnostic::{Problem, Reading};
use shape::File;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A scenario file that was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, as the user wrote it.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What a scenario is resolved against. It is a value, so that a plan for Windows can be made on Linux.
pub struct World<'a> {
    /// The system that cells are planned for.
    pub os: Os,
    /// Wine's version, where the system is Windows by Wine.
    pub wine: Option<&'a str>,
    /// Whether there is a fixture of that path below `fixtures/`.
    pub fixtures: &'a dyn Fn(&str) -> bool,
    /// All of them, to find the one that was meant.
    pub fixture_names: Vec<String>,
    /// Reads a file of defaults.
    pub defaults: &'a dyn Fn(&Path) -> std::io::Result<Vec<u8>>,
}

/// The scenarios of some files, in their order; or every error of all of them.
pub fn load(sources: &[Source], world: &World<'_>) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let mut reading = Reading::default();
    let mut shared = BTreeMap::new();
    let mut scenarios = Vec::new();
    let mut names = BTreeMap::new();
    for source in sources {
        let Some(node) = yaml::parse(&mut reading, &source.path, &source.bytes) else { continue };
        let Some(file) = File::decode(&node, &mut reading) else { continue };
        if let Some(name) = &file.scenario {
            if let Some(&first) = names.get(&name.value.0) {
                let first = reading.name(first);
                reading.report(
                    Problem::new(name.place, format!("two scenarios are called `{}`", name.value.0))
                        .help(format!("the other one is {first}")),
                );
            } else {
                names.insert(name.value.0.clone(), name.place);
            }
        }
        let mut written = file.mapping().1.to_vec();
        let Some(file) = with_defaults(file, &mut written, &source.path, world, &mut shared, &mut reading)
        else {
            continue;
        };
        scenarios.extend(resolve::scenario(&file, &written, &source.path, world, &mut reading));
    }
    if reading.count() > 0 { Err(reading.finish()) } else { Ok(scenarios) }
}

/// The file with its defaults put in. A shared file is read once, so its errors are reported once; where
/// it has any, what is missing or wrong in ours cannot be told.
fn with_defaults(
    file: File,
    written: &mut Vec<String>,
    path: &Path,
    world: &World<'_>,
    shared: &mut BTreeMap<PathBuf, Option<File>>,
    reading: &mut Reading,
) -> Option<File> {
    let Some(defaults) = &file.defaults else { return Some(file) };
    let relative = PathBuf::from(&defaults.value.0);
    let whole = PathBuf::from(target::beside(path.parent().unwrap_or(Path::new("")), &defaults.value.0));
    let place = defaults.place;
    let found = shared.entry(whole.clone()).or_insert_with(|| match (world.defaults)(&whole) {
        Ok(bytes) => {
            let node = yaml::parse(reading, &whole, &bytes)?;
            File::decode(&node, reading)
        }
        Err(error) => {
            reading.report(
                Problem::new(place, format!("cannot read the defaults {}", whole.display()))
                    .label(error.to_string())
                    .help("the path is relative to this file"),
            );
            None
        }
    });
    let shared = found.clone().filter(|shared| !reading.in_file(shared.mapping().0.file))?;
    written.extend_from_slice(shared.mapping().1);
    let folder = relative.parent().unwrap_or(Path::new(""));
    Some(resolve::merge(file, shared, folder, reading))
}
