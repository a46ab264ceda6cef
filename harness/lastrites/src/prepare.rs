//! What a run needs before its first cell: the runtimes that its scenarios use, found, asked for their
//! version, and their fixtures built; a folder for private folders; ports.
//!
//! A runtime or program that is missing is no error: its cells are skipped with the way to install it.

mod variants;

use crate::runtimes::{self, Build, Fixture, Runtime};
use lastrites_model::launch::Wrapper;
use lastrites_model::observation::Ended;
use lastrites_model::platform::Os;
use lastrites_model::scenario::{Cell, Need, Needed, Program, Scenario, is_path};
use lastrites_os::Pool;
use lastrites_os::spec::{Spec, StartError};
use std::cell::{Cell as Counter, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Permissions;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use variants::{beside, needed_by, programs, runtimes_of, variant, versions};

/// The place in which cells run, shared by all of them.
#[derive(Debug)]
pub struct Lab {
    pool: Pool,
    os: Os,
    root: PathBuf,
    folder: tempfile::TempDir,
    path: String,
    next: Counter<u64>,
    folders: RefCell<Vec<(PathBuf, Permissions)>>,
    ports: Rc<RefCell<BTreeSet<u16>>>,
    alone: RefCell<BTreeMap<u16, Arc<Semaphore>>>,
    /// By the name of the runtime, or by the whole path of a program that a scenario names as a version.
    found: BTreeMap<String, Found>,
    /// The versions of what scenarios need beside a runtime, by name, and of programs that they name by a path
    /// as a version of theirs, by [`variant`].
    versions: BTreeMap<String, String>,
    /// Why a scenario cannot run here, by its name, or by [`variant`] where only one version of it cannot.
    missing: BTreeMap<String, String>,
}

/// A runtime that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The program.
    pub program: String,
    /// Its version.
    pub version: String,
}

/// A port that belongs to one cell until it is dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    taken: Rc<RefCell<BTreeSet<u16>>>,
}

impl Port {
    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.taken.borrow_mut().remove(&self.number);
    }
}

/// Below the range from which systems choose ports for outgoing connections (ip_local_port_range of
/// Linux begins at 32768, IANA's at 49152), so that no connection takes one away.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The pool that starts processes, ready for so many cells at once: to be made first, while the harness is
/// small.
pub fn pool(ready: usize) -> Result<Pool, String> {
    let pool = Pool::new().map_err(|error| format!("no pool of processes: {error}"))?;
    pool.reserve(ready);
    Ok(pool)
}

impl Lab {
    /// Finds and builds what the scenarios need. `root` is the repository, or where there is none the
    /// folder of the scenarios.
    pub async fn new(pool: Pool, os: Os, root: &Path, scenarios: &[Scenario]) -> Result<Lab, String> {
        let folder = tempfile::Builder::new()
            .prefix("lastrites-")
            .tempdir()
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let mut lab = Lab {
            pool,
            os,
            root: root.to_owned(),
            folder,
            path: search_path(root),
            next: Counter::new(0),
            folders: RefCell::default(),
            ports: Rc::default(),
            alone: RefCell::default(),
            found: BTreeMap::new(),
            versions: BTreeMap::new(),
            missing: BTreeMap::new(),
        };
        lab.probe(scenarios).await;
        lab.build(scenarios).await?;
        Ok(lab)
    }

    /// The pool that starts processes.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The versions of the runtimes found, and of what scenarios need beside them, by name.
    pub fn runtimes(&self) -> BTreeMap<String, String> {
        let named = self.found.iter().filter(|(name, _)| !is_path(name));
        let found = named.map(|(name, found)| (name.clone(), found.version.clone()));
        found.chain(self.versions.clone()).collect()
    }

    /// A path in the run's folder that was not used before.
    pub(crate) fn fresh(&self) -> PathBuf {
        let number = self.next.get();
        self.next.set(number + 1);
        self.folder.path().join(number.to_string())
    }

    /// A folder that a cell has left empty and as it was made, with its permissions.
    pub(crate) fn take_folder(&self) -> Option<(PathBuf, Permissions)> {
        self.folders.borrow_mut().pop()
    }

