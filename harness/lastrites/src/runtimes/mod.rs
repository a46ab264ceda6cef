//! The runtimes that fixtures are written for: how to find one, ask its version, build and start a fixture.
//!
//! A new runtime is one file here and one line in [`ALL`]. A fixture is named `RUNTIME/FILE`, where
//! RUNTIME is the name of an entry: `python/atexit.py`. An optional `@VARIANT` at its end chooses another
//! way to build or start the same source: `rust/panic_hook@panic-abort`.

use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

mod c;
mod dotnet;
mod erlang;
mod go;
mod java;
mod javascript;
mod lua;
mod perl;
mod php;
mod python;
mod ruby;
mod rust;
mod shell;
mod tcl;
mod windows;

/// One entry of the registry.
#[derive(Debug)]
pub struct Runtime {
    /// The first part of a fixture's name.
    pub name: &'static str,
    /// What people call it. Entries with one title are one runtime to the reader: extensions of a language, say.
    pub title: &'static str,
    /// The folder below `fixtures/` that holds its sources. Several runtimes may share one.
    pub folder: &'static str,
    /// Programs that may be it, the best first: names, looked up on PATH and in `target/runtimes/bin`.
    pub programs: &'static [&'static str],
    /// Arguments with which it prints its version. The first thing in the output that looks like `1.2`
    /// or `1.2.3` is taken; a line `program=PATH` names the real program where a shim was found.
    pub version: &'static [&'static str],
    /// How to install it on Debian: one command.
    pub hint: &'static str,
    /// Roughly how long a start takes, in milliseconds of one core: the schedule starts the slow ones first.
    pub start_ms: u32,
    /// Environment that its fixtures need, beside the fixed small one.
    pub env: &'static [(&'static str, &'static str)],
    /// Where fixtures are named by the program that is built and not by a file: the folder of their
    /// sources below `folder`, and the ending that their names lack.
    pub binaries: Option<(&'static str, &'static str)>,
    /// How a fixture's source becomes a program; `None` where the source is run as it is.
    pub build: Option<fn(&Fixture) -> Build>,
    /// The command that runs a fixture.
    pub command: fn(&Fixture) -> Vec<String>,
}

/// One fixture, as a runtime's functions see it.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// The runtime's program.
    pub program: String,
    /// The source: the file in the runtime's folder. For Rust, whose programs are named without
    /// extension, a path that need not exist.
    pub source: PathBuf,
    /// The name after the runtime, without variant: `atexit.py`.
    pub name: String,
    /// The part after `@`.
    pub variant: Option<String>,
    /// The folder that builds go to; it is the runtime's own.
    pub out: PathBuf,
}

impl Fixture {
    /// The file's name without extension.
    pub fn stem(&self) -> String {
        Path::new(&self.name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The runtime's folder of sources.
    pub fn folder(&self) -> PathBuf {
        self.source.parent().unwrap_or(Path::new(".")).to_owned()
    }

    /// `out/STEM`, with the variant, and with `.exe` where programs are called so: the usual place of a
    /// compiled fixture.
    pub fn binary(&self) -> PathBuf {
        let variant = self.variant.as_ref().map(|variant| format!("@{variant}")).unwrap_or_default();
        self.out.join(format!("{}{variant}{EXE_SUFFIX}", self.stem()))
    }
}

/// How a fixture is built. It is built again when an input is newer than the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// What must be there afterwards.
    pub output: PathBuf,
    /// Files, or folders that are looked through, that it is made from.
    pub inputs: Vec<PathBuf>,
    /// Commands, run one after the other in `cwd`; each must succeed.
    pub commands: Vec<Vec<String>>,
    /// Where they run.
    pub cwd: PathBuf,
    /// Environment for them, beside PATH and HOME.
    pub env: Vec<(String, String)>,
}

/// Every runtime, in the order in which tables show them.
pub static ALL: &[&Runtime] = &[
    &c::C,
    &c::CPP,
    &rust::RUST,
    &go::GO,
    &java::JAVA,
    &dotnet::DOTNET,
    &dotnet::DOTNET31,
    &python::PYTHON,
    &python::PYTHON312,
    &python::PYTHON313,
    &javascript::NODE,
    &javascript::NODE14,
    &javascript::NODE26,
    &javascript::BUN,
    &javascript::DENO,
    &ruby::RUBY,
    &php::PHP,
    &perl::PERL,
    &tcl::TCL,
    &tcl::TCLX,
    &lua::LUA,
    &lua::LUV,
    &erlang::ERLANG,
    &shell::BASH,
    &shell::DASH,
    &shell::BUSYBOX,
    &windows::WINDOWS,
];

/// The runtime of a fixture's name.
pub fn of(fixture: &str) -> Option<&'static Runtime> {
    let (runtime, _) = fixture.split_once('/')?;
    ALL.iter().copied().find(|entry| entry.name == runtime)
}

/// Whether the source of a fixture is there. `fixtures` is the folder of all of them.
pub fn exists(fixtures: &Path, fixture: &str) -> bool {
    let Some(runtime) = of(fixture) else { return false };
    let name = fixture.split_once('/').map_or("", |(_, name)| name);
    let file = name.split('@').next().unwrap_or(name);
    let folder = fixtures.join(runtime.folder);
    !file.is_empty() && sources(runtime, &folder).any(|source| source == file)
}

/// The file of a fixture's source. `fixtures` is the folder of all of them.
pub fn source(fixtures: &Path, fixture: &str) -> Option<PathBuf> {
    let (_, name) = fixture.split_once('/')?;
    let runtime = of(fixture)?;
    let (below, suffix) = runtime.binaries.unwrap_or_default();
    let name = name.split('@').next().unwrap_or(name);
    Some(fixtures.join(runtime.folder).join(below).join(format!("{name}{suffix}")))
}

/// Every fixture's name, for the nearest one to a name that is unknown.
pub fn names(fixtures: &Path) -> Vec<String> {
    ALL.iter()
        .flat_map(|runtime| {
            let folder = fixtures.join(runtime.folder);
            sources(runtime, &folder).map(|source| format!("{}/{source}", runtime.name)).collect::<Vec<_>>()
        })
        .collect()
}

/// What a runtime's fixtures are called: its files, or for Rust the names of the binaries.
fn sources<'a>(runtime: &'a Runtime, folder: &Path) -> impl Iterator<Item = String> + 'a {
    let (folder, suffix) = match runtime.binaries {
        Some((below, suffix)) => (folder.join(below), suffix),
        None => (folder.to_owned(), ""),
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(move |entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.strip_suffix(suffix).map(ToOwned::to_owned)
    })
}

/// The text of a path, for a command line.
pub(crate) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_entry_says_how_to_install_it() {
        for (index, entry) in ALL.iter().enumerate() {
            assert!(ALL[..index].iter().all(|other| other.name != entry.name), "{} twice", entry.name);
            assert!(!entry.programs.is_empty(), "{}", entry.name);
            assert!(!entry.hint.is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn a_fixture_belongs_to_the_runtime_that_its_name_begins_with() {
        assert_eq!(of("python/atexit.py").map(|entry| entry.name), Some("python"));
        assert!(of("cobol/x.cob").is_none());
        assert!(of("python").is_none());
    }
}
