//! Every error message, as the user sees it. One snapshot for each group of mistakes: read as a page,
//! it shows whether the messages speak with one voice.

use super::*;
use crate::filter::Filter;
use std::fmt::Write as _;

/// A scenario that is right; each case makes a mistake in it.
const RIGHT: &str = r"scenario: right
about: Is this right?
platforms: [linux]
target:
  fixture: python/atexit.py
  hooks: [A, B]
  roles: { server: { announces: ^role server$ } }
matrix:
  launch: [direct, pty]
  terminate: [return, SIGTERM, ctrl-c]
expect:
  - cleanup: [B, A]
";

#[test]
fn the_base_of_all_cases_is_right() {
    assert_eq!(one(Os::Linux, RIGHT).cells.len(), 5);
}

/// What a file with mistakes is answered with.
fn answer(text: &[u8]) -> String {
    match load_all(
        Os::Linux,
        &[("scenarios/a.yaml", text)],
        &[("scenarios/d.yaml", "scenario: b\ncontrol: 3\n")],
    ) {
        Ok(_) => "no error".to_owned(),
        Err(errors) => render(&errors),
    }
}

/// A page of cases: `from` in the right scenario is replaced by `to`.
fn page(cases: &[(&str, &str, &str)]) -> String {
    let mut page = String::new();
    for (what, from, to) in cases {
        let count = RIGHT.matches(from).count();
        assert_eq!(count, 1, "{what}: {from:?} is in the base {count} times");
        let answer = answer(RIGHT.replace(from, to).as_bytes());
        assert_ne!(answer, "no error", "{what}");
        let _ = writeln!(page, "## {what}\n\n{answer}\n");
    }
    page
}

const END: &str = "  - cleanup: [B, A]\n";

#[test]
fn files() {
    let mut page = String::new();
    let mut case = |what: &str, text: &[u8]| {
        let _ = writeln!(page, "## {what}\n\n{}\n", answer(text));
    };
    case("empty", b"");
    case("only a comment", b"# nothing\n");
    case("a list", b"- scenario: a\n");
    case("a word", b"hello");
    case("no UTF-8", b"scenario: a\nabout: caf\xe9\n");
    case("UTF-16", b"\xff\xfes\0c\0");
    case("two documents", b"scenario: a\n---\nscenario: b\n");
    case("a bracket that is never closed", b"scenario: a\ntags: [a, b\nabout: c\n");
    case("a tab for indentation", b"scenario: a\ntarget:\n\tfixture: x\n");
    case("wrong indentation", b"scenario: a\n  about: b\n");
    case("an unknown alias", b"scenario: *nobody\n");
    case("a quote that is never closed", b"scenario: \"a\nabout: b\n");
    case("nested deeply", [b"tags: ".as_slice(), &b"[".repeat(5000)].concat().as_slice());
    case("many nodes", ["tags: [", &"a,".repeat(30_000), "]"].concat().as_bytes());
    case("an alias bomb", bomb().as_bytes());
    case("11 MB", &vec![b'#'; 11_000_000]);
    case("a merge key", b"<<: { about: a }\nscenario: a\n");
    case("a key that is no text", b"[a]: b\n1: c\n");
    insta::assert_snapshot!(page);
}

/// Ten levels of ten aliases each.
fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
    }
    text
}

#[test]
fn keys_and_types() {
    let page = page(&[
        ("unknown key", "matrix:", "matrx:"),
        ("unknown key without a near one", "about: Is this right?", "about: b\ncolour: red"),
        ("unknown key inside", "  fixture:", "  fixtur:"),
        ("key twice", "about: Is this right?", "about: a\nabout: b"),
        ("missing keys", "about: Is this right?\n", ""),
        ("nothing for text", "about: Is this right?", "about:"),
        ("number for text", "about: Is this right?", "about: 3"),
        ("boolean for text", "about: Is this right?", "about: true"),
        ("list for text", "about: Is this right?", "about: [a]"),
        ("text for a mapping", "platforms: [linux]", "platforms: [linux]\nlimits: 10s"),
        ("text for a list", "  - cleanup: [B, A]\n", "  all is well\n"),
        ("a name with a space", "scenario: right", "scenario: all right"),
        ("bad durations", "platforms: [linux]", "limits: { ready: 10, end: soon, grace: 0s, survive: [1s] }"),
        ("empty list", "platforms: [linux]", "platforms: []"),
        ("control", "platforms: [linux]", "control: { verdict: pass, why: \"[\" }"),
        ("control without reason", "platforms: [linux]", "control: { verdict: fail }"),
    ]);
    insta::assert_snapshot!(page);
}

