//! The versions that a cell was recorded with.

use lastrites_model::platform::{Os, Platform};
use lastrites_model::record::Header;
use lastrites_model::scenario::{Cell, Needed, Program, Scenario, is_path};
use std::collections::{BTreeMap, BTreeSet};

/// What a result may depend on: the kernel's family, what `/bin/sh` is, the versions of the runtimes that
/// the scenario uses. They are told exactly, and compared by their first two numbers: an update that only
/// mends is no reason to take a difference for one of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::report) struct Versions {
    pub(in crate::report) family: String,
    pub(in crate::report) sh: Option<String>,
    pub(in crate::report) runtimes: BTreeMap<String, String>,
}

impl Versions {
    /// The versions that matter to a cell, on the machine of a header.
    pub(in crate::report) fn of(header: &Header, scenario: &Scenario, cell: &Cell) -> Versions {
        let program = scenario.program(cell);
        let mut names: Vec<&str> = Vec::new();
        let mut by_path = None;
        match (&program, &cell.version) {
            (Program::Fixture(_), Some(version)) if is_path(version) => {
                // In the header with its scenario, since in another one it may be another program.
                let key = format!("{}@{version}", scenario.name);
                by_path = header.runtimes.get(&key).map(|number| (version.clone(), number.clone()));
            }
            (Program::Fixture(fixture), _) => names.extend(fixture.split('/').next()),
            (Program::Path(program), _) => names.extend(program.rsplit('/').next()),
        }
        for need in scenario.needs(cell) {
            match &need.what {
                Needed::Program(program) => names.push(program),
                Needed::PythonModule(module) => names.extend(["python", module]),
            }
        }
        let known = |name: &str| header.runtimes.get(name).map(|version| (name.to_owned(), version.clone()));
        let runtimes = names.into_iter().filter_map(known).chain(by_path).collect();
        Versions { runtimes, ..Versions::machine(header) }
    }

    /// All that a header has.
    pub(in crate::report) fn all(header: &Header) -> Versions {
        Versions { runtimes: header.runtimes.clone(), ..Versions::machine(header) }
    }

    fn machine(header: &Header) -> Versions {
        Versions { family: family(&header.platform), sh: header.sh.clone(), runtimes: BTreeMap::new() }
    }

    /// Whether these are the same up to what only mends.
    pub(in crate::report) fn matches(&self, other: &Versions) -> bool {
        self.differences(other).is_empty()
    }

    /// What is different, one phrase each: `python 3.11, here 3.12`.
    pub(in crate::report) fn differences(&self, here: &Versions) -> Vec<String> {
        let mut found = Vec::new();
        let mut tell = |name: &str, recorded: Option<String>, here: Option<String>| {
            if recorded != here {
                let word = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
                found.push(format!("{name} {}, here {}", word(recorded), word(here)));
            }
        };
        tell("the system", Some(self.family.clone()), Some(here.family.clone()));
        tell("/bin/sh", self.sh.clone(), here.sh.clone());
        let names: BTreeSet<_> = self.runtimes.keys().chain(here.runtimes.keys()).collect();
        for name in names {
            let of = |all: &Versions| all.runtimes.get(name).map(|version| minor(version));
            tell(name, of(self), of(here));
        }
        found
    }
}

/// The family of a kernel: its release says too much, it changes with every update.
fn family(platform: &Platform) -> String {
    match (&platform.wine, platform.os) {
        (Some(wine), _) => format!("Wine {}", minor(wine)),
        (None, Os::Linux) => "Linux".to_owned(),
        (None, Os::Macos) => "macOS".to_owned(),
        (None, Os::Freebsd) => "FreeBSD".to_owned(),
        (None, Os::Windows) => "Windows".to_owned(),
    }
}

/// `3.11.7` → `3.11`.
fn minor(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}
