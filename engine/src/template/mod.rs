//! Templates: text with values of facts and parameters in it.
//!
//! `{{ actual }}` is the value that failed the check, `{{ expected }}` what the check demanded,
//! `{{ subject }}` the name of the element, `{{ $.path }}` a fact, `{{ param.name }}` a parameter, and
//! `{{ mount.target }}` a member of the element that `each … as: mount` looks at. Filters follow a
//! bar: `{{ $.memory.total_bytes | bytes }}`. What may be missing is set aside: `{{ subject }}{{ mount.source | aside }}`
//! is `/data (/dev/sdb)` or `/data`.

mod parse;
mod render;

pub use parse::{Parsed, RESERVED, TemplateError, parse};
pub use render::{Escape, Inserted, Rendered, Values, bytes, render};
pub(crate) use render::{SENTENCE_LIMIT, display};

use serde::{Deserialize, Serialize};

use crate::jsonpath::Query;

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template {
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// A value.
    Insert(Insert),
}

/// A value to insert, and what is done to it first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Insert {
    /// Where it comes from.
    pub source: Source,
    /// What is done to it, in order.
    pub filters: Vec<Filter>,
}

/// Where an inserted value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The value that failed the check.
    Actual,
    /// What the check demanded.
    Expected,
    /// The name of the element that `each` looks at.
    Subject,
    /// The values that a path selects; relative ones start at the element.
    Fact(Query),
    /// A parameter.
    Param(String),
}

/// What is done to a value before it is inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// A number of bytes in a unit for people: `1.5 GiB`.
    Bytes,
    /// How many elements, members or characters it has.
    Count,
    /// A list with `, ` between its elements.
    Join,
    /// In parentheses after a blank, ` (nginx:1)`; nothing at all if it is absent or unknown. For what a sentence
    /// can do without.
    Aside,
}

impl Filter {
    /// Every filter.
    pub const ALL: [Self; 4] = [Self::Bytes, Self::Count, Self::Join, Self::Aside];

    /// Its name in templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Count => "count",
            Self::Join => "join",
            Self::Aside => "aside",
        }
    }
}

impl Template {
    /// Every path that it reads.
    pub fn visit_queries<'t>(&'t self, visit: &mut dyn FnMut(&'t Query)) {
        for part in &self.parts {
            if let Part::Insert(Insert { source: Source::Fact(query), .. }) = part {
                visit(query);
            }
        }
    }
}
