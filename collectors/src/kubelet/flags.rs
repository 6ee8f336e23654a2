//! The kubelet's command line, read as its flag library (pflag) reads it.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::Origin;
use serde_json::{Map, Value, json};

use super::fields::{self, Kind};
use super::types::is_duration;
use crate::fact::Sourced;

/// The flags without a field in the configuration that take no value unless after an equals sign.
const SWITCHES: [&str; 17] = [
    "add-dir-header",
    "allow-privileged",
    "alsologtostderr",
    "enable-cadvisor-json-endpoints",
    "exit-on-lock-contention",
    "experimental-allocatable-ignore-eviction",
    "help",
    "keep-terminated-pod-volumes",
    "logtostderr",
    "one-output",
    "really-crash-for-testing",
    "redirect-container-streaming",
    "register-schedulable",
    "skip-headers",
    "skip-log-headers",
    "version",
    "windows-service",
];

/// The flags that were given, by name, in the order of their occurrences.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Flags(BTreeMap<String, Vec<Sourced<String>>>);

impl Flags {
    /// Reads the kubelet's arguments, the program itself left out. An underscore in a name counts as a dash.
    pub(super) fn parse(arguments: &[Sourced<String>]) -> Self {
        let mut flags = Self::default();
        let mut rest = arguments.iter().peekable();
        while let Some(argument) = rest.next() {
            if argument.value == "--" {
                break;
            }
            let Some(long) = argument.value.strip_prefix('-').map(|text| text.trim_start_matches('-')) else {
                continue;
            };
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            let name = name.replace('_', "-");
            let value = match value {
                Some(value) => value,
                None if is_switch(&name) => "true".to_owned(),
                None => rest
                    .next_if(|next| !next.value.starts_with("--"))
                    .map_or_else(String::new, |next| next.value.clone()),
            };
            let given = Sourced { value, origin: argument.origin.clone() };
            flags.0.entry(name).or_default().push(given);
        }
        flags
    }

    /// Every flag that was given, with the place of its last occurrence.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.0.iter().filter_map(|(name, given)| Some((name.as_str(), &given.last()?.origin)))
    }

    /// The text that the flag `--name` was given last.
    pub(super) fn text(&self, name: &str) -> Option<Sourced<String>> {
        self.0.get(name)?.last().cloned()
    }

    /// What the flag of a field of type `kind` says, all its occurrences together; or what is wrong with it.
    pub(super) fn value(&self, name: &str, kind: Kind) -> Option<Sourced<Result<Value, String>>> {
        let given = self.0.get(name)?;
        let last = given.last()?;
        let value = match kind {
            Kind::List => Ok(pieces(given).map(|piece| json!(piece)).collect()),
            Kind::Objects => Ok(pieces(given).map(|piece| json!(piece)).collect()),
            Kind::Words => map(given, '=', |value| Ok(json!(value))),
            Kind::Thresholds => map(given, '<', |value| Ok(json!(value))),
            Kind::Switches => map(given, '=', |value| boolean(value).map(Value::Bool)),
            Kind::Headers => map(given, ':', |value| Ok(json!([value]))),
            Kind::Bool => boolean(&last.value).map(Value::Bool),
            Kind::Integer => {
                last.value.parse::<i64>().map(Value::from).map_err(|_| not(&last.value, "an integer"))
            }
            Kind::Number => {
                last.value.parse::<f64>().map(Value::from).map_err(|_| not(&last.value, "a number"))
            }
            Kind::Duration if !is_duration(&last.value) => Err(not(&last.value, "a duration such as 5m")),
            Kind::Duration | Kind::Text | Kind::Object => Ok(json!(last.value)),
        };
        Some(Sourced { value, origin: last.origin.clone() })
    }
}

fn is_switch(name: &str) -> bool {
    SWITCHES.contains(&name) || fields::by_flag(name).is_some_and(|field| field.kind == Kind::Bool)
}

/// What stands between the commas of all occurrences.
fn pieces(given: &[Sourced<String>]) -> impl Iterator<Item = &str> {
    given.iter().flat_map(|given| given.value.split(',')).map(str::trim).filter(|piece| !piece.is_empty())
}

fn map(
    given: &[Sourced<String>],
    separator: char,
    value: impl Fn(&str) -> Result<Value, String>,
) -> Result<Value, String> {
    let mut entries = Map::new();
    for piece in pieces(given) {
        let (name, text) =
            piece.split_once(separator).ok_or_else(|| format!("{piece:?} has no {separator}"))?;
        entries.insert(name.trim().to_owned(), value(text.trim())?);
    }
    Ok(Value::Object(entries))
}

/// As Go's `strconv.ParseBool`.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(not(text, "true or false")),
    }
}

fn not(text: &str, expected: &str) -> String {
    format!("{text:?} is not {expected}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::origin;

    pub(in super::super) fn arguments(texts: &[&str]) -> Vec<Sourced<String>> {
        let sourced = |text: &&str| Sourced { value: (*text).to_owned(), origin: origin::default() };
        texts.iter().map(sourced).collect()
    }

    fn value(flags: &[&str], name: &str) -> Option<Result<Value, String>> {
        let kind = fields::by_flag(name).unwrap().kind;
        Flags::parse(&arguments(flags)).value(name, kind).map(|given| given.value)
    }

    #[test]
    fn flags_are_read_in_every_notation() {
        let flags = [
            "--fail-swap-on",
            "--max-pods",
            "200",
            "--read_only_port=0",
            "-v=2",
            "--rotate-certificates=false",
        ];
        assert_eq!(value(&flags, "fail-swap-on"), Some(Ok(json!(true))));
        assert_eq!(value(&flags, "max-pods"), Some(Ok(json!(200))));
        assert_eq!(value(&flags, "read-only-port"), Some(Ok(json!(0))));
        assert_eq!(value(&flags, "rotate-certificates"), Some(Ok(json!(false))));
        assert_eq!(value(&flags, "event-qps"), None);
        assert_eq!(value(&["--", "--max-pods=3"], "max-pods"), None);
    }

    #[test]
    fn lists_and_maps_gather_all_occurrences() {
        let flags = [
            "--cluster-dns=10.0.0.10,10.0.0.11",
            "--feature-gates=A=true",
            "--feature-gates=B=false",
            "--eviction-hard=memory.available<100Mi,nodefs.available<10%",
            "--kube-reserved",
            "cpu=100m,memory=1Gi",
        ];
        assert_eq!(value(&flags, "cluster-dns"), Some(Ok(json!(["10.0.0.10", "10.0.0.11"]))));
        assert_eq!(value(&flags, "feature-gates"), Some(Ok(json!({"A": true, "B": false}))));
        let thresholds = json!({"memory.available": "100Mi", "nodefs.available": "10%"});
        assert_eq!(value(&flags, "eviction-hard"), Some(Ok(thresholds)));
        assert_eq!(value(&flags, "kube-reserved"), Some(Ok(json!({"cpu": "100m", "memory": "1Gi"}))));
    }

    #[test]
    fn what_the_kubelet_refuses_is_told() {
        for (flag, name, message) in [
            ("--max-pods=many", "max-pods", "\"many\" is not an integer"),
            ("--fail-swap-on=no", "fail-swap-on", "\"no\" is not true or false"),
            ("--kube-reserved=cpu", "kube-reserved", "\"cpu\" has no ="),
            ("--sync-frequency=60", "sync-frequency", "\"60\" is not a duration such as 5m"),
        ] {
            assert_eq!(value(&[flag], name), Some(Err(message.to_owned())));
        }
    }
}
