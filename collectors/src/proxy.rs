//! The proxy that a daemon pulls through.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{Layer, Origin};
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced, Unknown};
use crate::redact::mask;

/// The proxy settings that a daemon works with; credentials are masked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Proxy {
    /// The proxy for plain HTTP.
    ///
    /// Source: the daemon's environment variable `HTTP_PROXY` or `http_proxy`; for dockerd its option
    /// `http-proxy` comes first
    pub http: Fact<Sourced<String>>,
    /// The proxy for HTTPS.
    ///
    /// Source: the daemon's environment variable `HTTPS_PROXY` or `https_proxy`; for dockerd its option
    /// `https-proxy` comes first
    pub https: Fact<Sourced<String>>,
    /// What is reached without a proxy: hosts, domains, networks, separated by commas.
    ///
    /// Source: the daemon's environment variable `NO_PROXY` or `no_proxy`; for dockerd its option `no-proxy`
    /// comes first
    pub no_proxy: Fact<Sourced<String>>,
    /// The variables that are set to something, sorted: `HTTP_PROXY`, `no_proxy`.
    ///
    /// Source: the daemon's environment
    pub variables: Fact<Vec<String>>,
}

/// Variables by name, each with its place.
pub(crate) type Environment = BTreeMap<String, Sourced<String>>;

impl Proxy {
    /// The proxies of a daemon's environment.
    pub(crate) fn of(environment: &Result<Environment, Unknown>) -> Self {
        Self {
            http: variable(environment, ["HTTP_PROXY", "http_proxy"]),
            https: variable(environment, ["HTTPS_PROXY", "https_proxy"]),
            no_proxy: variable(environment, ["NO_PROXY", "no_proxy"]),
            variables: names(environment),
        }
    }
}

/// Whether a variable is about proxies.
pub(crate) fn is_proxy_variable(name: &str) -> bool {
    ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn names(environment: &Result<Environment, Unknown>) -> Fact<Vec<String>> {
    let set = |variables: Environment| {
        let set =
            variables.into_iter().filter(|(name, value)| is_proxy_variable(name) && !value.value.is_empty());
        set.map(|(name, _)| name).collect()
    };
    Fact::from(environment.clone()).map(set)
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
pub(crate) fn placed(pid: u32, running: BTreeMap<String, String>, unit: &Environment) -> Environment {
    let place = |(name, value): (String, String)| {
        let same = unit.get(&name).filter(|configured| configured.value == value);
        let origin =
            same.map_or_else(|| of_process(pid, &name, &value), |configured| configured.origin.clone());
        (name, Sourced { value, origin })
    };
    running.into_iter().map(place).collect()
}

fn of_process(pid: u32, name: &str, value: &str) -> Origin {
    Origin {
        layer: Layer::Environment,
        file: Some(format!("/proc/{pid}/environ")),
        text: Some(mask(&format!("{name}={value}"))),
        ..crate::origin::default()
    }
}
