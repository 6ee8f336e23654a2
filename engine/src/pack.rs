//! Packs: rules that belong together, and the parameters that they read.

use serde::{Deserialize, Serialize};

use crate::parameter::Parameter;

/// What a pack's `pack.yaml` says. Its id is its folder's name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pack {
    /// Its id.
    pub id: String,
    /// What its rules are about, in one line.
    pub title: String,
    /// More about it.
    pub description: Option<String>,
    /// The parameters that it declares.
    pub parameters: Vec<Parameter>,
}
