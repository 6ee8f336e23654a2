//! A unit: its file and its drop-ins, merged.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{Layer, Origin, Overridden};

use crate::fact::{Sourced, Unknown};
use crate::host::Host;
use crate::origin;
use crate::redact::mask;

use super::enablement::{State, state};
use super::environment;
use super::lists::is_list;
use super::parse::{Assignment, parse};
use super::search::UnitFiles;

/// A unit of the target.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// The file that defines it; of a masked unit the link or empty file that masks it.
    pub(crate) file: String,
    /// Its drop-ins, in the order in which they apply.
    pub(crate) drop_ins: Vec<String>,
    /// Whether it is enabled. A masked unit has neither drop-ins nor settings.
    pub(crate) state: State,
    settings: Settings,
}

impl Unit {
    /// The unit `name` of those whose `files` were listed; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If a file or directory that decides it cannot be read, or the unit file is not of its format.
    pub(crate) fn find(files: &UnitFiles<'_>, name: &str) -> Result<Option<Self>, Unknown> {
        let Some(found) = files.find(name)? else { return Ok(None) };
        let mut settings = Settings::default();
        let mut drop_ins = Vec::new();
        if !found.masked {
            if let Some(error) = settings.merge(files.host, Layer::File, &found.file)? {
                return Err(Unknown::malformed(&found.file, error));
            }
            drop_ins = files.drop_ins(&found.names)?;
            for file in &drop_ins {
                // systemd keeps what a broken drop-in says up to the error.
                let _error = settings.merge(files.host, Layer::DropIn, file)?;
            }
        }
        let state = state(files, &found, &settings)?;
        Ok(Some(Self { file: found.file, drop_ins, state, settings }))
    }

    /// As [`Unit::find`], for one unit.
    #[cfg(test)]
    pub(crate) fn load(host: &Host, name: &str) -> Result<Option<Self>, Unknown> {
        Self::find(&UnitFiles::list(host)?, name)
    }

    /// The value of a setting that counts: the last assignment. Quotes and specifiers are left as they are.
    pub(crate) fn last(&self, section: &str, key: &str) -> Option<&Sourced<String>> {
        self.settings.all(section, key).next_back()
    }

    /// The values of a list setting that count: those after the last empty assignment, in order.
    pub(crate) fn all(&self, section: &str, key: &str) -> Vec<&Sourced<String>> {
        self.settings.all(section, key).collect()
    }

    /// Every setting with its values, by section and key.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &str, &[Sourced<String>])> {
        self.settings
            .0
            .iter()
            .map(|((section, key), values)| (section.as_str(), key.as_str(), values.current.as_slice()))
    }

    /// The variables of `Environment=` with their values, which may be secrets. The origin's line shows no
    /// value but those of proxies.
    pub(crate) fn environment(&self) -> BTreeMap<String, Sourced<String>> {
        let mut variables = BTreeMap::new();
        for assignment in self.settings.all("Service", "Environment") {
            for (name, value) in environment::variables(&assignment.value) {
                variables.insert(name, Sourced { value, origin: assignment.origin.clone() });
            }
        }
        variables
    }
}

/// The settings of a unit, by section and key.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings(BTreeMap<(String, String), Values>);

/// The values of one setting.
#[derive(Debug, Clone, Default)]
struct Values {
    /// Those that count.
    current: Vec<Sourced<String>>,
    /// Those that have been replaced or reset, the nearest first.
    lost: Vec<Overridden>,
}

impl Settings {
    pub(super) fn all(&self, section: &str, key: &str) -> std::slice::Iter<'_, Sourced<String>> {
        let values = self.0.get(&(section.to_owned(), key.to_owned()));
        values.map_or_else(<&[_]>::default, |values| values.current.as_slice()).iter()
    }

    /// Adds what `file` says; returns what stopped the reading of it, if anything did.
    fn merge(&mut self, host: &Host, layer: Layer, file: &str) -> Result<Option<String>, Unknown> {
        Ok(self.merge_text(layer, file, &host.read_text(file)?))
    }

    /// As [`Settings::merge`], with the `text` of the file.
    pub(super) fn merge_text(&mut self, layer: Layer, file: &str, text: &str) -> Option<String> {
        let parsed = parse(text);
        for assignment in &parsed.assignments {
            let values = self.0.entry((assignment.section.to_owned(), assignment.key.clone())).or_default();
            values.assign(layer, file, assignment);
        }
        parsed.error
    }
}

impl Values {
    fn assign(&mut self, layer: Layer, file: &str, assignment: &Assignment<'_>) {
        let reset = assignment.value.is_empty();
        if reset || !is_list(&assignment.key) {
            for value in std::mem::take(&mut self.current) {
                self.lost.insert(0, overridden(&assignment.key, value));
            }
        }
        if !reset {
            let origin = Origin { overrides: self.lost.clone(), ..origin_of(layer, file, assignment) };
            self.current.push(Sourced { value: assignment.value.clone(), origin });
        }
    }
}

fn overridden(key: &str, Sourced { value, origin }: Sourced<String>) -> Overridden {
    Overridden { layer: origin.layer, file: origin.file, line: origin.line, value: shown(key, &value).into() }
}

/// What of a value may be shown in a snapshot.
fn shown(key: &str, value: &str) -> String {
    match key {
        "Environment" => environment::masked(value),
        "SetCredential" | "SetCredentialEncrypted" => "***".to_owned(),
        _ => mask(value),
    }
}

fn origin_of(layer: Layer, file: &str, assignment: &Assignment<'_>) -> Origin {
    let Assignment { key, value, number, line, token, .. } = assignment;
    let origin = origin::in_line(layer, file, *number, line, token.clone());
    match key.as_str() {
        "Environment" | "SetCredential" | "SetCredentialEncrypted" => {
            Origin { text: Some(format!("{key}={}", shown(key, value))), ..origin }
        }
        _ => origin,
    }
}
