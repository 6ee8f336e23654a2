//! The catalogue: which facts there can be, of which type, and what they mean.
//!
//! It is the union of the collectors' JSON Schemas. Rules are checked against it when they are loaded,
//! and `plimsoll facts` prints it.

mod check;
mod entry;
mod fault;
mod locate;
mod resolve;
mod schema;

pub use check::Misfit;
pub use entry::Entry;
pub use fault::PathError;
pub use resolve::kinds;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::jsonpath::Query;
use crate::snapshot::Location;

/// Every fact that there can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// An object with a member for each collector.
    root: Fact,
}

/// What there can be at one place of the facts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fact {
    /// The type of the value.
    pub kind: Kind,
    /// Whether the value may be known to be absent.
    pub nullable: bool,
    /// What it means: the first paragraph of its documentation.
    pub meaning: String,
    /// Its unit, such as `bytes`: the documentation's line `Unit: …`.
    pub unit: Option<String>,
    /// The file or interface that tells it: the documentation's line `Source: …`.
    pub source: Option<String>,
}

/// The type of a fact.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Kind {
    /// An object of these members and no others.
    Object(BTreeMap<String, Fact>),
    /// An object whose names are data.
    Map {
        /// Whether only the keys that rules name are read, so that a path has to name the key.
        keyed: bool,
        /// What there is under each name.
        value: Box<Fact>,
    },
    /// A list of such elements.
    List(Box<Fact>),
    /// Text; one of these words, unless the list is empty.
    String(Vec<String>),
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of several types.
    Either(Vec<Kind>),
    /// Any JSON value.
    #[default]
    Any,
}

impl Catalogue {
    /// The catalogue of collectors, each with its name and the JSON Schema (draft 2020-12, definitions in
    /// line) of its facts.
    pub fn from_schemas(schemas: impl IntoIterator<Item = (String, Value)>) -> Self {
        let members = schemas.into_iter().map(|(name, schema)| (name, schema::read(&schema))).collect();
        Self { root: Fact { kind: Kind::Object(members), ..Fact::default() } }
    }

    /// The object of all facts.
    pub fn root(&self) -> &Fact {
        &self.root
    }

    /// The facts that a query may select. A relative query starts at one of `elements`.
    ///
    /// # Errors
    /// When it can select none, or all keys of a fact of which only named keys are read.
    pub fn resolve<'c>(&'c self, query: &Query, elements: &[&'c Fact]) -> Result<Vec<&'c Fact>, PathError> {
        resolve::resolve(&self.root, query, elements)
    }

    /// The facts at a place of a snapshot.
    ///
    /// # Errors
    /// When there can be none there; the [`PathError`]'s span is empty.
    pub fn at(&self, location: &Location) -> Result<Vec<&Fact>, PathError> {
        resolve::at(&self.root, location)
    }

    /// Where `facts` hold something that no fact can be.
    pub fn check(&self, facts: &Value) -> Vec<Misfit> {
        check::check(&self.root.kind, facts)
    }

    /// Every fact with its path, in the order of the paths.
    pub fn entries(&self) -> Vec<Entry<'_>> {
        entry::entries(&self.root)
    }

    /// The names that lead to each fact of which only named keys are read, such as `kernel`, `config`.
    pub fn keyed_paths(&self) -> Vec<Vec<&str>> {
        let mut paths = Vec::new();
        collect_keyed(&self.root.kind, &mut Vec::new(), &mut paths);
        paths
    }
}

fn collect_keyed<'c>(kind: &'c Kind, path: &mut Vec<&'c str>, paths: &mut Vec<Vec<&'c str>>) {
    match kind {
        Kind::Object(members) => {
            for (name, fact) in members {
                path.push(name);
                collect_keyed(&fact.kind, path, paths);
                path.pop();
            }
        }
        Kind::Map { keyed: true, .. } => paths.push(path.clone()),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| collect_keyed(kind, path, paths)),
        _ => {}
    }
}

impl Kind {
    /// The type in words: `list of strings`, `"file" or "directory"`.
    pub fn describe(&self) -> String {
        match self {
            Self::Object(_) => "object".to_owned(),
            Self::Map { value, .. } => format!("map of {}", plural(&value.kind)),
            Self::List(element) => format!("list of {}", plural(&element.kind)),
            Self::String(words) if words.is_empty() => "string".to_owned(),
            Self::String(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                quoted.join(" or ")
            }
            Self::Integer => "integer".to_owned(),
            Self::Number => "number".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Either(kinds) => {
                let words: Vec<String> = kinds.iter().map(Self::describe).collect();
                words.join(" or ")
            }
            Self::Any => "any value".to_owned(),
        }
    }
}

impl Kind {
    /// The type in words, with an article where it takes one.
    pub fn with_article(&self) -> String {
        let words = self.describe();
        match self {
            Self::String(words) if !words.is_empty() => self.describe(),
            Self::Any => words,
            Self::Either(kinds) => {
                let words: Vec<String> = kinds.iter().map(Self::with_article).collect();
                words.join(" or ")
            }
            Self::Integer | Self::Object(_) => format!("an {words}"),
            _ => format!("a {words}"),
        }
    }
}

fn plural(kind: &Kind) -> String {
    match kind {
        Kind::String(_) => "strings".to_owned(),
        Kind::Any => "any values".to_owned(),
        Kind::Either(_) => format!("values ({})", kind.describe()),
        Kind::Map { value, .. } => format!("maps of {}", plural(&value.kind)),
        Kind::List(element) => format!("lists of {}", plural(&element.kind)),
        kind => format!("{}s", kind.describe()),
    }
}
