//! Whole files: what they become.

use super::*;
use crate::launch::Stdout;
use crate::scenario::{Cleanup, Leftovers, Outcome, Program, Ran, Ready};
use crate::termination::Stdin;
use crate::work::RequestKind;
use std::sync::Arc;
use std::time::Duration;

mod errors;
mod filters;
mod properties;
mod registries;
mod repository;
mod tables;

/// The fixtures that there are.
const FIXTURES: [&str; 5] =
    ["python/atexit.py", "python/flask.py", "c/atexit.c", "python312/atexit.py", "python313/atexit.py"];

/// Loads one file for a system, without anything else.
fn load_for(os: Os, text: &str) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    load_all(os, &[("scenarios/a.yaml", text.as_bytes())], &[])
}

/// Loads files, with files of defaults beside them.
fn load_all(
    os: Os,
    files: &[(&str, &[u8])],
    defaults: &[(&str, &str)],
) -> Result<Vec<Scenario>, Vec<Diagnostic>> {
    let sources: Vec<Source> = files
        .iter()
        .map(|(path, bytes)| Source { path: PathBuf::from(path), bytes: bytes.to_vec() })
        .collect();
    let read = |path: &Path| {
        let found = defaults.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    };
    let world = World {
        os,
        wine: None,
        fixtures: &|name| FIXTURES.contains(&name),
        fixture_names: FIXTURES.map(str::to_owned).to_vec(),
        defaults: &read,
    };
    load(&sources, &world)
}

/// The one scenario of a file that is right.
#[track_caller]
fn one(os: Os, text: &str) -> Scenario {
    match load_for(os, text) {
        Ok(mut scenarios) if scenarios.len() == 1 => scenarios.remove(0),
        Ok(scenarios) => panic!("{} scenarios", scenarios.len()),
        Err(errors) => panic!("{}", render(&errors)),
    }
}

fn render(errors: &[Diagnostic]) -> String {
    errors.iter().map(|error| error.render(false)).collect::<Vec<_>>().join("\n\n")
}

const EVERYTHING: &str = r#"# yaml-language-server: $schema=../scenario.schema.json
scenario: everything
about: Does every key have a place?
tags: [python, atexit]
platforms: [linux, macos, freebsd]
target:
  program: [./server, --port, "{port}"]
  args: [--x, 3]
  env: { K: V, N: 3.10 }
  cwd: app
  files: { app.conf: "port {port}" }
  needs: [{ program: redis-server, install: ci/fixtures redis, version: --version }, { python: flask }]
  ready: { tcp: "{port}" }
  hooks: { saved: { stdout: "^state saved" }, pidfile: { gone: app.pid }, x: { appears: x }, y: { stderr: y }, z: protocol, kept: { after: ^2 rows$ } }
  requests: { slow: { get: /slow, begun: { stdout: working } }, late: { new: / } }
  roles: { server: { announces: "^role server$" }, worker: { command: "gunicorn: worker" } }
  after: { program: [./look, "{dir}"], args: [3] }
  keeps: [data/, state.db]
limits: { ready: 10s, quiet: 300ms, end: 1.5s, survive: 20ms, grace: 1m, after: 5s }
matrix:
  launch: [direct, pty]
  terminate: [SIGINT, SIGTERM, "SIGTERM:server", ctrl-c, "http GET /quit"]
  stdout: [pipe, file]
  exclude: [{ launch: pty, terminate: [SIGINT] }]
  include: [{ launch: tini, terminate: SIGTERM, stdout: pipe }]
expect:
  - cleanup: [saved, pidfile]
    outcome: { exit: 0 }
  - when: { terminate: [SIGTERM, ctrl-c], launch: [direct, pty] }
    cleanup: { main: { any-order: [saved, x] }, server: none, worker: { includes: [y], excludes: [z] } }
    outcome: [dies-of-it, { signal: SIGKILL }]
    leftovers: { processes: [server], files: [x], port: true }
    work: { slow: [answered, error], late: refused }
    because: a reason
  - when: { launch: tini }
    skip: tini is odd
