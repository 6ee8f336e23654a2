//! The proxy that a daemon pulls through.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{Layer, Origin};
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced, Unknown};
use crate::no_proxy::{self, NoProxy};
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
    /// The networks that are reached without a proxy on every port, sorted and joined where they touch; an
    /// address alone is a network of its own. What is on the node itself, `127.0.0.0/8`, is always among them.
    ///
    /// Source: the exceptions, read as golang.org/x/net/http/httpproxy does
    pub direct_networks: Fact<Vec<String>>,
    /// The variables that are set to something, sorted: `HTTP_PROXY`, `no_proxy`.
    ///
    /// Source: the daemon's environment
    pub variables: Fact<Vec<String>>,
    /// The variables that say one thing in upper case and another in lower case, by their upper case, sorted. The
    /// daemons take the upper case.
    ///
    /// Source: the daemon's environment
    pub differing: Fact<Vec<String>>,
}

/// Variables by name, each with its place.
pub(crate) type Environment = BTreeMap<String, Sourced<String>>;

impl Proxy {
    /// The proxies of a daemon's environment.
    pub(crate) fn of(environment: &Result<Environment, Unknown>) -> Self {
        Self::configured(environment, |_| Fact::Absent)
    }

    /// The proxies that a daemon is configured with, by the names `http-proxy`, `https-proxy` and `no-proxy`, and
    /// where it is not those of its environment.
    pub(crate) fn configured(
        environment: &Result<Environment, Unknown>,
        configured: impl Fn(&str) -> Fact<Sourced<String>>,
    ) -> Self {
        let value = |option, names| match configured(option) {
            Fact::Absent => variable(environment, names),
            fact => fact,
        };
        let no_proxy = value("no-proxy", ["NO_PROXY", "no_proxy"]);
        Self {
            http: value("http-proxy", ["HTTP_PROXY", "http_proxy"]),
            https: value("https-proxy", ["HTTPS_PROXY", "https_proxy"]),
            direct_networks: exceptions(&no_proxy).map(|exceptions| exceptions.networks()),
            no_proxy,
            variables: names(environment),
            differing: differing(environment),
        }
    }

    /// Whether `url` is asked for through the proxy. One that is of neither scheme is not.
    pub(crate) fn serves(&self, url: &str) -> Fact<bool> {
        let Some((scheme, rest)) = url.split_once("://") else { return Fact::Known(false) };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let authority = authority.rsplit_once('@').map_or(authority, |(_credentials, server)| server);
        let (proxy, usual) = match scheme {
            "https" => (&self.https, "443"),
            "http" => (&self.http, "80"),
            _ => return Fact::Known(false),
        };
        let (host, port) = no_proxy::split_port(authority);
        let port = port.unwrap_or_else(|| usual.to_owned());
        match proxy {
            Fact::Known(_) => exceptions(&self.no_proxy).map(|exceptions| !exceptions.is_direct(host, &port)),
            Fact::Absent => Fact::Known(false),
            Fact::Gap(unknown) => Fact::Gap(unknown.clone()),
        }
    }
}

fn exceptions(no_proxy: &Fact<Sourced<String>>) -> Fact<NoProxy> {
    no_proxy.as_ref().map(|text| NoProxy::parse(&text.value)).or_absent(NoProxy::default())
}

/// The variables of which two spellings are set to different things.
fn differing(environment: &Result<Environment, Unknown>) -> Fact<Vec<String>> {
    let differ = |variables: Environment| {
        let value = |name: &str| {
            variables.get(name).map(|value| value.value.clone()).filter(|value| !value.is_empty())
        };
        let names = NAMES.iter().filter(|name| {
            let lower = value(&name.to_lowercase());
            lower.is_some_and(|lower| value(name).is_some_and(|upper| upper != lower))
        });
        names.map(|name| (*name).to_owned()).collect()
    };
    Fact::from(environment.clone()).map(differ)
}

/// The variables about proxies, in the spelling that counts, sorted.
const NAMES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];

/// Whether a variable is about proxies.
pub(crate) fn is_proxy_variable(name: &str) -> bool {
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(variables: &[(&str, &str)]) -> Proxy {
        let sourced = |value: &str| Sourced { value: value.to_owned(), origin: crate::origin::default() };
        let environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), sourced(value))).collect();
        Proxy::of(&Ok(environment))
    }

    #[test]
    fn the_upper_case_counts_and_a_difference_is_told() {
        let both = proxy(&[
            ("HTTPS_PROXY", "http://a:1"),
            ("https_proxy", "http://b:1"),
            ("NO_PROXY", ""),
            ("no_proxy", "10.0.0.0/8"),
            ("http_proxy", "http://a:1"),
            ("HTTP_PROXY", "http://a:1"),
        ]);
        assert_eq!(both.https.known().unwrap().value, "http://a:1");
        assert_eq!(both.no_proxy.known().unwrap().value, "10.0.0.0/8");
        assert_eq!(both.differing, Fact::Known(vec!["HTTPS_PROXY".to_owned()]));
        let networks = ["10.0.0.0/8", "127.0.0.0/8", "::1/128"].map(str::to_owned).to_vec();
        assert_eq!(both.direct_networks, Fact::Known(networks));
    }

    #[test]
    fn a_server_is_asked_through_the_proxy_of_its_scheme() {
        let https = proxy(&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", "10.0.0.0/8,[fd00::1]:6443,.local")]);
        for (url, served) in [
            ("https://192.0.2.10:6443", true),
            ("https://10.0.0.1:6443/", false),
            ("https://[fd00::1]:6443", false),
            ("https://[fd00::1]", true),
            ("https://api.local:6443", false),
            ("https://localhost:6443", false),
            ("http://192.0.2.10", false),
            ("unix:///run/a.sock", false),
            ("192.0.2.10", false),
        ] {
            assert_eq!(https.serves(url), Fact::Known(served), "{url}");
        }
        let hidden = Proxy::of(&Err(Unknown::offline("/proc")));
        assert!(matches!(hidden.serves("https://192.0.2.10"), Fact::Gap(_)));
        assert!(matches!(hidden.direct_networks, Fact::Gap(_)));
        assert_eq!(proxy(&[]).serves("https://192.0.2.10"), Fact::Known(false));
    }
}