#[test]
fn names() {
    let page = page(&[
        ("launch", "[direct, pty]", "[drect, pty]"),
        ("launch without a near one", "[direct, pty]", "[direct, spaceship]"),
        ("termination", "SIGTERM, ", "SIGTREM, "),
        ("termination without a near one", "SIGTERM, ", "banana, "),
        ("signal in small letters", "SIGTERM, ", "sigterm, "),
        ("signal without SIG", "SIGTERM, ", "TERM, "),
        ("family", "SIGTERM, ", "SIGTERM-gruop, "),
        ("family with a wrong signal", "SIGTERM, ", "SIGTREM-group, "),
        ("wrong signal for a role", "SIGTERM, ", "\"SIGTREM:server\", "),
        ("unknown role", "SIGTERM, ", "\"SIGTERM:sever\", "),
        ("http without a slash", "SIGTERM, ", "http GET quit, "),
        ("own end", "return, ", "retrun, "),
        ("platform", "[linux]", "[linus]"),
        ("stdout", "  launch:", "  stdout: pype\n  launch:"),
        ("hook", END, "  - cleanup: [B, C]\n"),
        ("hook, near", "hooks: [A, B]", "hooks: [atexit-a, B, A]\nexpect: [{ cleanup: [atxit-a] }]\nx:"),
        ("role", END, "  - cleanup: { main: [B, A], sever: none }\n"),
        ("word of a cleanup taken for a role", END, "  - cleanup: { include: [A] }\n"),
        ("signal of an outcome", END, "  - outcome: { signal: SIGTRM }\n"),
        ("outcome", END, "  - outcome: dies\n"),
        ("outcome without a near one", END, "  - outcome: good\n"),
        ("two outcomes in one mapping", END, "  - outcome: { exit: 0, signal: SIGTERM }\n"),
        ("exit status", END, "  - outcome: { exit: -1 }\n"),
        ("exit status of Windows", END, "  - outcome: { exit: 0xC000013A }\n"),
        ("cleanup", END, "  - cleanup: nothing\n"),
        ("cleanup of two forms", END, "  - cleanup: { any-order: [A], includes: [B] }\n"),
        ("leftovers", END, "  - cleanup: any\n    leftovers: { process: [a] }\n"),
        ("leftovers as a list", END, "  - cleanup: any\n    leftovers: [a]\n"),
    ]);
    insta::assert_snapshot!(page);
}

#[test]
fn targets() {
    let page = page(&[
        ("no such fixture", "python/atexit.py", "python/atexti.py"),
        ("no such fixture, none near", "python/atexit.py", "haskell/bracket.hs"),
        ("fixture and program", "  hooks:", "  program: x\n  hooks:"),
        ("neither", "  fixture: python/atexit.py\n", ""),
        ("program without ready", "fixture: python/atexit.py", "program: [sleep, 100]"),
        ("empty program", "fixture: python/atexit.py", "program: []"),
        ("bad ready", "  hooks:", "  ready: { stdot: x }\n  hooks:"),
        ("unknown word for ready", "  hooks:", "  ready: start\n  hooks:"),
        ("bad pattern", "  hooks:", "  ready: { stdout: \"a(b\" }\n  hooks:"),
        ("no port of a number", "  hooks:", "  ready: { tcp: 65536 }\n  hooks:"),
        ("a port that nobody learns", "  hooks:", "  ready: { tcp: \"{port}\" }\n  hooks:"),
        ("http without slash", "  hooks:", "  ready: { http: health }\n  hooks:"),
        ("hook twice", "[A, B]", "[A, B, A]"),
        ("reserved hook", "[A, B]", "[A, B, none]"),
        ("bad evidence", "[A, B]", "{ A: { stdoot: x }, B: log }"),
        ("reserved role", "server: {", "main: {"),
        ("role without pattern", "server: { announces: ^role server$ }", "server: web"),
        ("need", "  hooks:", "  needs: [redis, { ruby: x }]\n  hooks:"),
        ("two needs in one", "  hooks:", "  needs: [{ program: x, python: y }]\n  hooks:"),
        ("empty need", "  hooks:", "  needs: [{ install: x }]\n  hooks:"),
        ("version of a module", "  hooks:", "  needs: [{ python: x, version: -v }]\n  hooks:"),
        ("nothing to read from", "[A, B]", "{ A: protocol, B: { after: x } }"),
        (
            "misspelt, so that nothing is read from",
            "[A, B]",
            "{ A: protocol, B: { after: x } }\n  aftre: { program: x }",
        ),
        ("nobody reads it", "  hooks:", "  after: { program: x }\n  hooks:"),
        ("after without program", "[A, B]", "{ A: protocol, B: { after: x } }\n  after: { args: [x] }"),
        (
            "after with an unknown fixture",
            "[A, B]",
            "{ A: protocol, B: { after: x } }\n  after: { fixture: python/atexti.py }",
        ),
        ("environment", "  hooks:", "  env: [A=b]\n  hooks:"),
        (
            "fixture words for a program",
            "fixture: python/atexit.py",
            "program: [x]\n  ready: started\nmatrix: { terminate: [abort, return] }\nx:",
        ),
        ("no hooks, but cleanup", "  hooks: [A, B]\n", ""),
    ]);
    insta::assert_snapshot!(page);
}

