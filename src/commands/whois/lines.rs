//! The answer's form: a name at the left and what is known of it.

use plimsoll_reports::visible;
use serde_json::Value;

use crate::containers::Told;

/// How wide the names at the left are.
const WIDTH: usize = 12;

/// A fact in words, whichever state it is in.
pub(super) fn shown(told: Told<'_>) -> String {
    match told {
        Told::Known(Value::String(text)) => text.clone(),
        Told::Known(value) => value.to_string(),
        Told::Absent => "none".to_owned(),
        Told::Unknown(gap) => format!("unknown, {}: {}", gap.reason, gap.detail),
    }
}

/// Lines of a name and a value each.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    pub(super) fn add(&mut self, name: &str, value: impl AsRef<str>) {
        self.0.push_str(&format!("{name:<WIDTH$}{}\n", visible(value.as_ref())));
    }

    /// The values one below the other.
    pub(super) fn add_all(&mut self, name: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut name = name;
        for value in values {
            self.add(name, value);
            name = "";
        }
    }

    pub(super) fn tell(&mut self, name: &str, told: Told<'_>) {
        self.add(name, shown(told));
    }

    pub(super) fn tell_if_any(&mut self, name: &str, told: Told<'_>) {
        if told != Told::Absent {
            self.tell(name, told);
        }
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}
