//! Where containerds have their stores, as they are started and configured.

use super::super::discovery::Configured;
use super::super::survey::Survey;
use crate::fact::Unknown;
use crate::host::{Host, HostErrorKind};
use crate::processes::Processes;

/// What containerd reads where nothing else is asked for.
const CONFIG: &str = "/etc/containerd/config.toml";

/// The stores that running containerds and the usual configuration file name.
pub(in crate::storage) fn configured(survey: &Survey<'_>) -> Configured {
    let mut configured = Configured::default();
    add_file(survey.ctx.host, CONFIG, &mut configured);
    if !survey.ctx.host.is_running() {
        return configured;
    }
    let processes = match Processes::of(survey.ctx) {
        Ok(processes) => processes,
        Err(unknown) => {
            configured.unknown.push(unknown);
            return configured;
        }
    };
    for (pid, _) in processes.named(&["containerd"]) {
        // One without a status ended meanwhile; one in a container has paths of its own.
        if !processes.status(pid).is_ok_and(|status| status.is_alive && status.is_of_node) {
            continue;
        }
        let command_line = match processes.directory(pid).and_then(|directory| directory.read("cmdline")) {
            Ok(command_line) => command_line,
            Err(error) if error.kind == HostErrorKind::NotFound => continue,
            Err(error) => {
                configured.unknown.push(error.into());
                continue;
            }
        };
        let arguments = arguments(&command_line);
        match option(&arguments, &["--root"]) {
            Some(root) => configured.paths.push(root.to_owned()),
            None => {
                let file = option(&arguments, &["--config", "-c"]).filter(|file| *file != CONFIG);
                file.into_iter().for_each(|file| add_file(survey.ctx.host, file, &mut configured));
            }
        }
    }
    configured
}

/// Adds what the configuration file at `path` says, if it is there.
fn add_file(host: &Host, path: &str, configured: &mut Configured) {
    match host.read_text(path) {
        Ok(text) => match root(&text) {
            Ok(root) => configured.paths.extend(root),
            Err(error) => {
                let detail = error.message().to_owned();
                configured.unknown.push(Unknown::malformed(path, detail));
            }
        },
        Err(error) if error.kind == HostErrorKind::NotFound => {}
        Err(error) => configured.unknown.push(error.into()),
    }
}

/// The store that a configuration names.
fn root(text: &str) -> Result<Option<String>, toml::de::Error> {
    let table: toml::Table = text.parse()?;
    Ok(table.get("root").and_then(|root| root.as_str()).filter(|root| !root.is_empty()).map(str::to_owned))
}

/// The arguments of a command line as procfs has it, the program left out.
fn arguments(command_line: &[u8]) -> Vec<String> {
    let words = command_line.split(|byte| *byte == 0).skip(1);
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// The value of the last of `names` among the arguments: `--name value` or `--name=value`.
fn option<'a>(arguments: &'a [String], names: &[&str]) -> Option<&'a str> {
    let nexts = arguments.iter().skip(1).map(Some).chain([None]);
    let values = arguments.iter().zip(nexts).filter_map(|(argument, next)| {
        if names.contains(&argument.as_str()) {
            return next.map(String::as_str);
        }
        let (name, value) = argument.split_once('=')?;
        names.contains(&name).then_some(value)
    });
    values.last().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_told_by_arguments_and_by_the_file() {
        let of = |line: &[u8]| option(&arguments(line), &["--root"]).map(str::to_owned);
        assert_eq!(of(b"containerd\0--root\0/a\0"), Some("/a".to_owned()));
        assert_eq!(of(b"containerd\0--root=/a\0--root=/b\0"), Some("/b".to_owned()));
        assert_eq!(of(b"containerd\0--rootless\0/a\0"), None);
        assert_eq!(of(b""), None);
        assert_eq!(root("version = 2\nroot = '/data'\n").unwrap(), Some("/data".to_owned()));
        assert_eq!(root("[plugins]\nroot = '/data'\n").unwrap(), None);
        assert!(root("root = ").is_err());
    }
}