    /// Keeps such a folder.
    pub(crate) fn keep_folder(&self, folder: PathBuf, permissions: Permissions) {
        self.folders.borrow_mut().push((folder, permissions));
    }

    /// A free port of the loopback interface; `None` when there is none.
    pub(crate) fn port(&self) -> Option<Port> {
        // Two runs side by side begin at different places.
        let span = PORTS.end - PORTS.start;
        let start = u16::try_from(u64::from(std::process::id()) * 97 % u64::from(span)).unwrap_or(0);
        let offset = u16::try_from(self.next.get() % u64::from(span)).unwrap_or(0);
        for step in 0..span {
            let number = PORTS.start + (start + offset + step) % span;
            if self.ports.borrow().contains(&number) {
                continue;
            }
            if std::net::TcpListener::bind(("127.0.0.1", number)).is_ok() {
                self.ports.borrow_mut().insert(number);
                return Some(Port { number, taken: Rc::clone(&self.ports) });
            }
        }
        None
    }

    /// The right to the one port that a program always has: of its cells, one runs at a time.
    pub(crate) async fn alone(&self, port: u16) -> Option<OwnedSemaphorePermit> {
        let turns =
            Arc::clone(self.alone.borrow_mut().entry(port).or_insert_with(|| Arc::new(Semaphore::new(1))));
        turns.acquire_owned().await.ok()
    }

    /// Why this cell cannot run here, if something that it needs is missing.
    pub fn skip(&self, scenario: &Scenario, cell: &Cell) -> Option<String> {
        if let Some(reason) = &cell.skip {
            return Some(reason.clone());
        }
        let of_version = self.missing.get(&variant(scenario, cell.version.as_deref()));
        if let Some(reason) = self.missing.get(&scenario.name).or(of_version) {
            return Some(reason.clone());
        }
        let wrapper = cell.start.wrapper;
        if let Some(program) = wrapper.program().filter(|program| self.look_up(program).is_none()) {
            return Some(format!("{program} is not installed: apt-get install {program}"));
        }
        let yours = wrapper == Wrapper::NpmStart && scenario.target.cwd.is_some();
        yours
            .then(|| "it needs a package.json, which is not written into your folder: leave out `cwd`".into())
    }

    /// How slow the target's start is, in milliseconds of one core: what the schedule starts first.
    pub fn weight(&self, scenario: &Scenario) -> u32 {
        match &scenario.target.program {
            Program::Fixture(name) => runtimes::of(name).map_or(1, |runtime| runtime.start_ms),
            Program::Path(_) => 50,
        }
    }

    /// The command of a program of a scenario, and the environment that its runtime adds.
    /// `version` is that of the cell, where a program of its own may stand in the place of the runtime.
    pub(crate) fn command(
        &self,
        scenario: &Scenario,
        program: &Program,
        version: Option<&str>,
    ) -> Result<Command, String> {
        match program {
            Program::Fixture(name) => {
                let runtime = runtimes::of(name).ok_or_else(|| format!("no runtime for {name}"))?;
                let fixture = self
                    .fixture(runtime, name, scenario, version)
                    .ok_or_else(|| format!("{} is missing", runtime.name))?;
                let env = runtime.env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
                Ok(((runtime.command)(&fixture), env.collect()))
            }
            Program::Path(program) => {
                // As a shell does it: a name with a separator is a path, here relative to the scenario.
                let program = if is_path(program) { beside(scenario, program) } else { program.clone() };
                Ok((vec![program], Vec::new()))
            }
        }
    }

