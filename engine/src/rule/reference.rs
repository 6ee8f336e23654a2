//! Where to read on about a rule.

use serde::{Deserialize, Serialize};

/// A page, or a control of a published benchmark.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reference {
    /// A page on the web.
    Page {
        /// Its title.
        title: String,
        /// Its address, `https:`.
        url: String,
    },
    /// A control of a benchmark.
    Control {
        /// The benchmark with its version, such as `cis-docker-1.6.0`.
        benchmark: String,
        /// The control's number in it.
        control: String,
    },
}