claims:
  - id: S2-12
    says: it is so
    source: https://example.org
    version: 3.10
    condition: sometimes
    when: { terminate: SIGTERM }
    cleanup: none
  - id: S2-13
    says: it is also so
    source: https://example.org
    tests:
      - { when: { terminate: ctrl-c }, outcome: survives }
      - { outcome: ends }
  - { id: S1-11, says: data is damaged, source: https://example.org, untested: no data here }
"#;

#[test]
fn every_key_arrives() {
    let scenario = one(Os::Linux, EVERYTHING);
    assert_eq!(scenario.name, "everything");
    assert_eq!(scenario.tags, ["python", "atexit"]);
    let target = &scenario.target;
    assert_eq!(target.program, Program::Path("./server".to_owned()));
    assert_eq!(target.args, ["--port", "{port}", "--x", "3"]);
    assert_eq!(target.env["N"], "3.10");
    assert_eq!(target.cwd.as_deref(), Some(Path::new("app")));
    assert!(target.port);
    assert!(matches!(target.ready, Ready::Tcp));
    let hooks: Vec<&str> = target.hooks.iter().map(|hook| hook.name.as_str()).collect();
    assert_eq!(hooks, ["saved", "pidfile", "x", "y", "z", "kept"]);
    assert_eq!(target.roles.len(), 2);
    let redis = crate::scenario::Need {
        what: crate::scenario::Needed::Program("redis-server".to_owned()),
        install: Some("ci/fixtures redis".to_owned()),
        version: Some("--version".to_owned()),
    };
    assert_eq!(target.needs[0], redis);
    assert_eq!(target.needs.len(), 2);
    let requests: Vec<_> = target.requests.iter().map(|one| (one.name.as_str(), one.kind)).collect();
    assert_eq!(requests, [("slow", RequestKind::Get), ("late", RequestKind::New)]);
    let after = target.after.as_ref().expect("what is run after the end");
    assert_eq!(after.program, Program::Path("./look".to_owned()));
    assert_eq!(after.args, ["{dir}", "3"]);
    assert_eq!(target.keeps, ["data/", "state.db"]);
    assert_eq!(scenario.limits.after, Duration::from_secs(5));
    assert_eq!(scenario.limits.quiet, Duration::from_millis(300));
    assert_eq!(scenario.limits.end, Duration::from_millis(1500));
    assert_eq!(scenario.limits.grace, Duration::from_mins(1));
    let ids: Vec<&str> = scenario.cells.iter().map(|cell| cell.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "everything/direct>pipe/SIGINT",
            "everything/direct>pipe/SIGTERM",
            "everything/direct>pipe/SIGTERM:server",
            "everything/direct>pipe/http GET /quit",
            "everything/direct>file/SIGINT",
            "everything/direct>file/SIGTERM",
            "everything/direct>file/SIGTERM:server",
            "everything/direct>file/http GET /quit",
            "everything/pty>pipe/SIGTERM",
            "everything/pty>pipe/SIGTERM:server",
            "everything/pty>pipe/ctrl-c",
            "everything/pty>pipe/http GET /quit",
            "everything/pty>file/SIGTERM",
            "everything/pty>file/SIGTERM:server",
            "everything/pty>file/ctrl-c",
            "everything/pty>file/http GET /quit",
            "everything/tini>pipe/SIGTERM",
        ]
    );
    assert_eq!(scenario.cells[16].skip.as_deref(), Some("tini is odd"));
}

#[test]
fn later_rules_win_for_what_they_state() {
    let scenario = one(Os::Linux, EVERYTHING);
    let first = &scenario.cells[0].expect;
    assert_eq!(first.outcome, [Outcome::Exit(0)]);
    assert_eq!(first.leftovers, Leftovers::None);
    assert_eq!(first.lines, [27]);
    let second = &scenario.cells[1].expect;
    let by_role = [
        ("main".to_owned(), Ran::AnyOrder(vec!["saved".to_owned(), "x".to_owned()])),
        ("server".to_owned(), Ran::Exactly(vec![])),
        ("worker".to_owned(), Ran::Some { with: vec!["y".to_owned()], without: vec!["z".to_owned()] }),
    ];
    assert_eq!(second.cleanup, Some(Arc::new(Cleanup { by_role: by_role.into_iter().collect() })));
    assert_eq!(second.outcome.len(), 2);
    assert_eq!(second.because.as_deref(), Some("a reason"));
    // Both speak of the cell, but nothing of the first is left.
    assert_eq!(second.lines, [29]);
}

#[test]
fn claims_know_their_cells() {
    let scenario = one(Os::Linux, EVERYTHING);
    let claim = &scenario.claims[0];
    assert_eq!(claim.version.as_deref(), Some("3.10"));
    assert_eq!(claim.checks.len(), 1);
    assert_eq!(claim.checks[0].cells, [1, 5, 8, 12, 16]);
    assert_eq!(claim.checks[0].predicts.leftovers, Leftovers::Any);
    assert_eq!(scenario.claims[1].checks.len(), 2);
    assert_eq!(scenario.claims[2].untested.as_deref(), Some("no data here"));
}

#[test]
fn another_system_has_no_cells() {
    let scenario = one(Os::Windows, EVERYTHING);
    assert_eq!(scenario.cells.len(), 0);
    assert!(scenario.claims[0].checks[0].cells.is_empty());
}

