//! Whether a file's values are of the types that the kubelet reads them into.

use super::fields::{Field, Kind};
use crate::document::{Content, Document, DocumentError, Node};

/// What is wrong with the value of a field; the kubelet does not start with it.
pub(super) fn wrong(document: &Document, field: &Field, node: &Node) -> Option<DocumentError> {
    let offender = offender(field.kind, node)?;
    let message = format!("{} has to be {}, not {}", field.path, expected(field.kind), found(offender));
    Some(document.error_at(offender, message))
}

/// The value at or below `node` that the kubelet cannot read. `null` fits everything.
fn offender(kind: Kind, node: &Node) -> Option<&Node> {
    let fits = match (kind, &node.content) {
        (_, Content::Null) => true,
        (Kind::Bool, Content::Bool(_))
        | (Kind::Text, Content::Text(_))
        | (Kind::Number, Content::Number(_)) => true,
        (Kind::Integer, Content::Number(number)) => number.is_i64(),
        (Kind::Duration, Content::Text(text)) => is_duration(text),
        (Kind::List, Content::List(items)) => {
            return items.iter().find_map(|item| offender(Kind::Text, item));
        }
        (Kind::Objects, Content::List(_)) | (Kind::Object, Content::Object(_)) => true,
        (Kind::Words | Kind::Thresholds, Content::Object(members)) => {
            return members.iter().find_map(|member| offender(Kind::Text, &member.value));
        }
        (Kind::Switches, Content::Object(members)) => {
            return members.iter().find_map(|member| offender(Kind::Bool, &member.value));
        }
        (Kind::Headers, Content::Object(members)) => {
            return members.iter().find_map(|member| offender(Kind::List, &member.value));
        }
        _ => false,
    };
    (!fits).then_some(node)
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "true or false",
        Kind::Integer => "an integer",
        Kind::Number => "a number",
        Kind::Text => "a string",
        Kind::Duration => "a duration in quotes, such as \"5m\"",
        Kind::List => "a list of strings",
        Kind::Words | Kind::Thresholds => "an object of strings",
        Kind::Switches => "an object of true and false",
        Kind::Headers => "an object of lists of strings",
        Kind::Objects => "a list",
        Kind::Object => "an object",
    }
}

/// What is there instead, with its text if that is what is wrong.
fn found(node: &Node) -> String {
    match &node.content {
        Content::Text(text) => format!("the string {text:?}"),
        Content::Number(number) => format!("the number {number}"),
        _ => node.kind().to_owned(),
    }
}

/// As Go's `time.ParseDuration`: `"1h30m"`, `"-1.5s"`, `"0"`.
pub(super) fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut parts = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        if number.parse::<f64>().is_err() || !UNITS.contains(&unit) {
            return false;
        }
        rest = next;
        parts += 1;
    }
    parts > 0
}

/// Whether a duration is none: `"0"`, `"0s"`, `"0h0m"`.
pub(super) fn is_zero_duration(text: &str) -> bool {
    is_duration(text) && !text.contains(|c: char| ('1'..='9').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::super::fields;
    use super::*;

    fn error(text: &str) -> Option<String> {
        let document = Document::parse_yaml("/f", text.to_owned()).unwrap();
        let member = document.root().members().first().unwrap();
        let field = fields::at(&member.name).unwrap();
        wrong(&document, field, &member.value).map(|error| error.message)
    }

    #[test]
    fn what_the_kubelet_cannot_decode_is_told() {
        for (text, message) in [
            ("failSwapOn: \"no\"", "failSwapOn has to be true or false, not the string \"no\""),
            ("maxPods: 1.5", "maxPods has to be an integer, not the number 1.5"),
            (
                "clusterDNS: 10.96.0.10",
                "clusterDNS has to be a list of strings, not the string \"10.96.0.10\"",
            ),
            ("systemReserved: {cpu: 1}", "systemReserved has to be an object of strings, not the number 1"),
            (
                "featureGates: {A: on, B: 1}",
                "featureGates has to be an object of true and false, not the number 1",
            ),
            (
                "syncFrequency: 60",
                "syncFrequency has to be a duration in quotes, such as \"5m\", not the number 60",
            ),
            (
                "syncFrequency: 1 minute",
                "syncFrequency has to be a duration in quotes, such as \"5m\", not the string \"1 minute\"",
            ),
            ("clusterDomain: [x]", "clusterDomain has to be a string, not a list"),
        ] {
            assert_eq!(error(text).as_deref(), Some(message), "{text}");
        }
        for text in
            ["failSwapOn: no", "maxPods: null", "syncFrequency: 0s", "evictionHard: {}", "maxPods: 1e2"]
        {
            assert_eq!(error(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_those_of_go() {
        for text in ["0", "5m", "1h30m", "1.5s", "-3ms", "100µs", "0s"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "5", "m", "5 m", "5d", "1h30", "."] {
            assert!(!is_duration(text), "{text}");
        }
        assert!(is_zero_duration("0h0m") && is_zero_duration("0") && !is_zero_duration("10s"));
    }
}
