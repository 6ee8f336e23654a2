//! A second look at a store that an engine may be at work on.

use std::time::Duration;

use super::check::Record;
use super::survey::Survey;
use crate::fact::Fact;

/// How long after the first look the second one is made. An engine that starts or removes a container, or
/// that clears away what an image left, is done by then.
const PAUSE: Duration = Duration::from_secs(2);

/// The looks at one store.
#[derive(Debug)]
pub(super) struct Looks<'a> {
    survey: &'a Survey<'a>,
    /// Whether an engine is at work on the store.
    in_use: &'a Fact<bool>,
    /// What the first look found, where a second one is needed.
    first: Option<Record>,
}

impl<'a> Looks<'a> {
    /// No look yet.
    pub(super) fn new(survey: &'a Survey<'a>, in_use: &'a Fact<bool>) -> Self {
        Self { survey, in_use, first: None }
    }

    /// What a look found, if that is the last word. `None` if it is a problem, and an engine may be at work, which
    /// writes one file after the other, so that for a moment they contradict each other on disk: then the store
    /// has to be looked at again, and what did not last is no problem.
    pub(super) fn settle(&mut self, found: Record) -> Option<Record> {
        if let Some(first) = self.first.take() {
            return Some(found.lasting(&first));
        }
        if !found.has_problem() || *self.in_use == Fact::Known(false) {
            return Some(found);
        }
        std::thread::sleep(PAUSE.min(self.survey.ctx.remaining() / 4));
        self.first = Some(found);
        None
    }
}