    /// The fixed small environment of every cell.
    pub(crate) fn environment(
        &self,
        folder: &Path,
        name: &Path,
        evidence: Option<&Path>,
    ) -> Vec<(String, String)> {
        let folder = folder.to_string_lossy().into_owned();
        let mut env = vec![
            ("PATH".to_owned(), self.path.clone()),
            ("HOME".to_owned(), folder.clone()),
            ("TMPDIR".to_owned(), folder.clone()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("TERM".to_owned(), "dumb".to_owned()),
        ];
        // Where a system has no reapers, it is what a stray process is known by.
        env.push(("LASTRITES_CELL".to_owned(), name.to_string_lossy().into_owned()));
        if let Some(evidence) = evidence {
            env.push(("LASTRITES_EVIDENCE".to_owned(), evidence.to_string_lossy().into_owned()));
        }
        // Without these, no program starts on Windows.
        for name in ["SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "WINEPREFIX"] {
            if let Ok(value) = std::env::var(name) {
                env.push((name.to_owned(), value));
            }
        }
        if self.os == Os::Windows {
            env.extend([("TEMP".to_owned(), folder.clone()), ("TMP".to_owned(), folder)]);
        }
        env
    }

    pub(crate) fn look_up(&self, program: &str) -> Option<PathBuf> {
        which(program, &self.path)
    }

    fn fixture(
        &self,
        runtime: &Runtime,
        name: &str,
        scenario: &Scenario,
        version: Option<&str>,
    ) -> Option<Fixture> {
        let path = version.filter(|version| is_path(version)).map(|version| beside(scenario, version));
        let found = self.found.get(path.as_deref().unwrap_or(runtime.name))?;
        let folder =
            path.map_or_else(|| runtime.name.to_owned(), |path| path.replace(['/', '\\', '.', ':'], "-"));
        let (_, rest) = name.split_once('/')?;
        let (file, variant) = match rest.split_once('@') {
            Some((file, variant)) => (file, Some(variant.to_owned())),
            None => (rest, None),
        };
        Some(Fixture {
            program: found.program.clone(),
            source: self.root.join("fixtures").join(runtime.folder).join(file),
            name: file.to_owned(),
            variant,
            out: self.root.join("target").join("lastrites").join(folder),
        })
    }

    /// Finds every runtime and program that the scenarios name.
    async fn probe(&mut self, scenarios: &[Scenario]) {
        let mut wanted: Vec<&'static Runtime> = Vec::new();
        for scenario in scenarios.iter().filter(|scenario| !scenario.cells.is_empty()) {
            let needs_python =
                scenario.target.needs.iter().any(|need| matches!(need.what, Needed::PythonModule(_)));
            let python = needs_python.then(|| runtimes::of("python/")).flatten();
            let of_versions = programs(scenario).into_iter().filter_map(|(program, _)| match program {
                Program::Fixture(name) => runtimes::of(&name),
                Program::Path(_) => None,
            });
            for runtime in runtimes_of(scenario).chain(python).chain(of_versions) {
                if !wanted.iter().any(|known| known.name == runtime.name) {
                    wanted.push(runtime);
                }
            }
        }
        let mut absent = BTreeMap::new();
        for runtime in wanted {
            match self.find(runtime).await {
                Some(found) => {
                    self.found.insert(runtime.name.to_owned(), found);
                }
                None => {
                    absent
                        .insert(runtime.name, format!("{} is not installed: {}", runtime.name, runtime.hint));
                }
            }
        }
        let mut known = BTreeMap::new();
        for scenario in scenarios {
            if let Some(reason) = runtimes_of(scenario).find_map(|runtime| absent.get(runtime.name)) {
                self.missing.insert(scenario.name.clone(), reason.clone());
                continue;
            }
            for version in versions(scenario) {
                if let Some(reason) = self.lacks(scenario, version, &absent).await {
                    self.missing.insert(variant(scenario, Some(version)), reason);
                }
            }
            for need in &scenario.target.needs {
                let key = format!("{:?}", need.what);
                if !known.contains_key(&key) {
                    let there = self.meet(need).await;
                    known.insert(key.clone(), there);
                }
                if !known[&key] {
                    self.missing.insert(variant(scenario, needed_by(scenario, need)), lacking(need));
                }
            }
        }
    }

    /// Whether something that scenarios need is there; its version is noted.
    async fn meet(&mut self, need: &Need) -> bool {
        match &need.what {
            Needed::Program(name) => {
                let Some(program) = self.look_up(name) else { return false };
                if let Some(argument) = &need.version {
                    let argv = vec![program.to_string_lossy().into_owned(), argument.clone()];
                    let said = self.ask(argv, Vec::new(), self.folder.path()).await;
                    if let Some(version) = said.ok().and_then(|said| version_in(&said.text)) {
                        self.versions.insert(name.clone(), version);
                    }
                }
                true
            }
            Needed::PythonModule(module) => {
                let Some(said) = self.ask_for_module(module).await else { return false };
                if let Some(version) = version_in(&said.text) {
                    self.versions.insert(module.clone(), version);
                }
                true
            }
        }
    }

    pub(crate) async fn find(&self, runtime: &Runtime) -> Option<Found> {
        for name in runtime.programs {
            let Some(program) = self.look_up(name) else { continue };
            if let Some(found) = self.ask_version(runtime, &program).await {
                return Some(found);
            }
        }
        None
    }

    /// The program as a runtime, if it tells a version.
    async fn ask_version(&self, runtime: &Runtime, program: &Path) -> Option<Found> {
        let program = program.to_string_lossy().into_owned();
        let mut argv = vec![program.clone()];
        argv.extend(runtime.version.iter().map(|argument| (*argument).to_owned()));
        let said = self.ask(argv, Vec::new(), self.folder.path()).await.ok()?;
        let version = version_in(&said.text)?;
        let real = said.text.lines().find_map(|line| line.strip_prefix("program="));
        Some(Found { program: real.map_or(program, |real| real.trim().to_owned()), version })
    }

    /// What Python says of a module: its version, or nothing where it comes without one.
    async fn ask_for_module(&self, module: &str) -> Option<Said> {
        let python = self.found.get("python")?;
        let code = format!(
            "import importlib.metadata as m, importlib.util as u, sys\n\
             if u.find_spec('{module}') is None: sys.exit(1)\n\
             try: print(m.version('{module}'))\n\
             except m.PackageNotFoundError: pass"
        );
        let argv = vec![python.program.clone(), "-c".to_owned(), code];
        self.ask(argv, Vec::new(), self.folder.path()).await.ok()
    }

    /// Runs a program to its end, in the pool: it dies with the harness.
    async fn ask(&self, argv: Vec<String>, env: Vec<(String, String)>, cwd: &Path) -> Result<Said, String> {
        let mut all = vec![("PATH".to_owned(), self.path.clone())];
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "SystemRoot"] {
            if let Ok(value) = std::env::var(name) {
                all.push((name.to_owned(), value));
            }
        }
        all.extend(env);
        let spec = Spec { argv, env: all, cwd: cwd.to_owned(), ..Spec::default() };
        let Said { mut text, errors, ended } = self.run_to_end(&spec).await?;
        match ended {
            Some(Ended::Exited { code: 0 }) => {
                // Some print their version to standard error: Java does.
                text.push_str(&errors);
                Ok(Said { text, errors, ended })
            }
            _ => Err(errors),
        }
    }

