//! Values in daemon.json that are of the right type and that dockerd refuses all the same.
//!
//! Those that can be told from the file alone, and that every release from 20.10 to 29 refuses
//! (`config.Validate`, `registry.ValidateMirror`, `verifyCgroupDriver`). What depends on the node, such as a
//! storage driver that the kernel lacks, shows when dockerd starts.

use std::net::IpAddr;

use super::daemon_json::member_of;
use super::options::by_key;
use crate::json_document::{Content, Document, DocumentError, Node};

/// A check of one value: what is wrong with it, in words.
type Check = fn(&Node) -> Option<String>;

/// The checks by key; those of lists look at each item.
const CHECKS: [(&str, Check); 12] = [
    ("default-cgroupns-mode", |node| one_of(node, &["host", "private"])),
    ("default-ipc-mode", |node| one_of(node, &["private", "shareable"])),
    ("dns", address),
    ("exec-opts", exec_option),
    ("labels", label),
    ("log-level", |node| {
        one_of(node, &["panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"])
    }),
    ("max-concurrent-downloads", not_negative),
    ("max-concurrent-uploads", not_negative),
    ("max-download-attempts", not_negative),
    ("network-diagnostic-port", not_negative),
    ("registry-mirrors", mirror),
    ("runtimes", reserved_runtime),
];

/// The values that dockerd refuses, in the order of their keys.
pub(super) fn refused_values(document: &Document) -> Vec<DocumentError> {
    let mut errors = Vec::new();
    for (key, check) in CHECKS {
        let Some(member) = by_key(key).and_then(|option| member_of(document, option)) else { continue };
        let nodes = match &member.value.content {
            Content::List(items) => items.iter().collect(),
            _ => vec![&member.value],
        };
        let refused = nodes.into_iter().find_map(|node| Some((node, check(node)?)));
        errors.extend(refused.map(|(node, fault)| document.error_at(node, format!("{key}: {fault}"))));
    }
    errors.extend(labels_that_differ(document));
    errors
}

fn text(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Text(text) => Some(text),
        _ => None,
    }
}

fn one_of(node: &Node, words: &[&str]) -> Option<String> {
    let word = text(node)?;
    let known = words.iter().any(|known| word.eq_ignore_ascii_case(known));
    (!known).then(|| format!("{word:?} is none of {}", words.join(", ")))
}

fn address(node: &Node) -> Option<String> {
    let text = text(node)?;
    text.parse::<IpAddr>().is_err().then(|| format!("{text:?} is not an IP address"))
}

fn not_negative(node: &Node) -> Option<String> {
    match &node.content {
        Content::Number(number) if number.as_i64().is_some_and(i64::is_negative) => {
            Some(format!("{number} is negative"))
        }
        _ => None,
    }
}

fn exec_option(node: &Node) -> Option<String> {
    let driver = text(node)?.strip_prefix("native.cgroupdriver=")?;
    let known = matches!(driver, "systemd" | "cgroupfs");
    (!known).then(|| format!("there is no cgroup driver {driver:?}, only systemd and cgroupfs"))
}

fn label(node: &Node) -> Option<String> {
    const RESERVED: [&str; 3] = ["com.docker.", "io.docker.", "org.dockerproject."];
    let label = text(node)?;
    if !label.contains('=') {
        return Some(format!("{label:?} is not of the form name=value"));
    }
    let lower = label.to_ascii_lowercase();
    let reserved = RESERVED.iter().find(|namespace| lower.starts_with(**namespace))?;
    Some(format!("labels that begin with {reserved} are docker's own"))
}

fn mirror(node: &Node) -> Option<String> {
    let url = text(node)?;
    let scheme = url
        .split_once("://")
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"));
    let Some((_, rest)) = scheme else {
        return Some("a mirror has to begin with https:// or http://".to_owned());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Some("a mirror must not hold a user name or password".to_owned());
    }
    if rest.contains(['?', '#']) {
        return Some("a mirror must not end with a query or fragment".to_owned());
    }
    // The port is what follows the host's last colon, except inside of an IPv6 address.
    let port = authority.rsplit_once(']').map_or(authority, |(_, port)| port).rsplit_once(':');
    let bad = port.is_some_and(|(_, port)| !port.chars().all(|c| c.is_ascii_digit()));
    bad.then(|| "the port of a mirror has to be a number".to_owned())
}

