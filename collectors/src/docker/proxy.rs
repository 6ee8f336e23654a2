//! The proxy that dockerd pulls through.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{Layer, Origin};
use schemars::JsonSchema;
use serde::Serialize;

use super::merge::Configuration;
use crate::fact::{Fact, Sourced, Unknown};
use crate::redact::mask;

/// The proxy settings that dockerd works with; credentials are masked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Proxy {
    /// The proxy for plain HTTP.
    ///
    /// Source: the option `http-proxy`, else the environment variable `HTTP_PROXY` or `http_proxy` of dockerd
    pub http: Fact<Sourced<String>>,
    /// The proxy for HTTPS.
    ///
    /// Source: the option `https-proxy`, else the environment variable `HTTPS_PROXY` or `https_proxy` of dockerd
    pub https: Fact<Sourced<String>>,
    /// What is reached without a proxy: hosts, domains, networks, separated by commas.
    ///
    /// Source: the option `no-proxy`, else the environment variable `NO_PROXY` or `no_proxy` of dockerd
    pub no_proxy: Fact<Sourced<String>>,
}

/// Variables by name, each with its place.
pub(super) type Environment = BTreeMap<String, Sourced<String>>;

impl Proxy {
    /// The configuration's proxies, and where it has none those of the environment.
    pub(super) fn of(config: &Fact<Configuration>, environment: &Result<Environment, Unknown>) -> Self {
        let effective =
            |option: &str, variables: [&str; 2]| match config.as_ref().and_then(|config| config.text(option))
            {
                Fact::Absent => variable(environment, variables),
                fact => fact,
            };
        Self {
            http: effective("http-proxy", ["HTTP_PROXY", "http_proxy"]),
            https: effective("https-proxy", ["HTTPS_PROXY", "https_proxy"]),
            no_proxy: effective("no-proxy", ["NO_PROXY", "no_proxy"]),
        }
    }
}

/// The first of `names` that is set to something.
fn variable(environment: &Result<Environment, Unknown>, names: [&str; 2]) -> Fact<Sourced<String>> {
    match environment {
        Ok(variables) => {
            let set =
                names.iter().filter_map(|name| variables.get(*name)).find(|value| !value.value.is_empty());
            set.map(|value| Sourced { value: mask(&value.value), origin: value.origin.clone() }).into()
        }
        Err(unknown) => Fact::Gap(unknown.clone()),
    }
}

/// The environment of the process `pid`. A variable that its unit sets has the place in the unit.
pub(super) fn placed(pid: u32, running: BTreeMap<String, String>, unit: &Environment) -> Environment {
    let place = |(name, value): (String, String)| {
        let same = unit.get(&name).filter(|configured| configured.value == value);
        let origin =
            same.map_or_else(|| of_process(pid, &name, &value), |configured| configured.origin.clone());
        (name, Sourced { value, origin })
    };
    running.into_iter().filter(|(name, _)| name.to_ascii_lowercase().ends_with("proxy")).map(place).collect()
}

fn of_process(pid: u32, name: &str, value: &str) -> Origin {
    Origin {
        layer: Layer::Environment,
        file: Some(format!("/proc/{pid}/environ")),
        text: Some(format!("{name}={}", mask(value))),
        ..crate::origin::default()
    }
}
