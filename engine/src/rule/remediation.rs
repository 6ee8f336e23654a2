//! Remediation: the commands and edits that put a bad state right.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Condition;
use crate::jsonpath::Query;
use crate::template::Template;

/// What puts a bad state right, what that costs, and how to see that it worked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remediation {
    /// What to do, in one line.
    pub summary: Template,
    /// What the steps cost.
    pub effect: Effect,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// A command that shows that it worked.
    pub verify: Option<Template>,
}

/// What a remediation costs the node, from nothing to its workloads.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing notices.
    None,
    /// A service re-reads its configuration.
    Reload,
    /// A service restarts.
    Restart,
    /// The node restarts.
    Reboot,
    /// Workloads have to leave the node first.
    Drain,
}

impl Effect {
    /// Every effect, from the cheapest to the dearest.
    pub const ALL: [Self; 5] = [Self::None, Self::Reload, Self::Restart, Self::Reboot, Self::Drain];

    /// The word that rules and reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Reboot => "reboot",
            Self::Drain => "drain",
        }
    }
}

/// One step, on the nodes that it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which nodes it is for: a distribution family, a boot loader, an init system.
    pub when: Option<Condition>,
    /// What to do.
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Runs a shell command; every inserted value is shell-quoted.
    Run(Template),
    /// Writes a file.
    Write {
        /// Its absolute path.
        file: Template,
        /// Its whole content.
        content: Template,
        /// Its octal mode, such as `0644`.
        mode: String,
    },
    /// Sets keys in a structured file and leaves the rest as it is.
    Edit {
        /// Its absolute path.
        file: Template,
        /// How it is written.
        format: FileFormat,
        /// The keys to set, nested as in the file.
        #[serde(with = "crate::json_text")]
        set: Value,
    },
}

/// How a file that a step edits is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileFormat {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// TOML.
    Toml,
    /// Sections of `key=value`, as systemd's units.
    Ini,
    /// Lines of `key=value`, as `sysctl.d` and `/etc/default`.
    KeyValue,
}

impl FileFormat {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Json, Self::Yaml, Self::Toml, Self::Ini, Self::KeyValue];

    /// The key that names the format in an `edit` step.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Ini => "ini",
            Self::KeyValue => "key-value",
        }
    }
}

impl Remediation {
    /// Every path that the steps read.
    pub fn visit_queries<'r>(&'r self, visit: &mut dyn FnMut(&'r Query)) {
        self.summary.visit_queries(visit);
        for step in &self.steps {
            step.when.iter().for_each(|when| when.visit_queries(visit));
            match &step.action {
                Action::Run(command) => command.visit_queries(visit),
                Action::Write { file, content, .. } => {
                    file.visit_queries(visit);
                    content.visit_queries(visit);
                }
                Action::Edit { file, .. } => file.visit_queries(visit),
            }
        }
        self.verify.iter().for_each(|verify| verify.visit_queries(visit));
    }
}
