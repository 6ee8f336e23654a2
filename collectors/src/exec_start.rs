//! The command line of a service as systemd builds it: `ExecStart=` with the variables of `Environment=`
//! and `EnvironmentFile=` put in (systemd.service(5), "Command lines").

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::{Layer, Origin};

use crate::fact::{Sourced, Unknown};
use crate::host::{Host, HostErrorKind};
use crate::origin;
use crate::systemd::Unit;

/// The marks that may stand before the program: how to run it, not what.
const PREFIXES: [char; 6] = ['@', '-', ':', '+', '!', '|'];

/// The arguments that a unit starts its service with, the program first; empty if it starts none.
///
/// Each has the place of its word: in the unit file, a drop-in or an environment file.
///
/// # Errors
///
/// If an environment file is there and cannot be read.
pub(crate) fn arguments(host: &Host, unit: &Unit) -> Result<Vec<Sourced<String>>, Unknown> {
    let Some(command) = unit.last("Service", "ExecStart") else { return Ok(Vec::new()) };
    let variables = environment(host, unit)?;
    let mut arguments = Vec::new();
    let program = command.value.trim_start().trim_start_matches(PREFIXES);
    for word in placed_words(program, &command.origin) {
        match word.value.strip_prefix('$').filter(|name| is_name(name)) {
            Some(name) => {
                let words = variables
                    .get(name)
                    .into_iter()
                    .flat_map(|value| placed_words(&value.value, &value.origin));
                arguments.extend(words);
            }
            None => arguments.push(Sourced { value: expand(&word.value, &variables), origin: word.origin }),
        }
    }
    Ok(arguments)
}

/// The variables that a unit sets for its service: those of `Environment=`, then those of its environment
/// files, the later ones winning. Their values may be secrets.
///
/// # Errors
///
/// If an environment file is there and cannot be read. One that is not there says nothing.
pub(crate) fn environment(host: &Host, unit: &Unit) -> Result<BTreeMap<String, Sourced<String>>, Unknown> {
    let mut variables = unit.environment();
    for setting in unit.all("Service", "EnvironmentFile") {
        let path = setting.value.trim_start_matches('-').trim();
        match host.read_text(path) {
            Ok(text) => variables.extend(file_variables(path, &text)),
            Err(error) if matches!(error.kind, HostErrorKind::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(variables)
}

/// The assignments of an environment file: `NAME=value`, with quotes, and a backslash at the end of a line
/// that goes on (systemd.exec(5)).
pub(crate) fn file_variables<'t>(
    path: &'t str,
    text: &'t str,
) -> impl Iterator<Item = (String, Sourced<String>)> + 't {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        loop {
            let (index, line) = lines.next()?;
            let mut whole = line.to_owned();
            while whole.ends_with('\\') {
                whole.pop();
                whole.push_str(lines.next().map_or("", |(_, next)| next));
            }
            let assignment = whole.trim_start();
            let Some((name, value)) = assignment.split_once('=').filter(|(name, _)| is_name(name.trim_end()))
            else {
                continue;
            };
            let origin = origin::in_line(Layer::Environment, path, index + 1, line, 0..line.len());
            let value = Sourced { value: unquoted(value.trim()), origin };
            return Some((name.trim_end().to_owned(), value));
        }
    })
}

/// The value without the quotes around it or parts of it.
fn unquoted(value: &str) -> String {
    let mut quote = None;
    let mut characters = value.chars();
    let mut plain = String::with_capacity(value.len());
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None | Some('"'), '\\') => plain.extend(characters.next()),
            (_, c) => plain.push(c),
        }
    }
    plain
}

