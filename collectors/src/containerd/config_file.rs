//! containerd's configuration file.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::toml_document::Document;

/// containerd's configuration file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// Whether it is there.
    ///
    /// Source: config.toml
    pub exists: Fact<bool>,
    /// Whether it is TOML.
    ///
    /// Source: config.toml
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: config.toml, the offending place
    pub error: Fact<Sourced<String>>,
}

impl ConfigFile {
    /// Reads the file at `path`.
    pub(super) fn read(host: &Host, path: &str) -> Self {
        let text = Fact::from(host.read_text(path));
        let parsed = text.map(|text| Document::parse_toml(path, text));
        let error = parsed.as_ref().and_then(|parsed| {
            let error = parsed.as_ref().err();
            error
                .map(|error| Sourced { value: error.message.clone(), origin: (*error.origin).clone() })
                .into()
        });
        Self {
            exists: parsed.as_ref().map(|_| true).or_absent(false),
            valid: parsed.map(|parsed| parsed.is_ok()),
            error,
        }
    }
}
