//! A rule as the engine holds it: compiled, checked, plain data.
//!
//! A loaded rule holds compiled paths and validated patterns and cannot fail on its own text at scan
//! time. It serializes, so that the built-in rules are compiled once, when Plimsoll itself is built.

mod condition;
mod matcher;
mod reference;
mod remediation;
mod test_case;

pub use condition::{Condition, Leaf, Quantifier, Subject};
pub use matcher::{Matcher, Operand};
pub use reference::Reference;
pub use remediation::{Action, Effect, FileFormat, Remediation, Step};
pub use test_case::TestCase;

use serde::{Deserialize, Serialize};

use crate::demand::Demand;
use crate::jsonpath::Query;
use crate::severity::Severity;
use crate::template::Template;

/// One diagnosis: the bad state that it looks for, how it is told, and what puts it right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id, which is its file's name: names the bad state, such as `swap-enabled`.
    pub id: String,
    /// The pack that it belongs to, which is its folder's name.
    pub pack: String,
    /// What is wrong when it fails, in one line.
    pub title: String,
    /// How much a failure matters, unless a profile grades it anew.
    pub severity: Severity,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// Why the bad state hurts.
    pub rationale: String,
    /// Which nodes it concerns; all, if left out.
    pub applies: Option<Condition>,
    /// What has to hold.
    pub check: Check,
    /// What a finding says, in place of a general sentence.
    pub message: Option<Template>,
    /// What puts it right.
    pub remediation: Option<Remediation>,
    /// Where to read on.
    pub references: Vec<Reference>,
}

/// What has to hold for a rule to pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::large_enum_variant, reason = "there are a few hundred rules, and each has one")]
pub enum Check {
    /// One condition on the node.
    Holds(Condition),
    /// One condition on every element of a list or map, with a finding each.
    Each(Each),
    /// A person has to look; these facts help.
    Manual(Vec<Query>),
}

/// A condition on every element that a path selects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Each {
    /// Selects the elements.
    pub path: Query,
    /// What an element is called in messages: `container`, `mount`.
    #[serde(rename = "as")]
    pub noun: String,
    /// What names an element, relative to it; by default its `name`, its key or its place.
    pub name: Option<Query>,
    /// Which elements are concerned; all, if left out.
    #[serde(rename = "where")]
    pub filter: Option<Condition>,
    /// What has to hold for each.
    pub that: Condition,
}

impl Rule {
    /// Every path that the rule reads: of its conditions, its messages and its steps.
    pub fn visit_queries<'r>(&'r self, visit: &mut dyn FnMut(&'r Query)) {
        if let Some(applies) = &self.applies {
            applies.visit_queries(visit);
        }
        match &self.check {
            Check::Holds(condition) => condition.visit_queries(visit),
            Check::Each(each) => {
                visit(&each.path);
                each.name.iter().for_each(&mut *visit);
                each.filter.iter().for_each(|filter| filter.visit_queries(visit));
                each.that.visit_queries(visit);
            }
            Check::Manual(queries) => queries.iter().for_each(&mut *visit),
        }
        self.message.iter().for_each(|message| message.visit_queries(visit));
        self.remediation.iter().for_each(|remediation| remediation.visit_queries(visit));
    }

    /// What collectors have to read for this rule.
    ///
    /// A path relative to an element is joined to the path of the elements.
    pub fn demand(&self) -> Demand {
        let mut demand = Demand::default();
        let elements = match &self.check {
            Check::Each(each) => Some(&each.path),
            Check::Holds(_) | Check::Manual(_) => None,
        };
        self.visit_queries(&mut |query| match elements {
            Some(elements) if query.is_relative() => demand.add_relative(elements, query),
            _ => demand.add(query),
        });
        demand
    }
}
