//! "Did you mean": the known word that a mistaken one is probably meant to be.

use std::collections::BTreeSet;

/// How many known words are listed when none is close.
const LISTED: usize = 12;

/// The advice on a word that is none of the known ones: the closest of them, or all of them when they are
/// few and none is close.
pub fn advice<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    let mut seen = BTreeSet::new();
    let known: Vec<&str> =
        known.into_iter().filter(|known| !known.is_empty() && seen.insert(*known)).collect();
    if let Some(closest) = closest(word, &known) {
        return Some(format!("did you mean `{closest}`?"));
    }
    match known.as_slice() {
        [] => None,
        [only] => Some(format!("there is only `{only}`")),
        few if few.len() <= LISTED => Some(format!("use one of {}", few.join(", "))),
        _ => None,
    }
}

/// The known word that differs from `word` by a few typing mistakes, if any; of several the closest, and of
/// these the first.
pub(crate) fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let folded = fold(word);
    let tolerated = (word.chars().count() / 3).clamp(1, 4);
    known
        .iter()
        .map(|known| (distance(&folded, &fold(known)), *known))
        .filter(|(distance, _)| *distance <= tolerated)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Typing mistakes between two words; a word that the other begins with, as `version` begins
/// `version_id`, is one mistake away.
fn distance(word: &str, known: &str) -> usize {
    let typed = strsim::damerau_levenshtein(word, known);
    let begins = word.len() >= 4 && known.len() >= 4 && (known.starts_with(word) || word.starts_with(known));
    if begins { typed.min(1) } else { typed }
}

/// Case and the kind of word separator are not mistakes of their own.
fn fold(word: &str) -> String {
    // A hostile "word" may be a whole file, and the distance is quadratic.
    word.chars().take(64).map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_word_is_suggested() {
        let known = ["equals", "exists", "empty", "not-equals", "less-than"];
        assert_eq!(advice("equal", known).unwrap(), "did you mean `equals`?");
        assert_eq!(advice("lessThan", known).unwrap(), "did you mean `less-than`?");
        assert_eq!(advice("not_equals", known).unwrap(), "did you mean `not-equals`?");
        assert_eq!(advice("version", ["version_id"]).unwrap(), "did you mean `version_id`?");
    }

    #[test]
    fn a_far_word_gets_the_list_when_it_is_short() {
        assert_eq!(advice("frobnicate", ["b", "a"]).unwrap(), "use one of b, a");
        assert_eq!(advice("frobnicate", ["swap"]).unwrap(), "there is only `swap`");
        let many: Vec<String> = (0..50).map(|n| format!("fact{n}")).collect();
        assert_eq!(advice("zebra", many.iter().map(String::as_str)), None);
        assert_eq!(advice("anything", []), None);
    }

    #[test]
    fn a_hostile_word_costs_no_more_than_a_long_one() {
        assert_eq!(advice(&"x".repeat(10_000_000), ["a"; 1000]), Some("there is only `a`".to_owned()));
    }
}