    /// Runs a program to its end, in the pool: nothing of it outlives this call, or the harness.
    pub(crate) async fn run_to_end(&self, spec: &Spec) -> Result<Said, String> {
        let mut running = self.pool.start(spec).await.map_err(|error| match error {
            StartError::Program(why) | StartError::Unsupported(why) | StartError::Harness(why) => why,
        })?;
        let mut text = Vec::new();
        let mut errors = Vec::new();
        let (mut out, mut err) = (running.take_stdout(), running.take_stderr());
        loop {
            tokio::select! {
                count = read(&mut out, &mut text) => if !matches!(count, Ok(1..)) { out = None },
                count = read(&mut err, &mut errors) => if !matches!(count, Ok(1..)) { err = None },
                _ = running.exited() => break,
            }
        }
        if let Some(out) = &mut out {
            out.drain(&mut text);
        }
        if let Some(err) = &mut err {
            err.drain(&mut errors);
        }
        let ended = running.finish().await.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let errors = String::from_utf8_lossy(&errors).into_owned();
        Ok(Said { text, errors, ended })
    }

    /// Builds the fixtures that are older than their sources, each recipe once.
    async fn build(&mut self, scenarios: &[Scenario]) -> Result<(), String> {
        let mut done: Vec<Build> = Vec::new();
        let with_cells = scenarios.iter().filter(|scenario| !scenario.cells.is_empty());
        for (scenario, (program, version)) in
            with_cells.flat_map(|scenario| programs(scenario).into_iter().map(move |one| (scenario, one)))
        {
            let Program::Fixture(name) = &program else { continue };
            let Some(runtime) = runtimes::of(name) else { continue };
            let (Some(recipe), Some(fixture)) =
                (runtime.build, self.fixture(runtime, name, scenario, version))
            else {
                continue;
            };
            let build = recipe(&fixture);
            let key = variant(scenario, version);
            if fresh(&build) || self.missing.contains_key(&scenario.name) || self.missing.contains_key(&key) {
                continue;
            }
            // One command may build many outputs: it is run once.
            if !done.iter().any(|other| other.commands == build.commands) {
                std::fs::create_dir_all(&fixture.out)
                    .map_err(|error| format!("{}: {error}", fixture.out.display()))?;
                eprintln!("building {} fixtures", runtime.name);
                for command in &build.commands {
                    if let Err(why) = self.ask(command.clone(), build.env.clone(), &build.cwd).await {
                        let first = why.lines().find(|line| line.contains("error")).unwrap_or(&why);
                        let reason = format!("fixture {name} could not be built: {}", first.trim());
                        eprintln!("{reason}\n{why}");
                        self.missing.insert(key.clone(), reason);
                        break;
                    }
                }
                done.push(build.clone());
            }
            if !build.output.exists() {
                let reason = format!("fixture {name} could not be built");
                self.missing.entry(key).or_insert(reason);
            }
        }
        Ok(())
    }
}