#[test]
fn requests() {
    let with = |requests: &str, rule: &str| {
        let (head, _) = RIGHT.split_once("  hooks:").unwrap_or_default();
        format!(
            "{head}  args: [\"{{port}}\"]\n  requests: {{ {requests} }}\nmatrix: {{ terminate: SIGTERM }}\nexpect:\n  - {rule}\n"
        )
    };
    let cases = [
        ("no kind", with("slow: { begun: { stdout: x } }", "outcome: ends")),
        ("two kinds", with("slow: { get: /, idle: / }", "outcome: ends")),
        ("unknown kind", with("slow: { gett: / }", "outcome: ends")),
        ("bad path", with("slow: { get: slow }", "outcome: ends")),
        ("bad name", with("a b: { get: / }", "outcome: ends")),
        ("bad sign", with("slow: { get: /, begun: started }", "outcome: ends")),
        ("a sign of what is new", with("late: { new: /, begun: { stdout: x } }", "outcome: ends")),
        ("unknown request", with("slow: { get: / }", "{ outcome: ends, work: { slwo: cut } }")),
        ("unknown answer", with("slow: { get: / }", "{ outcome: ends, work: { slow: answred } }")),
        ("only work", with("slow: { get: / }", "work: { slow: cut }")),
    ];
    let mut page = String::new();
    for (what, text) in cases {
        let _ = writeln!(page, "## {what}\n\n{}\n", answer(text.as_bytes()));
    }
    let own = RIGHT
        .replace("hooks: [A, B]", "hooks: [A, B]\n  args: [\"{port}\"]\n  requests: { slow: { get: / } }");
    let _ = writeln!(page, "## an end of its own\n\n{}\n", answer(own.as_bytes()));
    let deaf = RIGHT
        .replace("hooks: [A, B]", "hooks: [A, B]\n  requests: { slow: { get: / } }")
        .replace("return, ", "");
    let _ = writeln!(page, "## no port\n\n{}\n", answer(deaf.as_bytes()));
    let _ = writeln!(
        page,
        "## no requests\n\n{}\n",
        answer(RIGHT.replace(END, "  - { cleanup: any, work: { slow: cut } }\n").as_bytes())
    );
    insta::assert_snapshot!(page);
}

#[test]
fn matrices() {
    let page = page(&[
        ("no terminations", "  terminate: [return, SIGTERM, ctrl-c]\n", ""),
        ("name twice", "[direct, pty]", "[direct, pty, direct]"),
        ("no meaning", "[direct, pty]", "[direct]"),
        ("another system", "[direct, pty]", "[direct, pty, pid1]\nplatforms: [macos]\nx:"),
        (
            "group of its own",
            "ctrl-c]",
            "ctrl-c, SIGTERM-group]\n  exclude: [{ terminate: SIGTERM-group, launch: pty }]",
        ),
        ("two cells of one id", "  launch:", "  include: [{ launch: pty, terminate: SIGTERM }]\n  launch:"),
        (
            "exclusion of nothing",
            "  launch:",
            "  exclude: [{ launch: direct, terminate: ctrl-c }]\n  launch:",
        ),
        ("everything excluded", "  launch:", "  exclude: [{ platform: linux }]\n  launch:"),
        ("a program without port", "SIGTERM, ", "http GET /quit, "),
    ]);
    insta::assert_snapshot!(page);
}

#[test]
fn versions() {
    let all = "  terminate: [return, SIGTERM, ctrl-c]";
    let with = |more: &str| format!("{all}\n{more}");
    let misspelt = with("  version: [python312, pyton313]");
    let other = with("  version: [python, node]");
    let twice = with("  version: [python312, python312]");
    let spaces = with("  version: [\"python 3\", a@b]");
    let in_rule = "  - cleanup: [B, A]\n  - { when: { version: python312 }, outcome: ends }\n";
    let not_listed =
        "  version: [python, python312]\nexpect:\n  - { when: { version: python313 }, outcome: ends }\n";
    let page = page(&[
        ("misspelt version", all, &misspelt),
        ("a version of something else", all, &other),
        ("version twice", all, &twice),
        ("no names", all, &spaces),
        ("a rule for versions where there are none", END, in_rule),
        ("a rule for a version that is not listed", "expect:\n", not_listed),
    ]);
    insta::assert_snapshot!(page);
}

