//! Filters and their functions (RFC 9535, sections 2.3.5 and 2.4).

use std::borrow::Cow;

use regex::Regex;
use serde_json::Value;

use super::ast::{Filter, Operand, Regexp, Scope};
use super::compare;
use super::error::BudgetExceeded;
use super::evaluate::Evaluation;
use super::iregexp;

/// What compiling a regex out of the document costs, in steps. It takes up to some milliseconds.
const COMPILATION: usize = 10_000;

impl<'v> Evaluation<'v> {
    /// Whether the filter holds for the current value.
    ///
    /// # Errors
    /// When the budget is used up.
    pub(super) fn holds(&mut self, filter: &Filter, current: &'v Value) -> Result<bool, BudgetExceeded> {
        self.budget.spend(1)?;
        match filter {
            Filter::Or(filters) => self.any(filters, current, true),
            Filter::And(filters) => Ok(!self.any(filters, current, false)?),
            Filter::Not(filter) => Ok(!self.holds(filter, current)?),
            Filter::Exists(path) if path.is_singular() => Ok(self.value(path, current)?.is_some()),
            Filter::Exists(path) => Ok(!self.values(path, current)?.is_empty()),
            Filter::Compare(left, comparator, right) => {
                let left = self.operand(left, current)?;
                let right = self.operand(right, current)?;
                compare::holds(left.as_deref(), *comparator, right.as_deref(), &mut self.budget)
            }
            Filter::Matches(subject, regexp) => self.matches(subject, regexp, current),
        }
    }

    /// Whether any of the filters comes to `verdict`.
    fn any(&mut self, filters: &[Filter], current: &'v Value, verdict: bool) -> Result<bool, BudgetExceeded> {
        for filter in filters {
            if self.holds(filter, current)? == verdict {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The value of an operand; `None` is the RFC's Nothing.
    fn operand<'a>(
        &mut self,
        operand: &'a Operand,
        current: &'v Value,
    ) -> Result<Option<Cow<'a, Value>>, BudgetExceeded>
    where
        'v: 'a,
    {
        Ok(match operand {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::Path(path) => self.value(path, current)?.map(Cow::Borrowed),
            Operand::Length(operand) => {
                let value = self.operand(operand, current)?;
                match value.as_deref() {
                    Some(Value::String(text)) => {
                        self.budget.spend_text(text.len())?;
                        number(text.chars().count())
                    }
                    Some(Value::Array(elements)) => number(elements.len()),
                    Some(Value::Object(members)) => number(members.len()),
                    _ => None,
                }
            }
            Operand::Count(path) => number(self.values(path, current)?.len()),
            Operand::Value(path) => match self.values(path, current)?.as_slice() {
                [node] => Some(Cow::Borrowed(node.value)),
                _ => None,
            },
        })
    }

    fn matches(
        &mut self,
        subject: &Operand,
        regexp: &Regexp,
        current: &'v Value,
    ) -> Result<bool, BudgetExceeded> {
        let subject = self.operand(subject, current)?;
        let Some(Value::String(subject)) = subject.as_deref() else { return Ok(false) };
        self.budget.spend(1 + subject.len() / 8)?;
        match regexp {
            Regexp::Literal(pattern) => Ok(pattern.matches(subject)),
            Regexp::Computed(operand, scope) => {
                let text = self.operand(operand, current)?;
                let Some(Value::String(text)) = text.as_deref() else { return Ok(false) };
                self.budget.spend_text(text.len())?;
                if !self.recent_regex.is_for(text, *scope) {
                    self.budget.spend(COMPILATION)?;
                    self.recent_regex.compile(text, *scope);
                }
                Ok(self.recent_regex.matches(subject))
            }
        }
    }
}

fn number<'a>(count: usize) -> Option<Cow<'a, Value>> {
    Some(Cow::Owned(Value::from(count)))
}

/// The last regex that came out of the document: it is mostly the same for each of many values.
#[derive(Default)]
pub(super) struct RecentRegex(Option<(String, Scope, Option<Regex>)>);

impl RecentRegex {
    fn is_for(&self, text: &str, scope: Scope) -> bool {
        self.0.as_ref().is_some_and(|(recent, its, _)| recent == text && *its == scope)
    }

    fn compile(&mut self, text: &str, scope: Scope) {
        self.0 = Some((text.to_owned(), scope, iregexp::compile(text, scope).ok()));
    }

    /// Something that is not a regex matches nothing.
    fn matches(&self, subject: &str) -> bool {
        matches!(&self.0, Some((_, _, Some(regex))) if regex.is_match(subject))
    }
}