fn reserved_runtime(node: &Node) -> Option<String> {
    node.member("runc").map(|_| "the name runc is reserved".to_owned())
}

/// A label that is given twice with different values.
fn labels_that_differ(document: &Document) -> Option<DocumentError> {
    let labels = by_key("labels").and_then(|option| member_of(document, option))?;
    let Content::List(items) = &labels.value.content else { return None };
    let pairs: Vec<(&Node, (&str, &str))> =
        items.iter().filter_map(|item| Some((item, text(item)?.split_once('=')?))).collect();
    let mut seen = std::collections::BTreeMap::new();
    pairs.into_iter().find_map(|(item, (name, value))| {
        let first = *seen.entry(name).or_insert(value);
        (first != value).then(|| {
            document.error_at(item, format!("labels: {name} is {first:?} and {value:?} at the same time"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<(String, Option<u32>)> {
        let document = Document::parse("/etc/docker/daemon.json", text.to_owned()).unwrap();
        refused_values(&document).into_iter().map(|error| (error.message, error.origin.column)).collect()
    }

    #[test]
    fn what_dockerd_20_10_refuses_to_start_with_is_refused_where_it_stands() {
        for (text, message, column) in [
            (
                r#"{"registry-mirrors": ["https://a", "b"]}"#,
                "registry-mirrors: a mirror has to begin with https:// or http://",
                36,
            ),
            (
                r#"{"registry-mirrors": ["https://u:p@a"]}"#,
                "registry-mirrors: a mirror must not hold a user name or password",
                23,
            ),
            (
                r#"{"registry-mirrors": ["https://a/?b"]}"#,
                "registry-mirrors: a mirror must not end with a query or fragment",
                23,
            ),
            (
                r#"{"registry-mirrors": ["https://a:x/"]}"#,
                "registry-mirrors: the port of a mirror has to be a number",
                23,
            ),
            (
                r#"{"exec-opts": ["native.cgroupdriver=foo"]}"#,
                "exec-opts: there is no cgroup driver \"foo\", only systemd and cgroupfs",
                16,
            ),
            (
                r#"{"labels": ["com.docker.x=1"]}"#,
                "labels: labels that begin with com.docker. are docker's own",
                13,
            ),
            (r#"{"labels": ["a"]}"#, "labels: \"a\" is not of the form name=value", 13),
            (r#"{"labels": ["a=1", "a=1", "a=2"]}"#, "labels: a is \"1\" and \"2\" at the same time", 27),
            (
                r#"{"default-ipc-mode": "host"}"#,
                "default-ipc-mode: \"host\" is none of private, shareable",
                22,
            ),
            (r#"{"max-download-attempts": -1}"#, "max-download-attempts: -1 is negative", 27),
            (r#"{"dns": ["foo"]}"#, "dns: \"foo\" is not an IP address", 10),
            (r#"{"runtimes": {"runc": {"path": "x"}}}"#, "runtimes: the name runc is reserved", 14),
        ] {
            assert_eq!(errors(text), [(message.to_owned(), Some(column))], "{text}");
        }
    }

    #[test]
    fn what_it_starts_with_is_not() {
        for text in [
            r#"{"registry-mirrors": ["https://a", "http://[::1]:5000/", "HTTPS://a:5000"]}"#,
            r#"{"exec-opts": ["foo=bar", "native.cgroupdriver=systemd"], "labels": ["a=1", "a=1"]}"#,
            r#"{"log-level": "WARN", "mtu": -1, "default-cgroupns-mode": "host", "log-driver": "nope"}"#,
        ] {
            assert_eq!(errors(text), [], "{text}");
        }
    }
}
