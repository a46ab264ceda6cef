//! The target, resolved.

use super::World;
use super::decode::Object;
use super::diagnostic::{Problem, Reading};
use super::node::{At, Place};
use super::scalars;
use super::shape::{
    AfterSpec, BegunSpec, HookSpec, NeedSpec, ReadySpec, RequestSpec, RoleSpec, StdinSpec, Target as Written,
};
use super::values::{CLEANUP_KEYS, Command};
use crate::scenario::{After, Evidence, Hook, Need, Needed, Program, Ready, Role, RoleBy, Target};
use crate::work::{Begun, Request, RequestKind};
use std::path::{Path, PathBuf};

/// The role of the target itself, which needs no declaration.
pub(super) const MAIN: &str = "main";

/// Ours, with what only the other one says. A program of ours takes the place of a fixture of theirs.
pub(super) fn merge(mut own: Written, mut shared: Written, folder: &Path) -> Written {
    if own.program.is_some() || own.fixture.is_some() {
        shared.program = None;
        shared.fixture = None;
    }
    let shared = relocate(shared, folder);
    own.fixture = own.fixture.or(shared.fixture);
    own.program = own.program.or(shared.program);
    own.args = own.args.or(shared.args);
    own.env = own.env.or(shared.env);
    own.cwd = own.cwd.or(shared.cwd);
    own.files = own.files.or(shared.files);
    own.needs = own.needs.or(shared.needs);
    own.stdin = own.stdin.or(shared.stdin);
    own.ready = own.ready.or(shared.ready);
    own.hooks = own.hooks.or(shared.hooks);
    own.roles = own.roles.or(shared.roles);
    own.requests = own.requests.or(shared.requests);
    own.after = own.after.or(shared.after);
    own.keeps = own.keeps.or(shared.keeps);
    own
}

/// The paths of a shared target, which are relative to its file, made relative to ours.
pub(super) fn relocate(mut shared: Written, folder: &Path) -> Written {
    if let Some(cwd) = &mut shared.cwd {
        cwd.value.0 = beside(folder, &cwd.value.0);
    }
    let check = shared.after.as_mut().and_then(|after| after.value.program.as_mut());
    for command in shared.program.as_mut().into_iter().chain(check) {
        if let Some(program) = command.value.0.first_mut()
            && program.starts_with('.')
        {
            *program = beside(folder, program);
        }
    }
    shared
}

/// A path in a folder, with the slash that every system takes: `Path::join` would write the one of the
/// system, and the same mistake would read differently on Windows.
pub(super) fn beside(folder: &Path, path: &str) -> String {
    if folder.as_os_str().is_empty() || Path::new(path).has_root() || Path::new(path).is_absolute() {
        return path.to_owned();
    }
    format!("{}/{path}", folder.to_string_lossy().trim_end_matches(['/', std::path::MAIN_SEPARATOR]))
}

/// The target of a scenario; `None` after its errors were noted.
pub(super) fn resolve(written: &Written, world: &World<'_>, reading: &mut Reading) -> Option<Target> {
    let before = reading.count();
    let known = program(written, world, reading);
    let after = after(written, world, reading);
    let (program, mut args) = known?;
    args.extend(written.args.iter().flat_map(|args| args.value.iter().map(|arg| arg.0.clone())));
    let env = entries(written.env.as_ref().map(|env| env.value.0.as_slice()), |text| text.0.clone());
    let files = entries(written.files.as_ref().map(|files| files.value.0.as_slice()), String::clone);
    let uses_port = args.iter().chain(env.values()).chain(files.values()).any(|text| text.contains("{port}"));
    let ready = ready(written, &program, reading);
    let fixed_port = match written.ready.as_ref().map(|ready| &ready.value) {
        Some(ReadySpec::Tcp(port)) => port.0,
        _ => None,
    };
    if let Some(place) = written.ready.as_ref().map(|ready| ready.place)
        && matches!(ready, Some(Ready::Tcp | Ready::Http(_)))
        && !uses_port
        && fixed_port.is_none()
    {
        reading.report(
            Problem::new(place, "nothing tells the target its port")
                .help("use {port} in `program`, `args`, `env` or `files`"),
        );
    }
    if let Some(requests) = written.requests.as_ref().filter(|_| !uses_port && fixed_port.is_none()) {
        reading.report(
            Problem::new(requests.place, "nothing tells the target its port, so no request can reach it")
                .help("use {port} in `program`, `args`, `env` or `files`"),
        );
    }
    let roles = roles(written, reading);
    let target = Target {
        program,
        args,
        env,
        cwd: written.cwd.as_ref().map(|cwd| PathBuf::from(&cwd.value.0)),
        files,
        port: uses_port && fixed_port.is_none(),
        fixed_port,
        stdin_open: matches!(written.stdin.as_ref().map(|stdin| &stdin.value), Some(StdinSpec::Open)),
        ready: ready?,
        hooks: hooks(written),
        roles,
        requests: requests(written, reading),
        needs: needs(written, reading),
        after,
        keeps: written.keeps.iter().flat_map(|keeps| keeps.value.iter().map(|name| name.0.clone())).collect(),
    };
    (reading.count() == before).then_some(target)
}

