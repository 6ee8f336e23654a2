//! The seccomp profile that CRI-O is told to use.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::json_document::{Content, Document};
use crate::redact::mask;

/// The file of a seccomp profile.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SeccompProfile {
    /// Its path.
    ///
    /// Source: the option `seccomp_profile`
    pub path: Sourced<String>,
    /// Whether it is there. CRI-O takes its own profile where it is not.
    ///
    /// Source: the file
    pub exists: Fact<bool>,
    /// Whether it is JSON; CRI-O does not start otherwise.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
    /// What happens to a system call that it does not name; absent if it does not say, which leaves containers
    /// unconfined when it names none.
    ///
    /// Source: the file, `defaultAction`
    pub default_action: Fact<Sourced<String>>,
}

impl SeccompProfile {
    /// Reads the profile at `path`.
    pub(super) fn read(host: &Host, path: Sourced<String>) -> Self {
        let text = Fact::from(host.read_text(&path.value));
        let parsed = text.map(|text| Document::parse(&path.value, text));
        let error = parsed.as_ref().and_then(|parsed| {
            let error = parsed.as_ref().err();
            error.map(|error| Sourced { value: mask(&error.message), origin: (*error.origin).clone() }).into()
        });
        let action = |document: &Document| {
            let member = document.root().member("defaultAction")?;
            let Content::Text(action) = &member.value.content else { return None };
            Some(Sourced { value: action.clone(), origin: document.origin_of_member(member) })
        };
        Self {
            exists: parsed.as_ref().map(|_| true).or_absent(false),
            valid: parsed.as_ref().map(Result::is_ok),
            default_action: parsed.as_ref().and_then(|parsed| parsed.as_ref().ok().and_then(action).into()),
            error,
            path,
        }
    }
}