#[test]
fn a_rule_for_another_system_is_no_error() {
    let text = "
scenario: a
about: a
target: { fixture: python/atexit.py, hooks: [A] }
matrix: { launch: [direct, pid1], terminate: [SIGTERM, SIGPWR] }
expect:
  - { outcome: dies-of-it }
  - { when: { platform: linux, terminate: SIGPWR }, outcome: ends }
  - { when: { platform: macos }, outcome: ends }
";
    let text = text.replace("target:", "platforms: [linux, macos]\ntarget:");
    assert_eq!(one(Os::Linux, &text).cells.len(), 4);
    // macOS has neither SIGPWR nor namespaces.
    let mac = one(Os::Macos, &text);
    assert_eq!(mac.cells.len(), 1);
    assert_eq!(mac.cells[0].expect.outcome, [Outcome::Ends]);
}

#[test]
fn stdout_is_the_terminal_where_the_launch_has_one() {
    let text = "
scenario: a
about: a
platforms: linux
target: { fixture: c/atexit.c }
matrix: { launch: [direct, pty], terminate: [SIGTERM, ctrl-c, stdout-gone, stdin-eof, parent-death] }
expect: [{ outcome: ends }]
";
    let scenario = one(Os::Linux, text);
    let cells: Vec<(&str, Stdout)> =
        scenario.cells.iter().map(|cell| (cell.id.as_str(), cell.stdout)).collect();
    assert_eq!(
        cells,
        [
            ("a/direct/SIGTERM", Stdout::Pipe),
            ("a/direct/stdout-gone", Stdout::Pipe),
            ("a/direct/stdin-eof", Stdout::Pipe),
            ("a/direct/parent-death", Stdout::Pipe),
            ("a/pty/SIGTERM", Stdout::Pty),
            ("a/pty/ctrl-c", Stdout::Pty),
            ("a/pty/parent-death", Stdout::Pty),
        ]
    );
    assert!(matches!(&scenario.target.ready, Ready::Evidence(pattern) if pattern.as_str() == "^ready$"));
}

#[test]
fn the_end_of_its_input_is_an_end_from_outside_for_a_program_and_an_own_one_for_a_fixture() {
    let text = "
scenario: a
about: a
platforms: linux
target: { program: [./a, '{port}'], ready: { tcp: '{port}' }, requests: { half: { half: / } } }
matrix: { launch: [direct, pty], terminate: [stdin-eof, ctrl-d] }
expect: [{ outcome: ends, work: { half: cut } }]
";
    assert!(one(Os::Linux, text).cells.iter().all(|cell| cell.ending.own.is_none()));
    let fixture = text.replace(
        "program: [./a, '{port}'], ready: { tcp: '{port}' }",
        "fixture: c/atexit.c, args: ['{port}']",
    );
    let errors = load_for(Os::Linux, &fixture).expect_err("it begins to end as soon as it is ready");
    assert!(errors[0].render(false).contains("no request can be under way"), "{}", errors[0].render(false));
}

#[test]
fn a_line_is_typed_where_standard_input_is_a_terminal() {
    let text = "
scenario: a
about: a
platforms: linux
target: { program: ./a, ready: started, stdin: open }
matrix: { launch: [direct, pty], terminate: [line quit, stdin-eof, ctrl-d] }
expect: [{ outcome: ends }]
";
    let scenario = one(Os::Linux, text);
    let cells: Vec<(&str, Stdin)> =
        scenario.cells.iter().map(|cell| (cell.id.as_str(), cell.ending.stdin)).collect();
    assert_eq!(
        cells,
        [
            ("a/direct/line quit", Stdin::Pipe),
            ("a/direct/stdin-eof", Stdin::Pipe),
            ("a/pty/line quit", Stdin::Null),
            ("a/pty/ctrl-d", Stdin::Null),
        ]
    );
}

const DEFAULTS: &str = "
about: shared
tags: [shared]
platforms: [linux]
target: { program: [./run.sh, a], ready: started, env: { A: shared }, cwd: work, hooks: { A: { stdout: a } } }
limits: { ready: 1s, end: 2s }
matrix: { launch: [direct], terminate: [SIGTERM] }
expect:
  - outcome: dies-of-it
  - when: { terminate: SIGHUP }
    outcome: survives
";

/// A scenario with versions, from the matrix on.
fn versions(rest: &str) -> String {
    format!("scenario: v\nabout: a\nplatforms: linux\ntarget: {{ fixture: python/atexit.py }}\n{rest}")
}

#[test]
fn a_version_is_part_of_the_id_and_decides_what_is_run() {
    let scenario = one(
        Os::Linux,
        &versions(
            "matrix: { terminate: [SIGTERM], stdout: file, version: [python312, ./venv/bin/python] }\n\
             expect: [{ outcome: ends }, { when: { version: python312 }, outcome: { exit: 3 } }]\n",
        ),
    );
    let told: Vec<(&str, Program)> =
        scenario.cells.iter().map(|cell| (cell.id.as_str(), scenario.program(cell))).collect();
    let fixture = |name: &str| Program::Fixture(name.to_owned());
    assert_eq!(
        told,
        [
            ("v/direct>file@python312/SIGTERM", fixture("python312/atexit.py")),
            ("v/direct>file@./venv/bin/python/SIGTERM", fixture("python/atexit.py")),
        ]
    );
    assert_eq!(scenario.cells[0].expect.outcome, [Outcome::Exit(3)]);
    assert_eq!(scenario.cells[1].expect.outcome, [Outcome::Ends]);
}