fn entries<T>(
    written: Option<&[(At<String>, T)]>,
    text: impl Fn(&T) -> String,
) -> std::collections::BTreeMap<String, String> {
    written.unwrap_or_default().iter().map(|(name, value)| (name.value.clone(), text(value))).collect()
}

fn program(written: &Written, world: &World<'_>, reading: &mut Reading) -> Option<(Program, Vec<String>)> {
    chosen(("a target", written.place), written.fixture.as_ref(), written.program.as_ref(), world, reading)
}

/// The one program of an object that has either a fixture or a program, with the arguments that stand beside it.
fn chosen(
    (what, place): (&str, Place),
    fixture: Option<&At<String>>,
    program: Option<&At<Command>>,
    world: &World<'_>,
    reading: &mut Reading,
) -> Option<(Program, Vec<String>)> {
    match (fixture, program) {
        (Some(fixture), None) => {
            if !(world.fixtures)(&fixture.value) {
                let problem = Problem::new(fixture.place, format!("there is no fixture `{}`", fixture.value));
                reading.report(problem.meant(&fixture.value, world.fixture_names.iter().map(String::as_str)));
            }
            Some((Program::Fixture(fixture.value.clone()), Vec::new()))
        }
        (None, Some(command)) => {
            let (program, args) = command.value.0.split_first()?;
            Some((Program::Path(program.clone()), args.to_vec()))
        }
        (Some(_), Some(command)) => {
            reading.report(
                Problem::new(command.place, format!("{what} has either `fixture` or `program`"))
                    .help("arguments of a fixture are written in `args`"),
            );
            None
        }
        (None, None) => {
            if !reading.within(place) {
                let what = what.replacen("a ", "the ", 1);
                reading.report(
                    Problem::new(place, format!("{what} says no program")).help(
                        "write `fixture: python/atexit.py` or `program: [./server, --port, \"{port}\"]`",
                    ),
                );
            }
            None
        }
    }
}

/// What is run after the end; it and the hooks that read what it prints are only there together.
fn after(written: &Written, world: &World<'_>, reading: &mut Reading) -> Option<After> {
    let hooks = written.hooks.as_ref().map(|hooks| hooks.value.0.as_slice()).unwrap_or_default();
    let reads = hooks.iter().find(|(_, spec)| matches!(spec, HookSpec::After(_)));
    match (&written.after, reads) {
        (None, None) => None,
        (None, Some((name, _))) => {
            if !reading.suggested("after") {
                reading.report(
                    Problem::new(
                        name.place,
                        format!("nothing is run after the end to show `{}`", name.value),
                    )
                    .help("name it in the target: `after: { program: [sqlite3, state.db, \"SELECT …\"] }`"),
                );
            }
            None
        }
        (Some(At { place, .. }), None) if !reading.within(written.place) => {
            reading.report(
                Problem::new(*place, "no hook reads what this prints")
                    .help("write `hooks: { kept: { after: PATTERN } }`"),
            );
            None
        }
        (Some(At { value: after, place }), _) => {
            let AfterSpec { fixture, program, args, .. } = after;
            let what = ("a check", *place);
            let (program, mut words) = chosen(what, fixture.as_ref(), program.as_ref(), world, reading)?;
            words.extend(args.iter().flat_map(|args| args.value.iter().map(|arg| arg.0.clone())));
            Some(After { program, args: words })
        }
    }
}

