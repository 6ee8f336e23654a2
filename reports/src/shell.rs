//! Steps as shell commands.

use plimsoll_engine::rule::FileFormat;
use serde_json::Value;

/// The command that writes `content` to `file`: on one line, so that it can be copied as printed.
pub(crate) fn write_command(file: &str, content: &str, mode: &str) -> String {
    let lines: Vec<String> = content.lines().map(quote).collect();
    format!("printf '%s\\n' {} | install -D -m {} /dev/stdin {}", lines.join(" "), quote(mode), quote(file))
}

/// The lines that an `edit` step sets, in the notation of the file.
pub(crate) fn edited_lines(format: FileFormat, set: &Value) -> Vec<String> {
    match format {
        FileFormat::Json => pretty_json(set),
        FileFormat::Yaml => yaml(set, 0),
        FileFormat::Toml => toml::to_string(set).unwrap_or_default().lines().map(str::to_owned).collect(),
        FileFormat::Ini | FileFormat::KeyValue => sections(set),
    }
}

fn pretty_json(set: &Value) -> Vec<String> {
    let text = serde_json::to_string_pretty(set).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Block style, with every scalar as JSON writes it: readers of YAML 1.1 and 1.2 agree on those.
fn yaml(set: &Value, depth: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let indent = "  ".repeat(depth);
    for (key, value) in set.as_object().into_iter().flatten() {
        if value.is_object() {
            lines.push(format!("{indent}{key}:"));
            lines.extend(yaml(value, depth + 1));
        } else {
            lines.push(format!("{indent}{key}: {value}"));
        }
    }
    lines
}

/// Keys, then `[section]`s with theirs.
fn sections(set: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    let members = || set.as_object().into_iter().flatten();
    for (key, value) in members().filter(|(_, value)| !value.is_object()) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        lines.push(format!("{key}={text}"));
    }
    for (section, keys) in members().filter(|(_, value)| value.is_object()) {
        lines.push(format!("[{section}]"));
        lines.extend(sections(keys));
    }
    lines
}

fn quote(word: &str) -> String {
    let safe =
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+:=@%,".contains(&b));
    if safe { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_written_file_is_one_line_of_shell() {
        assert_eq!(
            write_command("/etc/sysctl.d/k.conf", "a = 1\nb='2'\n", "0644"),
            r"printf '%s\n' 'a = 1' 'b='\''2'\''' | install -D -m 0644 /dev/stdin /etc/sysctl.d/k.conf"
        );
    }

    #[test]
    fn edits_are_shown_in_the_notation_of_the_file() {
        let ini = json!({"Service": {"LimitNOFILE": "1048576"}});
        assert_eq!(edited_lines(FileFormat::Ini, &ini), ["[Service]", "LimitNOFILE=1048576"]);
        let toml = json!({"version": 2, "plugins": {"io.x": {"SystemdCgroup": true}}});
        let shown = ["version = 2", "", "[plugins.\"io.x\"]", "SystemdCgroup = true"];
        assert_eq!(edited_lines(FileFormat::Toml, &toml), shown);
        let yaml = json!({"a": {"b": "no"}});
        assert_eq!(edited_lines(FileFormat::Yaml, &yaml), ["a:", "  b: \"no\""]);
    }
}
