//! How the CRI plugin reaches registries, as config.toml itself says it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::view::{Table, View, or_default};
use crate::fact::{Fact, Sourced};
use crate::settings::{self, Setting, Settings};

/// What config.toml says of registries.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Registry {
    /// The directories of each registry's hosts.toml, separated by colons; `""` by default.
    ///
    /// Source: config.toml, `registry.config_path`
    pub config_path: Fact<Sourced<String>>,
    /// The mirrors in config.toml itself, sorted by registry; deprecated since 1.5.
    ///
    /// Source: config.toml, `registry.mirrors`
    pub mirrors: Vec<Mirror>,
    /// The registries with settings in config.toml itself, sorted; deprecated since 1.5.
    ///
    /// Source: config.toml, `registry.configs`, `registry.auths`
    pub configs: Vec<RegistryConfig>,
}

/// A registry's mirrors.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Mirror {
    /// The registry: `docker.io`, or `*` for all.
    ///
    /// Source: config.toml, the table
    pub name: String,
    /// The URLs that are asked in its place.
    ///
    /// Source: config.toml, `endpoint`
    pub endpoints: Fact<Sourced<Vec<String>>>,
}

/// A registry's settings.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RegistryConfig {
    /// The registry.
    ///
    /// Source: config.toml, the table
    pub name: String,
    /// Whether its certificate is not looked at; `false` by default.
    ///
    /// Source: config.toml, `tls.insecure_skip_verify`
    pub insecure_skip_verify: Fact<Sourced<bool>>,
    /// Whether config.toml holds credentials for it; never what they are.
    ///
    /// Source: config.toml, `auth`
    pub has_credentials: bool,
}

/// The keys that hold credentials.
const CREDENTIALS: [&str; 4] = ["username", "password", "auth", "identitytoken"];

impl Registry {
    pub(super) fn read(view: &View<'_>) -> Self {
        let endpoints = |registry: &str| {
            let path = ["registry", "mirrors", registry, "endpoint"];
            view.value(Table::Images, &path, &path, settings::texts)
        };
        let mirrors = view.names(Table::Images, &["registry", "mirrors"]).into_iter();
        let configs = view.names(Table::Images, &["registry", "configs"]).into_iter();
        let auths = view.names(Table::Images, &["registry", "auths"]).into_iter();
        let mut configs: Vec<_> = configs
            .map(|registry| RegistryConfig::read(view, registry))
            .chain(auths.map(RegistryConfig::with_credentials))
            .collect();
        configs.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            config_path: view.text(Table::Images, &["registry", "config_path"], ""),
            mirrors: mirrors
                .map(|registry| Mirror { name: registry.to_owned(), endpoints: endpoints(registry) })
                .collect(),
            configs,
        }
    }
}

impl RegistryConfig {
    fn read(view: &View<'_>, registry: &str) -> Self {
        let skip = ["registry", "configs", registry, "tls", "insecure_skip_verify"];
        let auth = view.tables(Table::Images, &["registry", "configs", registry, "auth"]);
        Self {
            name: registry.to_owned(),
            insecure_skip_verify: or_default(view.value(Table::Images, &skip, &skip, Value::as_bool), false),
            has_credentials: auth.into_iter().any(has_credentials),
        }
    }

    fn with_credentials(registry: &str) -> Self {
        Self {
            name: registry.to_owned(),
            insecure_skip_verify: or_default(Fact::Absent, false),
            has_credentials: true,
        }
    }
}

fn has_credentials(table: &Settings) -> bool {
    table.entries().any(|(name, setting)| {
        CREDENTIALS.contains(&name)
            && matches!(setting, Setting::Value(value) if value.value.as_str().is_some_and(|text| !text.is_empty()))
    })
}
