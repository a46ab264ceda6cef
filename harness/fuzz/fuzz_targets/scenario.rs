//! Whatever a scenario file holds, it is either read or refused with errors that can be shown.
#![no_main]

use lastrites_model::language::{self, Source, World};
use lastrites_model::platform::Os;
use std::collections::BTreeSet;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let world = World {
        os: Os::Linux,
        wine: None,
        fixtures: &|name| name.ends_with(".py"),
        fixture_names: vec!["python/atexit.py".to_owned(), "rust/drop".to_owned()],
        defaults: &|_| Ok(b"limits: { ready: 5s }\nexpect:\n  - { outcome: ends }\n".to_vec()),
    };
    match language::load(&[Source { path: "fuzz.yaml".into(), bytes: bytes.to_vec() }], &world) {
        Ok(scenarios) => {
            let mut ids = BTreeSet::new();
            for cell in scenarios.iter().flat_map(|scenario| &scenario.cells) {
                assert!(ids.insert(&cell.id), "two cells {}", cell.id);
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            for error in errors {
                let text = error.render(false);
                assert!(text.contains(".yaml"), "no file in {text}");
                assert!(text.lines().next().is_some_and(|line| line.starts_with("error")), "{text}");
            }
        }
    }
});