#[test]
fn rules() {
    let page = page(&[
        (
            "no cell has the name",
            END,
            "  - cleanup: [B, A]\n  - { when: { terminate: SIGTRAP }, cleanup: none }\n",
        ),
        (
            "no cell has all names",
            END,
            "  - cleanup: [B, A]\n  - { when: { terminate: ctrl-c, launch: direct }, cleanup: none }\n",
        ),
        (
            "system that it is not for",
            END,
            "  - cleanup: [B, A]\n  - { when: { platform: windows }, cleanup: none }\n",
        ),
        ("cells without a rule", END, "  - { when: { terminate: SIGTERM }, cleanup: none }\n"),
        ("one cell without a rule", END, "  - { when: { terminate: [SIGTERM, return] }, cleanup: none }\n"),
        ("no rules", "expect:\n  - cleanup: [B, A]\n", ""),
        ("only leftovers", END, "  - leftovers: any\n"),
        ("states nothing", END, "  - cleanup: [B, A]\n  - when: { terminate: SIGTERM }\n"),
        ("no signal to die of", END, "  - outcome: dies-of-it\n"),
        ("signals on Windows", "[linux]", "[linux, windows]\nexpect: [{ outcome: { signal: SIGTERM } }]\nx:"),
        ("exit status too large", END, "  - outcome: { exit: 256 }\n"),
        (
            "list with one wrong name",
            END,
            "  - cleanup: [B, A]\n  - { when: { terminate: [SIGTERM, SIGTRM] }, cleanup: none }\n",
        ),
    ]);
    insta::assert_snapshot!(page);
}

#[test]
fn claims() {
    let claim = |rest: &str| format!("{END}claims:\n  - {{ id: S1-1, says: so, source: here{rest} }}\n");
    let cases = [
        ("without a test", claim("")),
        ("predicts nothing", claim(", when: { terminate: SIGTERM }")),
        ("matches nothing", claim(", when: { terminate: SIGHUP }, cleanup: none")),
        ("untested with a test", claim(", untested: no, cleanup: none")),
        ("tests and a test", claim(", cleanup: none, tests: [{ cleanup: none }]")),
        ("unknown hook", claim(", cleanup: [D]")),
        ("twice", claim(", cleanup: none") + "  - { id: S1-1, says: so, source: here, outcome: ends }\n"),
        ("incomplete", format!("{END}claims: [{{ says: so, untestd: x }}]\n")),
        ("no signal to die of", claim(", outcome: dies-of-it")),
    ];
    let cases: Vec<(&str, &str, &str)> = cases.iter().map(|(what, to)| (*what, END, to.as_str())).collect();
    let page = page(&cases);
    insta::assert_snapshot!(page);
}

#[test]
fn several_files() {
    let right = RIGHT.as_bytes();
    let cannot = RIGHT.replace("about", "defaults: ../nowhere.yaml\nabout");
    let wrong = RIGHT.replace("about", "defaults: d.yaml\nabout").replace("right\n", "wrong\n");
    let files: [(&str, &[u8]); 5] = [
        ("scenarios/a.yaml", right),
        ("scenarios/b.yaml", right),
        ("scenarios/c.yaml", cannot.as_bytes()),
        ("scenarios/e.yaml", wrong.as_bytes()),
        ("scenarios/f.yaml", b"\xff"),
    ];
    let errors =
        load_all(Os::Linux, &files, &[("scenarios/d.yaml", "scenario: b\ncontrol: 3\nclaims: []\n")]);
    let page = render(&errors.expect_err("each file but the first is wrong"));
    insta::assert_snapshot!(page);
}

#[test]
fn many_mistakes_are_reported_at_once() {
    let text = r"scenario: many
abuot: Many mistakes.
platforms: [linux, plan9]
target:
  fixture: python/atexti.py
  hooks: [A, B]
  ready: { stdout: '[' }
limits: { ready: never }
matrix:
  launch: [direct, tty]
  terminate: [SIGTERM, SIGTREM]
expect:
  - cleanup: [C]
  - { when: { terminate: SIGHUP }, outcome: dies }
";
    let page = answer(text.as_bytes());
    insta::assert_snapshot!(page);
}

#[test]
fn filters() {
    let mut page = String::new();
    for expression in [
        "",
        "   ",
        "lanch=direct",
        "colour=red",
        "launch=",
        "(a or b",
        "a or b)",
        "not",
        "a and",
        "or a",
        "and",
        "()",
        "terminate=\"http",
        "ü lanch=x",
        "=x",
    ] {
        let error = Filter::parse(expression).expect_err(expression);
        let _ = writeln!(page, "## {expression}\n\ncolumn {}\n{}\n", error.column(), error.render(false));
    }
    let deep = Filter::parse(&"(".repeat(100_000)).expect_err("nested deeply");
    let _ = writeln!(page, "## 100,000 parentheses\n\n{}", deep.message());
    insta::assert_snapshot!(page);
}
