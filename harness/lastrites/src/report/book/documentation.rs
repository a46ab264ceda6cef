//! `PLATFORM/documentation.md`: what is documented, and was seen otherwise.

use crate::report::group::group;
use crate::report::pages::{in_order, ledger};
use crate::report::sheet::write::NOTE;
use crate::report::sheet::{Place, Sheet, Told};
use crate::report::text::{Rows, code, codes, escape};
use lastrites_model::claims::ClaimVerdict;
use lastrites_model::words::count;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The page; `None` where all that was tested is confirmed.
pub(in crate::report) fn page(platform: &str, sheets: &BTreeMap<String, Sheet>) -> Option<String> {
    let ledger = ledger(sheets);
    let of = |wanted: &ClaimVerdict| -> Vec<Finding<'_>> {
        in_order(&ledger)
            .into_iter()
            .filter(|(_, entry)| entry.verdict() == *wanted)
            .map(|(id, _)| Finding::of(id, sheets))
            .collect()
    };
    let (refuted, depends) = (of(&ClaimVerdict::Refuted), of(&ClaimVerdict::Depends));
    if refuted.is_empty() && depends.is_empty() {
        return None;
    }
    let mut text = format!(
        "{NOTE}\n# Documentation against observation: {platform}\n\n\
         Sentences of documentation that no cell agrees with: {}. Sentences that only some cells agree with: {}. \
         Each has the versions that it was observed with, where the sentence stands, and the command that shows \
         it again. All claims, the confirmed ones too: [claims](claims.md).\n",
        refuted.len(),
        depends.len(),
    );
    for (word, findings) in [("refuted", &refuted), ("depends", &depends)] {
        if findings.is_empty() {
            continue;
        }
        let mut rows = Rows::new(&["claim", "sentence", "what was found"]);
        for finding in findings {
            rows.line(&[
                format!("[{0}](#{1}-{word})", finding.id, anchor(finding.id)),
                escape(finding.says()),
                finding.conditions(),
            ]);
        }
        let _ = write!(text, "\n## {}\n\n{}", title(word), rows.text());
        for finding in findings {
            text.push_str(&finding.section(word));
        }
    }
    Some(text)
}

fn title(word: &str) -> &'static str {
    if word == "refuted" {
        "Refuted: no cell is as documented"
    } else {
        "Depends: some cells are, some are not"
    }
}

/// As GitHub makes it of a heading.
fn anchor(id: &str) -> String {
    id.to_lowercase().replace('.', "")
}

/// One claim, with what each scenario says of it.
struct Finding<'a> {
    id: &'a str,
    told: Vec<(&'a Sheet, &'a Told)>,
}

impl<'a> Finding<'a> {
    fn of(id: &'a str, sheets: &'a BTreeMap<String, Sheet>) -> Finding<'a> {
        let of = |sheet: &'a Sheet| {
            sheet.claims.iter().filter(|told| told.id == id).map(move |told| (sheet, told))
        };
        Finding { id, told: sheets.values().flat_map(of).collect() }
    }

    fn says(&self) -> &str {
        self.told.first().map_or("", |(_, told)| &told.says)
    }

    /// What it depends on, as the scenarios say it.
    fn conditions(&self) -> String {
        let mut all: Vec<String> = Vec::new();
        for (_, told) in &self.told {
            let condition = escape(&told.condition);
            if !condition.is_empty() && !all.contains(&condition) {
                all.push(condition);
            }
        }
        all.join("; ")
    }

    fn section(&self, word: &str) -> String {
        let mut text = format!("\n### {}: {word}\n\n> {}\n\n", self.id, escape(self.says()));
        let sources: BTreeSet<String> = self.told.iter().map(|(_, told)| escape(&told.source)).collect();
        for source in sources {
            let _ = writeln!(text, "- Documented at {source}");
        }
        for (sheet, told) in &self.told {
            for (versions, answer, places) in against(sheet, told) {
                let _ = writeln!(
                    text,
                    "- Observed with {versions} in [{0}]({0}.md): {answer}, when {places}",
                    sheet.name
                );
            }
        }
        let agreeing: usize = self.told.iter().map(|(_, told)| told.agreeing.len()).sum();
        let _ = writeln!(
            text,
            "- As documented: {}",
            if agreeing == 0 { "no cell".into() } else { count(agreeing, "cell") }
        );
        let conditions = self.conditions();
        if !conditions.is_empty() {
            let _ = writeln!(text, "- What was found: {conditions}");
        }
        if let Some((sheet, place)) =
            self.told.iter().find_map(|(sheet, told)| Some((sheet, told.against.first()?)))
        {
            let _ = writeln!(
                text,
                "- See it: {}; all of its cells: {}",
                super::command(&sheet.name, place),
                code(&format!("lastrites run --filter claim={}", self.id))
            );
        }
        text
    }
}

/// The cells that contradict a claim: with which versions, what was seen, how they were started and ended.
fn against(sheet: &Sheet, told: &Told) -> Vec<(String, String, String)> {
    let mut lines = Vec::new();
    for part in &sheet.parts {
        let of_part = |place: &&Place| part.cells.iter().any(|(known, _)| known == *place);
        let cells: Vec<(String, String, String)> = told
            .against
            .iter()
            .filter(of_part)
            .map(|place| (place.0.clone(), place.1.clone(), super::answer(Some(sheet), place)))
            .collect();
        for one in group(&cells) {
            let places = format!("started {} and ended by {}", codes(&one.started), codes(&one.ended_by));
            lines.push((escape(&part.with.told()), one.key, places));
        }
    }
    lines
}
