//! Loading: from the text of rule, pack, profile and waiver files to the compiled model.
//!
//! ```text
//! text ──yaml──▶ Node ──reader──▶ Rule, Pack, Profile, Waiver
//!                        │ checked against the catalogue of facts, the packs' parameters,
//!                        ▼ and the names of rules, packs, tags and profiles
//!                     Diagnostics: every mistake of every file
//! ```
//!
//! Loading is strict: what a file says is understood in full or it is a mistake. It is pure: whoever
//! calls reads the files.

mod assemble;
mod between;
mod condition;
mod diagnostic;
mod fields;
mod library;
mod limits;
mod matcher;
mod node;
mod offsets;
mod operand;
mod pack;
mod path;
mod profile;
mod reader;
mod reference;
mod remediation;
mod rule;
mod scalar;
mod schema;
mod source;
mod template;
mod test_case;
mod types;
mod waiver;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use library::{Library, Loaded};
pub use schema::rule_schema;
pub use source::{Source, SourceKind};

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Catalogue;
use crate::waiver::Waiver;
use reader::{Reader, Vocabulary};

/// Loads files that belong together. `base` are the packs and profiles that they may refer to, such as
/// the built-in ones. Without a `catalogue`, paths and types are not checked.
///
/// # Errors
/// Every mistake of every file.
pub fn load(
    sources: &[Source],
    catalogue: Option<&Catalogue>,
    base: Option<&Library>,
) -> Result<Loaded, Diagnostics> {
    assemble::assemble(sources, catalogue, base.unwrap_or(&Library::default()))
}

/// Loads a file of waivers for the rules of `library`. `name` is how diagnostics call the file.
///
/// # Errors
/// Every mistake in it.
pub fn waivers(name: &str, text: &[u8], library: &Library) -> Result<Vec<Waiver>, Diagnostics> {
    let (file, tree) = source::read("waivers", name, text);
    let rules: BTreeSet<String> = library.rules.iter().map(|rule| rule.id.clone()).collect();
    let vocabulary = Vocabulary { catalogue: None, parameters: &BTreeMap::new() };
    let mut reader = Reader::new(&file, vocabulary);
    let (waivers, mut errors) = match tree {
        Ok(tree) => (reader.waivers(&tree, &rules), reader.into_errors()),
        Err(errors) => (None, errors),
    };
    if waivers.is_none() && errors.is_empty() {
        errors.push(source::incomplete(&file));
    }
    Diagnostics::check(errors)?;
    Ok(waivers.unwrap_or_default())
}