fn ready(written: &Written, program: &Program, reading: &mut Reading) -> Option<Ready> {
    let Some(ready) = &written.ready else {
        if let Program::Fixture(_) = program {
            return scalars::compiled("^ready$").ok().map(Ready::Evidence);
        }
        if !reading.within(written.place) {
            let place = written.program.as_ref().map_or(written.place, |command| command.place);
            reading.report(
                Problem::new(place, "nothing says when this program is ready")
                    .help("write `ready: { stdout: PATTERN }`, or another sign of it")
                    .help("`ready: started` is for programs that say nothing"),
            );
        }
        return None;
    };
    Some(match &ready.value {
        ReadySpec::Started => Ready::Started,
        ReadySpec::Settled => Ready::Settled,
        ReadySpec::Stdout(pattern) => Ready::Stdout(pattern.0.clone()),
        ReadySpec::Stderr(pattern) => Ready::Stderr(pattern.0.clone()),
        ReadySpec::Evidence(pattern) => Ready::Evidence(pattern.0.clone()),
        ReadySpec::File(name) => Ready::File(name.0.clone()),
        ReadySpec::Tcp(_) => Ready::Tcp,
        ReadySpec::Http(path) => Ready::Http(path.0.clone()),
    })
}

fn hooks(written: &Written) -> Vec<Hook> {
    let hooks = written.hooks.as_ref().map(|hooks| hooks.value.0.as_slice()).unwrap_or_default();
    hooks
        .iter()
        .map(|(name, spec)| Hook {
            name: name.value.clone(),
            evidence: match spec {
                HookSpec::Protocol => Evidence::Protocol,
                HookSpec::Stdout(pattern) => Evidence::Stdout(pattern.0.clone()),
                HookSpec::Stderr(pattern) => Evidence::Stderr(pattern.0.clone()),
                HookSpec::Appears(name) => Evidence::Appears(name.0.clone()),
                HookSpec::Gone(name) => Evidence::Gone(name.0.clone()),
                HookSpec::After(pattern) => Evidence::After(pattern.0.clone()),
            },
        })
        .collect()
}

fn roles(written: &Written, reading: &mut Reading) -> Vec<Role> {
    let mut roles = Vec::new();
    for (name, spec) in written.roles.as_ref().map(|roles| roles.value.0.as_slice()).unwrap_or_default() {
        let reserved = name.value == MAIN || CLEANUP_KEYS.contains(&name.value.as_str());
        if reserved || name.value.trim().is_empty() {
            reading
                .report(Problem::new(name.place, format!("a role cannot be called `{}`", name.value)).help(
                "`main` is the target itself; `any-order`, `includes` and `excludes` are words of `cleanup`",
            ));
        }
        let by = match spec {
            RoleSpec::Announces(pattern) => RoleBy::Announces(pattern.0.clone()),
            RoleSpec::Command(pattern) => RoleBy::Command(pattern.0.clone()),
        };
        roles.push(Role { name: name.value.clone(), by });
    }
    roles
}

fn requests(written: &Written, reading: &mut Reading) -> Vec<Request> {
    let specs = written.requests.as_ref().map(|requests| requests.value.0.as_slice()).unwrap_or_default();
    specs.iter().filter_map(|(name, spec)| request(name, spec, reading)).collect()
}

