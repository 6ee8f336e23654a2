//! Rule, pack, profile and waiver files of any content: loaded or refused, never a panic.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use plimsoll_collectors::registry;
use plimsoll_engine::catalogue::Catalogue;
use plimsoll_engine::load::{self, Library, Source};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(registry::catalogue);
static BUILTIN: LazyLock<Library> = LazyLock::new(plimsoll_rules::library);

fuzz_target!(|input: &[u8]| {
    let Some((kind, text)) = input.split_first() else { return };
    let path = match kind % 4 {
        0 => "packs/fuzz/fuzzed.yaml",
        1 => "packs/fuzz/pack.yaml",
        2 => "profiles/fuzzed.yaml",
        _ => {
            // Drawn too, because drawing slices the text at the spans.
            if let Err(mistakes) = load::waivers("waivers.yaml", text, &BUILTIN) {
                let _ = mistakes.to_string();
            }
            return;
        }
    };
    if let Err(mistakes) = load::load(&[Source::at(path, text.to_vec())], Some(&CATALOGUE), Some(&BUILTIN)) {
        let _ = mistakes.to_string();
    }
});