/// The words of a setting's value, without their quotes, each with its place if the setting's line shows it
/// as it is.
fn placed_words(value: &str, setting: &Origin) -> Vec<Sourced<String>> {
    let mut rest = value.trim_start();
    let line = setting.text.as_deref().unwrap_or_default();
    let mut shown = line.split_once('=').map_or(0, |(name, _)| name.len());
    let mut placed = Vec::new();
    while !rest.is_empty() {
        let (word, after) = rest.split_at(word_end(rest));
        rest = after.trim_start();
        let mut origin = Origin { overrides: Vec::new(), ..setting.clone() };
        if let Some(at) = line.get(shown..).and_then(|line| line.find(word)) {
            let narrow = |text: &str| u32::try_from(text.chars().count()).ok();
            origin.column = narrow(&line[..shown + at]).map(|before| before + 1);
            origin.length = narrow(word);
            shown += at + word.len();
        }
        placed.push(Sourced { value: unquoted(word), origin });
    }
    placed
}

fn word_end(text: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

/// The word with `${NAME}` replaced by the variable's value, or by nothing; `$$` is a dollar sign and `%%` a
/// percent sign.
fn expand(word: &str, variables: &BTreeMap<String, Sourced<String>>) -> String {
    let mut expanded = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find(['$', '%']) {
        let (before, from) = rest.split_at(at);
        expanded.push_str(before);
        let braced = from.strip_prefix("${").and_then(|inner| inner.split_once('}'));
        rest = match braced.filter(|(name, _)| is_name(name)) {
            Some((name, after)) => {
                expanded.push_str(variables.get(name).map_or("", |variable| variable.value.as_str()));
                after
            }
            None => {
                expanded.push_str(&from[..1]);
                let doubled = from.starts_with("$$") || from.starts_with("%%");
                &from[if doubled { 2 } else { 1 }..]
            }
        };
    }
    expanded.push_str(rest);
    expanded
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systemd::UnitFiles;
    use crate::tree::Tree;

    /// The arguments of a unit with `service` in its `[Service]` section, and `defaults` in /etc/default/docker.
    fn started(service: &str, defaults: &str) -> Vec<Sourced<String>> {
        let tree = Tree::new()
            .file("etc/systemd/system/d.service", format!("[Service]\n{service}\n"))
            .file("etc/default/docker", defaults);
        let host = tree.host();
        let unit = Unit::find(&UnitFiles::list(&host).unwrap(), "d.service").unwrap().unwrap();
        arguments(&host, &unit).unwrap()
    }

    fn texts(service: &str, defaults: &str) -> Vec<String> {
        started(service, defaults).into_iter().map(|argument| argument.value).collect()
    }

    #[test]
    fn variables_are_put_in_as_words_or_inside_of_words() {
        let service = "EnvironmentFile=-/etc/default/docker\nEnvironment=A=1 \"B=x y\"\n\
                       ExecStart=-/usr/bin/dockerd -H fd:// $OPTS --label=${B} $NONE \"--a b\" $$x 50%%";
        let defaults = "# comment\nOPTS=\"--debug --mtu \\\n1400\"\nA=2\n";
        assert_eq!(
            texts(service, defaults),
            [
                "/usr/bin/dockerd",
                "-H",
                "fd://",
                "--debug",
                "--mtu",
                "1400",
                "--label=x y",
                "--a b",
                "$x",
                "50%"
            ]
        );
    }

    #[test]
    fn each_argument_has_the_place_of_its_word() {
        let service = "EnvironmentFile=-/etc/default/docker\nExecStart=/usr/bin/dockerd --icc=false $OPTS";
        let arguments = started(service, "\nOPTS='--debug'\n");
        let place = |index: usize| {
            let origin: &Origin = &arguments[index].origin;
            (origin.file.clone().unwrap(), origin.line, origin.column, origin.length)
        };
        assert_eq!(place(1), ("/etc/systemd/system/d.service".to_owned(), Some(3), Some(28), Some(11)));
        assert_eq!(place(2), ("/etc/default/docker".to_owned(), Some(2), Some(7), Some(7)));
        assert_eq!(arguments[2].origin.layer, Layer::Environment);
    }

    #[test]
    fn a_unit_that_starts_nothing_has_no_arguments() {
        assert!(texts("Type=oneshot", "").is_empty());
        assert_eq!(texts("ExecStart=/bin/x \"open", ""), ["/bin/x", "open"]);
    }
}
