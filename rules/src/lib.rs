//! Plimsoll's built-in rule packs and profiles: YAML under `packs/` and `profiles/`, compiled when
//! Plimsoll is built, and kept as text for those who read rules.

use plimsoll_engine::load::{Library, Source};

/// The compiled library, as `build.rs` wrote it.
static LIBRARY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/library.postcard"));

/// The files, by their path below this crate's folder.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The built-in packs, rules and profiles.
pub fn library() -> Library {
    // The build script wrote these bytes with the same types: they always load.
    postcard::from_bytes(LIBRARY).unwrap_or_default()
}

/// The text of every built-in file, by its path such as `packs/swap/swap-enabled.yaml`.
pub fn sources() -> impl Iterator<Item = Source> {
    FILES.iter().map(|(name, text)| Source::at(name, text.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_loads_and_every_rule_has_its_text() {
        let names: Vec<String> = sources().map(|source| source.name).collect();
        let library = library();
        assert!(!library.rules.is_empty());
        for rule in &library.rules {
            let name = format!("packs/{}/{}.yaml", rule.pack, rule.id);
            assert!(names.contains(&name), "{} has no text", rule.id);
        }
    }
}
