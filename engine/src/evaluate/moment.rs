//! What templates can refer to while a finding is written.

use std::borrow::Cow;

use serde_json::Value;

use super::Verdict;
use super::offence::Offence;
use super::reading::Reading;
use super::scene::Place;
use crate::jsonpath::Query;
use crate::template::{Inserted, Source, Values};

/// A finding as it is being written.
#[derive(Clone, Copy)]
pub(super) struct Moment<'m, 'a> {
    pub(super) place: Place<'m, 'a>,
    pub(super) subject: Option<&'m str>,
    /// The first value that made the check fail.
    pub(super) offence: Option<&'m Offence<'m, 'a>>,
}

impl Values for Moment<'_, '_> {
    fn value<'v>(&'v self, source: &'v Source) -> Inserted<'v> {
        match source {
            Source::Actual => self.offence.map_or(Inserted::Absent, actual),
            Source::Expected => self.offence.map_or(Inserted::Absent, expected),
            Source::Subject => known_text(self.subject.map(str::to_owned)),
            Source::Fact(query) => self.fact(query),
            Source::Param(name) => {
                let value = self.place.scene.parameters.get(name).filter(|value| !value.is_null());
                value.map_or(Inserted::Absent, |value| Inserted::Known(Cow::Borrowed(value)))
            }
        }
    }
}

impl Moment<'_, '_> {
    fn fact(&self, query: &Query) -> Inserted<'_> {
        let reading = Reading::of(query, self.place);
        if reading.is_uncertain() {
            return Inserted::Unknown;
        }
        if !query.is_singular() {
            return Inserted::Known(Cow::Owned(
                reading.values.into_iter().map(|value| value.value.clone()).collect(),
            ));
        }
        reading.values.first().map_or(Inserted::Absent, |value| Inserted::Known(Cow::Borrowed(value.value)))
    }
}

fn actual<'v>(offence: &'v Offence<'_, '_>) -> Inserted<'v> {
    match offence.value {
        Some(value) => Inserted::Known(Cow::Borrowed(value)),
        None if offence.deciding.leaf.verdict == Verdict::Unknown => Inserted::Unknown,
        None => Inserted::Absent,
    }
}

/// What the value was compared with, if the leaf compares with one; or else what it demands, in words.
fn expected<'v>(offence: &'v Offence<'_, '_>) -> Inserted<'v> {
    match offence.operand() {
        Some(value) => Inserted::Known(Cow::Borrowed(value)),
        None => known_text(Some(offence.expected())),
    }
}

fn known_text<'v>(text: Option<String>) -> Inserted<'v> {
    text.map_or(Inserted::Absent, |text| Inserted::Known(Cow::Owned(Value::String(text))))
}
