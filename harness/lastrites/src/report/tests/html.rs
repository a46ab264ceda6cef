//! The HTML page: what it says, and what it must not need.

use super::{everything, flask, rendered, report};
use crate::report::{Format, Options, html};
use lastrites_model::record_io;
use lastrites_model::sample::{self, exited};
use regex::Regex;
use std::collections::BTreeSet;

fn page() -> String {
    rendered("html", &everything(), Options::default())
}

/// The page without its style, which no test reads.
fn body(page: &str) -> &str {
    page.split_once("<body>").expect("a body").1
}

fn all<'a>(pattern: &str, text: &'a str) -> Vec<&'a str> {
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern.captures_iter(text).map(|found| found.get(1).expect("a group").as_str()).collect()
}

#[test]
fn a_page() {
    insta::assert_snapshot!(body(&page()));
}

#[test]
fn it_loads_nothing() {
    let page = page();
    assert!(page.contains("default-src 'none'"));
    for element in ["<script", "<img", "<iframe", "<object", "@import", "url("] {
        assert!(!page.contains(element), "{element}");
    }
    assert_eq!(all("<link [^>]*href=\"([^\"]*)\"", &page), ["data:,"]);
    assert_eq!(all(r#"\ssrc="([^"]*)""#, &page), Vec::<&str>::new());
}

#[test]
fn every_link_within_it_has_its_place_and_every_place_is_one() {
    let page = page();
    let places = all("\\sid=\"([^\"]*)\"", &page);
    let unique: BTreeSet<&str> = places.iter().copied().collect();
    assert_eq!(places.len(), unique.len());
    let links = all("href=\"#([^\"]*)\"", &page);
    assert!(links.len() > 5);
    for link in links.into_iter().chain(all("aria-labelledby=\"([^\"]*)\"", &page)) {
        assert!(unique.contains(link), "{link}");
    }
}

#[test]
fn every_element_is_closed_in_its_turn() {
    let page = page();
    let elements = Regex::new("<(/?)([a-z][a-z0-9]*)[^>]*>").expect("a pattern");
    let mut open = Vec::new();
    for found in elements.captures_iter(body(&page).trim_end_matches("</body>\n</html>").trim_end()) {
        match (&found[1], &found[2]) {
            ("", "br") => {}
            ("", name) => open.push(name.to_owned()),
            (_, name) if name == "body" || name == "html" => {}
            (_, name) => assert_eq!(open.pop().as_deref(), Some(name)),
        }
    }
    assert_eq!(open, Vec::<String>::new());
}

#[test]
fn a_reader_who_does_not_see_is_told_what_is_what() {
    let page = page();
    assert!(page.contains("<html lang=\"en\">"));
    assert_eq!(page.matches("<table").count(), page.matches("<caption>").count());
    assert_eq!(all("<th (?:role=\"[a-z]*\" )?(scope)=", &page).len(), page.matches("<th ").count());
    // The levels of the headings leave none out.
    let mut level = 0;
    for heading in all("<h([1-6])", &page) {
        let next: usize = heading.parse().expect("a digit");
        assert!(next <= level + 1, "h{next} after h{level}");
        level = next;
    }
    // A verdict is a word; the symbol beside it is decoration.
    for word in ["pass", "fail", "error", "flaky", "skip", "confirmed"] {
        assert!(
            Regex::new(&format!("aria-hidden=\"true\">[^<]+</span> {word}</span>"))
                .expect("a pattern")
                .is_match(&page),
            "{word}"
        );
    }
}

#[test]
fn the_versions_of_everything_are_in_its_head() {
    let page = page();
    for fact in ["lastrites 0.1.0", "linux x86_64", "6.1.0", "dash", "python", "3.11.7", "user-namespaces"] {
        assert!(
            page.contains(&format!("<dt>{fact}</dt>")) || page.contains(&format!("<dd>{fact}</dd>")),
            "{fact}"
        );
    }
}

#[test]
fn each_cell_that_ran_has_its_evidence() {
    let report = everything();
    let page = rendered("html", &report, Options::default());
    let anchors = all("<details id=\"([^\"]*)\"", &page);
    let ran = report.rows.iter().filter(|row| row.verdict.word() != "skip").count();
    assert_eq!(anchors.len(), ran);
}

#[test]
fn what_a_target_says_is_text_and_no_markup() {
    let flask = flask();
    let rows = sample::rows(&flask, |_| exited(1).said(&["<script>alert(1)</script> \u{1b}[31m & \u{85}"]));
    let page = rendered("html", &report(vec![flask], rows), Options::default());
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;"), "{page}");
    assert!(page.contains("\u{241b}[31m &amp; \u{fffd}"));
    assert!(!page.contains(['\u{1b}', '\u{85}']));
}

#[test]
fn several_records_are_one_page() {
    let mut other = everything();
    other.header.platform.wine = Some("8.0".into());
    let mut text = Vec::new();
    html::Html.render(&[everything(), other], &Options::default(), &mut text).expect("memory does not fail");
    let text = String::from_utf8(text).expect("text");
    assert_eq!(text.matches("<!DOCTYPE html>").count(), 1);
    assert_eq!(all("<h2 id=\"([^\"]*)\"", &text), ["linux", "linux-wine8"]);
    let places = all("\\sid=\"([^\"]*)\"", &text);
    assert_eq!(places.len(), places.iter().collect::<BTreeSet<_>>().len());
}

#[test]
fn a_saved_record_gives_the_same_page() {
    let report = everything();
    let record = lastrites_model::record::Record {
        header: report.header.clone(),
        rows: report.rows.clone(),
        cut: false,
    };
    let read = record_io::read(&record_io::write(&record)).expect("its own record");
    let saved = crate::report::Report::new(read.header, report.scenarios.clone(), read.rows, report.took);
    assert_eq!(rendered("html", &report, Options::default()), rendered("html", &saved, Options::default()));
}

#[test]
fn requests_have_a_column_where_there_are_any() {
    use lastrites_model::work::Answer;
    assert!(!page().contains("requests"));
    let flask = flask();
    let rows = sample::rows(&flask, |_| exited(0).ran(&["A"]).worked("slow", Answer::Answered));
    let report = report(vec![flask], rows);
    let page = rendered("html", &report, Options::default());
    let told = all("<td role=\"cell\" data-head=\"requests\">([^<]*)<", &page);
    assert_eq!(told, ["slow answered"]);
    assert_eq!(page.matches("scope=\"col\">requests</th>").count(), 1);
    assert!(rendered("junit", &report, Options::default()).contains("\nrequests: slow answered\n"));
}
