//! Whether the values in daemon.json are of the types that dockerd reads them into.

use std::net::IpAddr;

use super::daemon_json::member_of_any;
use super::options::{DaemonOption, Kind, OPTIONS};
use crate::json_document::{Content, Document, DocumentError, Node};

/// An option whose value is of the wrong type; dockerd does not start with it.
#[derive(Debug)]
pub(super) struct WrongType {
    pub(super) option: &'static DaemonOption,
    pub(super) error: DocumentError,
}

/// The values of the wrong type, in the order of their keys.
pub(super) fn wrong_types(document: &Document) -> Vec<WrongType> {
    let check = |option: &'static DaemonOption| {
        let member = member_of_any(document, option)?;
        let node = offender(option.kind, &member.value)?;
        let message = format!("{} has to be {}, not {}", member.name, expected(option.kind), found(node));
        Some(WrongType { option, error: document.error_at(node, message) })
    };
    OPTIONS.iter().filter_map(check).collect()
}

/// What is there instead, with its text if that is what is wrong.
fn found(node: &Node) -> String {
    match &node.content {
        Content::Text(text) => format!("the string {text:?}"),
        Content::Number(number) => format!("the number {number}"),
        _ => node.kind().to_owned(),
    }
}

/// The value at or below `node` that dockerd cannot read. `null` fits everything but a size.
fn offender(kind: Kind, node: &Node) -> Option<&Node> {
    match kind {
        Kind::Size => unless(text(node).is_some_and(is_size), node),
        _ if node.content == Content::Null => None,
        Kind::Bool => unless(is_bool(node), node),
        Kind::Integer => unless(is_integer(node), node),
        Kind::Text => unless(text(node).is_some(), node),
        Kind::Address => unless(text(node).is_some_and(is_address), node),
        Kind::List => in_list(node, |item| offender(Kind::Text, item)),
        Kind::Pools => in_list(node, pool),
        Kind::Words => in_object(node, |value| offender(Kind::Text, value)),
        Kind::Switches => in_object(node, |value| offender(Kind::Bool, value)),
        Kind::Groups => in_object(node, |value| offender(Kind::Words, value)),
        Kind::Runtimes => in_object(node, runtime),
        Kind::Ulimits => in_object(node, limit),
        Kind::Object => unless(is_object(node), node),
    }
}

/// What dockerd reads an option of type `kind` into.
fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "true or false",
        Kind::Integer => "an integer",
        Kind::Text => "a string",
        Kind::Size => "a size in quotes, such as \"64M\"",
        Kind::Address => "an IP address in quotes",
        Kind::List => "a list of strings",
        Kind::Pools => "a list of {\"base\": \"10.0.0.0/8\", \"size\": 24}",
        Kind::Words => "an object of strings, numbers and booleans in quotes",
        Kind::Switches => "an object of true and false",
        Kind::Groups => "an object of objects of strings",
        Kind::Runtimes => "an object of runtimes, each an object with a path",
        Kind::Ulimits => "an object of limits with integers for Hard and Soft",
        Kind::Object => "an object",
    }
}

fn unless(fits: bool, node: &Node) -> Option<&Node> {
    if fits { None } else { Some(node) }
}

fn in_list<'n>(node: &'n Node, offender: impl Fn(&'n Node) -> Option<&'n Node>) -> Option<&'n Node> {
    match &node.content {
        Content::List(items) => items.iter().find_map(offender),
        _ => Some(node),
    }
}

fn in_object<'n>(node: &'n Node, offender: impl Fn(&'n Node) -> Option<&'n Node>) -> Option<&'n Node> {
    if is_object(node) {
        node.members().iter().find_map(|member| offender(&member.value))
    } else {
        Some(node)
    }
}

/// `{"base": "10.0.0.0/8", "size": 24}`.
fn pool(node: &Node) -> Option<&Node> {
    in_struct(node, &[("base", Kind::Text), ("size", Kind::Integer)])
}

/// `{"path": "/usr/bin/crun", "runtimeArgs": []}`.
fn runtime(node: &Node) -> Option<&Node> {
    in_struct(node, &[("path", Kind::Text), ("runtimeargs", Kind::List), ("runtimetype", Kind::Text)])
}

/// `{"Name": "nofile", "Hard": 2048, "Soft": 1024}`.
fn limit(node: &Node) -> Option<&Node> {
    in_struct(node, &[("name", Kind::Text), ("hard", Kind::Integer), ("soft", Kind::Integer)])
}

/// An object with members of given types; their names count in any case, and others do not count.
fn in_struct<'n>(node: &'n Node, fields: &[(&str, Kind)]) -> Option<&'n Node> {
    offender(Kind::Object, node).or_else(|| {
        node.members().iter().find_map(|member| {
            let field = fields.iter().find(|(name, _)| member.name.eq_ignore_ascii_case(name));
            field.and_then(|(_, kind)| offender(*kind, &member.value))
        })
    })
}