#[test]
fn without_the_key_ids_have_no_version() {
    let scenario = one(Os::Linux, &versions("matrix: { terminate: SIGTERM }\nexpect: [{ outcome: ends }]\n"));
    assert_eq!(scenario.cells[0].id, "v/direct/SIGTERM");
    assert_eq!(scenario.cells[0].version, None);
}

#[test]
fn an_inclusion_can_bring_versions_in_and_an_exclusion_can_take_them_out() {
    let text = versions(
        "matrix: { terminate: [SIGTERM], include: [{ version: [python312, python313] }], \
         exclude: [{ launch: pty }], launch: [direct, pty] }\nexpect: [{ outcome: ends }]\n",
    );
    let ids: Vec<String> =
        one(Os::Linux, &text.replace("{ launch: pty }", "{ launch: pty, version: python }"))
            .cells
            .into_iter()
            .map(|cell| cell.id)
            .collect();
    assert_eq!(
        ids,
        [
            "v/direct@python/SIGTERM",
            "v/direct@python312/SIGTERM",
            "v/direct@python313/SIGTERM",
            "v/pty@python312/SIGTERM",
            "v/pty@python313/SIGTERM",
        ]
    );
}

#[test]
fn a_version_of_any_program_is_another_program() {
    let text = "scenario: v\nabout: a\nplatforms: linux\ntarget: { program: [./new, --x], ready: started }\n\
                matrix: { terminate: SIGTERM, version: [./new, ./old] }\nexpect: [{ outcome: ends }]\n";
    let scenario = one(Os::Linux, text);
    let programs: Vec<Program> = scenario.cells.iter().map(|cell| scenario.program(cell)).collect();
    assert_eq!(programs, [Program::Path("./new".to_owned()), Program::Path("./old".to_owned())]);
}

#[test]
fn defaults_are_shared_and_ours_win() {
    let ours = "
scenario: a
defaults: ../common/defaults.yaml
limits: { end: 3s }
matrix: { terminate: [SIGTERM, SIGINT] }
target: { env: { B: ours } }
expect:
  - when: { terminate: SIGINT }
    outcome: survives
";
    let files: [(&str, &[u8]); 1] = [("scenarios/a.yaml", ours.as_bytes())];
    let loaded = load_all(Os::Linux, &files, &[("scenarios/../common/defaults.yaml", DEFAULTS)]);
    let scenario = loaded.unwrap_or_else(|errors| panic!("{}", render(&errors))).remove(0);
    assert_eq!(scenario.about, "shared");
    assert_eq!(scenario.target.program, Program::Path("../common/./run.sh".to_owned()));
    assert_eq!(scenario.target.cwd.as_deref(), Some(Path::new("../common/work")));
    assert_eq!(scenario.target.env.keys().collect::<Vec<_>>(), ["B"]);
    assert_eq!(scenario.limits.ready, Duration::from_secs(1));
    assert_eq!(scenario.limits.quiet, Duration::from_secs(1), "as `ready`, where it is not written");
    assert_eq!(scenario.limits.end, Duration::from_secs(3));
    assert_eq!(scenario.cells[0].expect.outcome, [Outcome::DiesOfIt]);
    assert_eq!(scenario.cells[1].expect.outcome, [Outcome::Survives]);
}

#[test]
fn the_death_of_a_parent_is_a_signal_where_the_target_asked_for_one() {
    let text = "
scenario: a
about: a
platforms: linux
target: { fixture: c/atexit.c }
matrix: { launch: pdeathsig, terminate: parent-death }
expect: [{ outcome: dies-of-it }]
";
    let scenario = one(Os::Linux, text);
    assert_eq!(scenario.cells[0].ending.signal.map(crate::signals::Signal::name), Some("SIGTERM"));
}

#[test]
fn the_place_of_an_error_is_counted_in_characters() {
    let text = "scenario: a\nabout: é\ntags: [é, \"ü\", é b]\n";
    let errors = load_for(Os::Linux, text).expect_err("the tag has a space");
    let first = &errors[0];
    assert_eq!((first.line(), first.column(), first.path()), (1, 1, Path::new("scenarios/a.yaml")));
    let tags: Vec<(usize, usize)> =
        errors.iter().skip(2).map(|error| (error.line(), error.column())).collect();
    assert_eq!(tags, [(3, 8), (3, 11), (3, 16)]);
}