/// A command line, and the environment that its runtime adds.
pub(crate) type Command = (Vec<String>, Vec<(String, String)>);

/// What a program that was run to its end said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// Its standard output.
    pub(crate) text: String,
    /// Its standard error.
    pub(crate) errors: String,
    /// How it ended.
    pub(crate) ended: Option<Ended>,
}

/// Why cells that need this are skipped, and what to do about it.
fn lacking(need: &Need) -> String {
    let install = |guess: String| need.install.clone().unwrap_or(guess);
    match &need.what {
        Needed::Program(name) => {
            format!("{name} is not installed: {}", install(format!("apt-get install {name}")))
        }
        Needed::PythonModule(name) => {
            format!("Python has no module {name}: {}", install(format!("pip install {name}")))
        }
    }
}

async fn read(stream: &mut Option<lastrites_os::Stream>, into: &mut Vec<u8>) -> std::io::Result<usize> {
    match stream {
        Some(stream) => stream.read(into).await,
        None => std::future::pending().await,
    }
}

/// PATH of the cells: what `ci/fixtures` installed, then the user's.
fn search_path(root: &Path) -> String {
    let own = root.join("target").join("runtimes").join("bin");
    let inherited = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let mut parts: Vec<PathBuf> = std::env::split_paths(&inherited).collect();
    if own.is_dir() {
        parts.insert(0, own);
    }
    std::env::join_paths(parts).map_or_else(|_| String::new(), |path| path.to_string_lossy().into_owned())
}

/// The first executable file of that name.
pub fn which(program: &str, path: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .flat_map(|folder| [folder.join(program), folder.join(format!("{program}.exe"))])
        .find(|candidate| lastrites_os::executable(candidate))
}

/// The first thing that looks like a version.
pub fn version_in(text: &str) -> Option<String> {
    let pattern = regex::Regex::new(r"\d+(\.\d+)+").ok()?;
    pattern.find(text).map(|found| found.as_str().to_owned())
}

/// Whether the output is newer than every input.
fn fresh(build: &Build) -> bool {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let Some(output) = modified(&build.output) else { return false };
    build.inputs.iter().all(|input| newest(input).is_none_or(|time| time <= output))
}

fn newest(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).ok()?;
        entries.flatten().filter_map(|entry| newest(&entry.path())).max()
    } else {
        std::fs::metadata(path).and_then(|meta| meta.modified()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Python 3.11.7", "3.11.7")]
    #[case("GNU bash, version 5.2.15(1)-release", "5.2.15")]
    #[case("go version go1.19.8 linux/amd64", "1.19.8")]
    #[case("openjdk version \"17.0.15\" 2025-04-15", "17.0.15")]
    fn a_version_is_found_in_what_runtimes_print(#[case] said: &str, #[case] version: &str) {
        assert_eq!(version_in(said).as_deref(), Some(version));
    }

    #[test]
    fn what_prints_no_version_has_none() {
        assert_eq!(version_in("command not found"), None);
    }
}