fn is_bool(node: &Node) -> bool {
    matches!(node.content, Content::Bool(_))
}

fn is_integer(node: &Node) -> bool {
    matches!(&node.content, Content::Number(number) if number.is_i64() || number.is_u64())
}

fn is_object(node: &Node) -> bool {
    matches!(node.content, Content::Object(_))
}

/// dockerd takes an empty string for "not set".
fn is_address(text: &str) -> bool {
    text.is_empty() || text.parse::<IpAddr>().is_ok()
}

fn text(node: &Node) -> Option<&str> {
    match &node.content {
        Content::Text(text) => Some(text),
        _ => None,
    }
}

/// As docker's `units.RAMInBytes`: a number, perhaps with a fraction, and perhaps `k`, `m`, `g`, `t` or `p`
/// and then `b` or `ib`.
fn is_size(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let number_end = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    let (number, unit) = lower.split_at(number_end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let unit = unit.trim_start_matches(['k', 'm', 'g', 't', 'p']);
    number.parse::<f64>().is_ok() && matches!(unit, "" | "b" | "ib") && lower.len() - number_end <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Option<(String, Option<u32>)> {
        let document = Document::parse("/etc/docker/daemon.json", text.to_owned()).unwrap();
        wrong_types(&document).pop().map(|wrong| (wrong.error.message, wrong.error.origin.column))
    }

    #[test]
    fn what_dockerd_20_10_cannot_unmarshal_is_an_error_where_it_stands() {
        for (text, message, column) in [
            (
                r#"{"live-restore": "true"}"#,
                "live-restore has to be true or false, not the string \"true\"",
                18,
            ),
            (
                r#"{"log-opts": {"tag": "x", "max-file": 3}}"#,
                "log-opts has to be an object of strings, numbers and booleans in quotes, not the number 3",
                39,
            ),
            (r#"{"dns": "1.1.1.1"}"#, "dns has to be a list of strings, not the string \"1.1.1.1\"", 9),
            (
                r#"{"default-shm-size": 5}"#,
                "default-shm-size has to be a size in quotes, such as \"64M\", not the number 5",
                22,
            ),
            (
                r#"{"default-shm-size": "5X"}"#,
                "default-shm-size has to be a size in quotes, such as \"64M\", not the string \"5X\"",
                22,
            ),
            (
                r#"{"max-concurrent-downloads": 2.5}"#,
                "max-concurrent-downloads has to be an integer, not the number 2.5",
                30,
            ),
            (
                r#"{"features": {"buildkit": "yes"}}"#,
                "features has to be an object of true and false, not the string \"yes\"",
                27,
            ),
            (
                r#"{"features": {"a": {"b": 1}}}"#,
                "features has to be an object of true and false, not an object",
                20,
            ),
            (r#"{"ip": "foo"}"#, "ip has to be an IP address in quotes, not the string \"foo\"", 8),
            (
                r#"{"runtimes": {"x": {"Path": 5}}}"#,
                "runtimes has to be an object of runtimes, each an object with a path, not the number 5",
                29,
            ),
            (r#"{"bip": 5}"#, "bip has to be a string, not the number 5", 9),
            (
                r#"{"default-ulimits": {"nofile": {"Name": "nofile", "Hard": "x", "Soft": 1}}}"#,
                "default-ulimits has to be an object of limits with integers for Hard and Soft, not the string \"x\"",
                59,
            ),
            (
                r#"{"default-address-pools": [{"base": "10.0.0.0/8", "size": "24"}]}"#,
                "default-address-pools has to be a list of {\"base\": \"10.0.0.0/8\", \"size\": 24}, not the string \"24\"",
                59,
            ),
        ] {
            assert_eq!(error(text), Some((message.to_owned(), Some(column))), "{text}");
        }
    }

    #[test]
    fn what_dockerd_reads_is_no_error() {
        for text in [
            r#"{"live-restore": null, "dns": null, "log-opts": {"max-file": "3"}, "mtu": 0}"#,
            r#"{"default-shm-size": "64M", "default-ulimits": {"nofile": {"Hard": -1, "Soft": 1}}}"#,
            r#"{"default-shm-size": "1.5 GiB", "ip": "::1", "runtimes": {"crun": {"path": "/usr/bin/crun"}}}"#,
            r#"{"builder": {"gc": {"enabled": true}}, "default-network-opts": {"bridge": {"a": "b"}}}"#,
            r#"{"proxies": {"http-proxy": "http://x"}, "unknown": 7}"#,
        ] {
            assert_eq!(error(text), None, "{text}");
        }
    }
}
