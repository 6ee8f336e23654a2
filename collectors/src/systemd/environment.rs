//! `Environment=` of unit files: systemd.exec(5).

use crate::redact::mask;

/// The variables of one assignment, as `(name, value)`: words separated by white space, each with quotes
/// and backslashes taken away. A word that is no `NAME=VALUE` is passed over, as systemd does.
pub(super) fn variables(assignment: &str) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let mut rest = assignment.trim_start();
    while !rest.is_empty() {
        let (word, after) = next_word(rest);
        if let Some((name, value)) = word.split_once('=').filter(|(name, _)| is_name(name)) {
            variables.push((name.to_owned(), value.to_owned()));
        }
        rest = after.trim_start();
    }
    variables
}

/// What may be shown of an assignment: the names, and the values of proxy settings without credentials.
pub(super) fn masked(assignment: &str) -> String {
    let shown = variables(assignment).into_iter().map(|(name, value)| {
        let value =
            if name.to_ascii_lowercase().ends_with("proxy") { mask(&value) } else { "***".to_owned() };
        format!("{name}={value}")
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The first word of `text`, unquoted, and what follows it.
fn next_word(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((index, c)) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => return (word, &text[index..]),
            (_, '\\') => word.extend(characters.next().map(|(_, escaped)| unescape(escaped))),
            (_, c) => word.push(c),
        }
    }
    (word, "")
}

fn unescape(c: char) -> char {
    match c {
        'n' => '\n',
        't' => '\t',
        's' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unquoted_and_what_is_no_variable_is_passed_over() {
        let variables = variables(r#"A=1 "B=two words" C='x y' 1D=no loose "E=say \"hi\"" F=a\sb G="#);
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<&str> = variables.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(names, ["A", "B", "C", "E", "F", "G"]);
        assert_eq!(values, ["1", "two words", "x y", "say \"hi\"", "a b", ""]);
    }

    #[test]
    fn only_proxies_show_a_value_and_no_credentials() {
        assert_eq!(
            masked(r#""HTTPS_PROXY=http://u:secret@proxy:3128" TOKEN=secret "no_proxy=10.0.0.0/8,.local""#),
            "HTTPS_PROXY=http://***@proxy:3128 TOKEN=*** no_proxy=10.0.0.0/8,.local"
        );
    }

    #[test]
    fn an_open_quote_ends_with_the_line() {
        assert_eq!(variables("A=\"open"), [("A".into(), "open".into())]);
        assert_eq!(variables("A=x\\"), [("A".into(), "x".into())]);
    }
}
