//! The name that was probably meant.

/// The candidate that differs least from what was written, if any is near enough to be a slip: a
/// third of the letters, at least one. The first of equals wins.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = written.to_lowercase().chars().take(LONGEST).collect();
    let tolerance = (wanted.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.to_lowercase().chars().take(LONGEST).collect();
        if letters.len().abs_diff(wanted.len()) > tolerance {
            continue;
        }
        let far = distance(&wanted, &letters);
        if far <= tolerance && far < wanted.len() && best.is_none_or(|(least, _)| far < least) {
            best = Some((far, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Longer names are not slips of each other; the bound keeps a hostile file from costing time.
const LONGEST: usize = 64;

/// Edit distance in which a transposition of neighbours counts as one (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row[j] = least;
        }
        before = above;
        above = row;
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("SIGTREM", Some("SIGTERM"))]
    #[case("sigterm", Some("SIGTERM"))]
    #[case("SIGTERN", Some("SIGTERM"))]
    #[case("drect", Some("direct"))]
    #[case("banana", None)]
    #[case("", None)]
    #[case("C", None)]
    fn slips_are_found(#[case] written: &str, #[case] meant: Option<&str>) {
        assert_eq!(nearest(written, ["SIGTERM", "SIGTTIN", "direct", "A"]), meant);
    }

    #[rstest]
    #[case("", "", 0)]
    #[case("abc", "", 3)]
    #[case("abc", "abd", 1)]
    #[case("abcd", "abdc", 1)]
    #[case("kitten", "sitting", 3)]
    fn distances(#[case] a: &str, #[case] b: &str, #[case] far: usize) {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&letters(a), &letters(b)), far);
        assert_eq!(distance(&letters(b), &letters(a)), far);
    }
}