fn request(name: &At<String>, spec: &RequestSpec, reading: &mut Reading) -> Option<Request> {
    let kinds = [
        (&spec.get, RequestKind::Get),
        (&spec.half, RequestKind::Half),
        (&spec.upload, RequestKind::Upload),
        (&spec.idle, RequestKind::Idle),
        (&spec.websocket, RequestKind::WebSocket),
        (&spec.unread, RequestKind::Unread),
        (&spec.new, RequestKind::New),
    ];
    let said: Vec<_> =
        kinds.iter().filter_map(|(path, kind)| path.as_ref().map(|path| (path, *kind))).collect();
    let &[(path, kind)] = said.as_slice() else {
        // An unknown or wrong key has been noted, and may be the one that is missing.
        if !reading.within(spec.place) {
            reading.report(
                Problem::new(spec.place, format!("a request has one kind, here are {}", said.len())).help(
                    "write one of get, half, upload, idle, websocket, unread, new with a path: { get: /slow }",
                ),
            );
        }
        return None;
    };
    if let Some(begun) = spec.begun.as_ref().filter(|_| kind == RequestKind::New) {
        reading.report(
            Problem::new(begun.place, "nothing waits for a new connection to begin")
                .label("`new` is made after the end has begun"),
        );
    }
    // Reports list names and answers in one line, and read them back.
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.value.is_empty() || !name.value.chars().all(plain) {
        reading.report(
            Problem::new(name.place, format!("`{}` cannot be the name of a request", name.value))
                .help("names are made of letters, digits, `.`, `_` and `-`"),
        );
    }
    let begun = spec.begun.as_ref().map(|begun| match &begun.value {
        BegunSpec::Stdout(pattern) => Begun::Stdout(pattern.0.clone()),
        BegunSpec::Stderr(pattern) => Begun::Stderr(pattern.0.clone()),
        BegunSpec::Evidence(pattern) => Begun::Evidence(pattern.0.clone()),
    });
    Some(Request { name: name.value.clone(), kind, path: path.value.0.clone(), begun })
}

fn needs(written: &Written, reading: &mut Reading) -> Vec<Need> {
    let needs = written.needs.as_ref().map(|needs| needs.value.as_slice()).unwrap_or_default();
    let mut found = Vec::new();
    for NeedSpec { place, program, python, install, version, .. } in needs {
        let what = match (program, python) {
            (Some(name), None) => Needed::Program(name.value.clone()),
            (None, Some(name)) if version.is_none() => Needed::PythonModule(name.value.clone()),
            (None, Some(_)) => {
                reading.report(Problem::new(
                    *place,
                    "`version` is for programs; a module's is asked for anyway",
                ));
                continue;
            }
            (Some(_), Some(_)) | (None, None) => {
                if !reading.within(*place) {
                    let problem =
                        Problem::new(*place, "a need is either a `program` or a module of `python`");
                    reading.report(problem.help("write { program: redis-server } or { python: flask }"));
                }
                continue;
            }
        };
        let text = |written: &Option<At<String>>| written.as_ref().map(|text| text.value.clone());
        found.push(Need { what, install: text(install), version: text(version) });
    }
    found
}

/// The names that a target declares, for what refers to them.
pub(super) struct Names {
    pub(super) hooks: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) requests: Vec<String>,
}

/// The names of a target, as far as they are known: where hooks or roles have errors of their own,
/// whether a name is declared is not known.
pub(super) fn names(written: &Written, reading: &Reading) -> Option<Names> {
    let sound = |key: &str, place: Option<Place>| match place {
        Some(place) => !reading.within(place),
        None => !written.mapping().1.iter().any(|written| written == key) && !reading.suggested(key),
    };
    let hooks_are = sound("hooks", written.hooks.as_ref().map(|hooks| hooks.place));
    let requests_are = sound("requests", written.requests.as_ref().map(|requests| requests.place));
    let roles_are = sound("roles", written.roles.as_ref().map(|roles| roles.place));
    let hooks = written.hooks.as_ref().map(|hooks| hooks.value.0.as_slice()).unwrap_or_default();
    let roles = written.roles.as_ref().map(|roles| roles.value.0.as_slice()).unwrap_or_default();
    let requests = written.requests.as_ref().map(|requests| requests.value.0.as_slice()).unwrap_or_default();
    (hooks_are && roles_are && requests_are).then(|| Names {
        hooks: hooks.iter().map(|(name, _)| name.value.clone()).collect(),
        roles: roles.iter().map(|(name, _)| name.value.clone()).collect(),
        requests: requests.iter().map(|(name, _)| name.value.clone()).collect(),
    })
}
