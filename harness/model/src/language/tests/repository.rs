//! The files of the repository that follow from the language: the scenarios, the schema, the tables.

use super::*;
use crate::language::node::Value;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_scenario_of_the_repository_loads_on_every_system() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = yaml_files(&folder);
    assert!(files.len() > 10, "the scenarios were not found");
    let sources: Vec<Source> = files
        .iter()
        .filter(|path| !path.to_string_lossy().ends_with("defaults.yaml"))
        .map(|path| Source { path: path.clone(), bytes: std::fs::read(path).unwrap_or_default() })
        .collect();
    for os in Os::ALL {
        let world = World {
            os,
            wine: None,
            fixtures: &|_| true,
            fixture_names: Vec::new(),
            defaults: &|path| std::fs::read(path),
        };
        match load(&sources, &world) {
            Ok(scenarios) => {
                let ids = scenarios.iter().flat_map(|scenario| &scenario.cells).map(|cell| &cell.id);
                let count = ids.clone().count();
                assert_eq!(ids.collect::<BTreeSet<_>>().len(), count, "ids are unique on {}", os.name());
            }
            Err(errors) => panic!("{}", render(&errors)),
        }
    }
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A tree as JSON, for the schema: what an editor makes of the file.
fn json(node: &node::Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) => text.as_str().into(),
        Value::Number(number) => serde_json::from_str(number).unwrap_or_else(|_| number.as_str().into()),
        Value::Bool(value) => (*value).into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.text().unwrap_or_default().to_owned(), json(value)))
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect(),
    }
}

fn parsed(path: &Path, bytes: &[u8]) -> serde_json::Value {
    let mut reading = Reading::default();
    let node = yaml::parse(&mut reading, path, bytes);
    json(&node.unwrap_or_else(|| panic!("{}", render(&reading.finish()))))
}

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(&schema()).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

#[test]
fn the_schema_takes_every_scenario() {
    let validator = validator();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files: Vec<(PathBuf, Vec<u8>)> = yaml_files(&folder)
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(&path).unwrap_or_default()))
        .collect();
    files.push((PathBuf::from("everything"), EVERYTHING.as_bytes().to_vec()));
    for (path, bytes) in files {
        let errors: Vec<String> = validator
            .iter_errors(&parsed(&path, &bytes))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}

#[rstest::rstest]
#[case("scenario: all right")]
#[case("scenari: a")]
#[case("platforms: [plan9]")]
#[case("limits: { ready: 10 }")]
#[case("limits: { ready: ten }")]
#[case("control: { verdict: pass, why: x }")]
#[case("control: { verdict: fail }")]
#[case("target: { fixtur: x }")]
#[case("target: { ready: start }")]
#[case("target: { ready: { stdout: a, stderr: b } }")]
#[case("target: { hooks: A }")]
#[case("matrix: { launch: spaceship }")]
#[case("matrix: { terminate: SIGTREM }")]
#[case("matrix: { terminate: [SIGTERM-gruop] }")]
#[case("matrix: { terminate: [http GET quit] }")]
#[case("matrix: { stdout: tape }")]
#[case("expect: [{ outcome: dies }]")]
#[case("expect: [{ outcome: { exit: -1 } }]")]
#[case("expect: [{ outcome: { signal: TERM } }]")]
#[case("expect: [{ cleanup: nothing }]")]
#[case("expect: [{ cleanup: { any-order: A } }]")]
#[case("expect: [{ leftovers: { process: [a] } }]")]
#[case("expect: [{ when: { terminat: SIGTERM } }]")]
#[case("claims: [{ id: a, says: b }]")]
fn the_schema_refuses_what_the_decoder_refuses(#[case] line: &str) {
    let validator = validator();
    assert!(!validator.is_valid(&parsed(Path::new("a.yaml"), line.as_bytes())), "the schema takes {line}");
    assert!(load_for(Os::Linux, line).is_err());
}

#[test]
fn the_schema_in_the_repository_is_current() {
    current("scenarios/scenario.schema.json", &schema());
}

#[test]
fn the_tables_of_the_documentation_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios.md");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    current("docs/scenarios.md", &tables::fill(&text));
}

/// Compares a generated file with what it should be; LASTRITES_BLESS=1 writes it.
fn current(name: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    if std::env::var_os("LASTRITES_BLESS").is_some() {
        std::fs::write(&path, wanted).expect("the file can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == wanted,
        "{name} is not current: LASTRITES_BLESS=1 cargo test -p lastrites-model writes it"
    );
}

#[test]
fn the_examples_of_the_documentation_are_right() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios.md");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let blocks = text.split("```yaml\n").skip(1).filter_map(|after| after.split("```").next());
    let whole: Vec<&str> = blocks.filter(|block| block.starts_with("scenario:")).collect();
    assert!(!whole.is_empty(), "the documentation has a whole scenario");
    for example in whole {
        assert_eq!(one(Os::Linux, example).cells.len(), 2);
    }
}
