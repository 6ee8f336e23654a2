//! An explanation as an indented outline.

use std::fmt::{self, Display, Formatter};

use super::{ExplainedCheck, ExplainedLeaf, ExplainedValue, Explanation, Part};
use crate::snapshot::Gap;
use crate::template::{SENTENCE_LIMIT, display};

/// One line for each part, deeper parts further to the right, without a line break at the end.
impl Display for Explanation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.outcome)?;
        if let Some(applies) = &self.applies {
            line(f, 1, "applies")?;
            part(f, 2, applies)?;
        }
        match &self.check {
            None => Ok(()),
            Some(ExplainedCheck::Holds(condition)) => {
                line(f, 1, "check")?;
                part(f, 2, condition)
            }
            Some(ExplainedCheck::Each { noun, elements, gaps: unknown }) => {
                for element in elements {
                    let verdict = element.verdict.map_or("not concerned", super::Verdict::as_str);
                    line(f, 1, &format!("{verdict}: {noun} {}", element.name))?;
                    element.filter.iter().try_for_each(|filter| part(f, 2, filter))?;
                    element.that.iter().try_for_each(|that| part(f, 2, that))?;
                }
                gaps(f, 1, unknown)
            }
            Some(ExplainedCheck::Manual(facts)) => facts.iter().try_for_each(|fact| {
                line(f, 1, fact.about)?;
                values(f, 2, &fact.values)?;
                gaps(f, 2, &fact.gaps)
            }),
        }
    }
}

fn part(f: &mut Formatter<'_>, depth: usize, what: &Part<'_>) -> fmt::Result {
    let (name, verdict, parts) = match what {
        Part::All { verdict, parts } => ("all", verdict, parts.as_slice()),
        Part::Any { verdict, parts } => ("any", verdict, parts.as_slice()),
        Part::Not { verdict, part } => ("not", verdict, std::slice::from_ref(&**part)),
        Part::Leaf(found) => return leaf(f, depth, found),
    };
    line(f, depth, &format!("{verdict}: {name}"))?;
    parts.iter().try_for_each(|inner| part(f, depth + 1, inner))
}

fn leaf(f: &mut Formatter<'_>, depth: usize, leaf: &ExplainedLeaf<'_>) -> fmt::Result {
    line(f, depth, &format!("{}: {}: {}", leaf.verdict, leaf.about, leaf.expected))?;
    if leaf.values.is_empty() && leaf.gaps.is_empty() {
        line(f, depth + 1, "(absent)")?;
    }
    values(f, depth + 1, &leaf.values)?;
    gaps(f, depth + 1, &leaf.gaps)
}

fn values(f: &mut Formatter<'_>, depth: usize, values: &[ExplainedValue<'_>]) -> fmt::Result {
    values.iter().try_for_each(|value| {
        let source = match &value.path {
            Some(path) => format!("{path} is "),
            None if value.is_default => "by default ".to_owned(),
            None => String::new(),
        };
        line(f, depth, &format!("{source}{}", display(value.value, SENTENCE_LIMIT)))
    })
}

fn gaps(f: &mut Formatter<'_>, depth: usize, gaps: &[Gap]) -> fmt::Result {
    gaps.iter().try_for_each(|gap| {
        line(f, depth, &format!("{} is unknown ({}): {}", gap.path, gap.reason, gap.detail))
    })
}

fn line(f: &mut Formatter<'_>, depth: usize, text: &str) -> fmt::Result {
    write!(f, "\n{:indent$}{text}", "", indent = 2 * depth)
}
