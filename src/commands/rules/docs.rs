//! `plimsoll rules docs`: the reference of the rules, in Markdown.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use plimsoll_engine::load::Library;
use plimsoll_engine::pack::Pack;
use plimsoll_engine::rule::{Reference, Rule};
use plimsoll_reports::visible_in_place;

use super::{Files, lint};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;

pub(super) fn run(files: &Files) -> Result<Exit, Failure> {
    let loaded = lint::load_strictly(files)?;
    let mut text = String::new();
    reference(&loaded.library, &mut text).map_err(std::io::Error::other)?;
    files::write(None, visible_in_place(&text).as_bytes())?;
    Ok(Exit::Success)
}

fn reference(library: &Library, out: &mut String) -> fmt::Result {
    writeln!(out, "# Rules\n")?;
    writeln!(out, "{} rules in {} packs.\n", library.rules.len(), library.packs.len())?;
    profiles(library, out)?;
    let mut by_pack: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &library.rules {
        by_pack.entry(&rule.pack).or_default().push(rule);
    }
    for (id, mut rules) in by_pack {
        rules.sort_by_key(|rule| &rule.id);
        let pack = library.packs.iter().find(|pack| pack.id == id);
        write_pack(id, pack, &rules, out)?;
    }
    Ok(())
}

fn profiles(library: &Library, out: &mut String) -> fmt::Result {
    writeln!(out, "## Profiles\n\n| profile | for | extends |\n|---|---|---|")?;
    for profile in &library.profiles {
        writeln!(out, "| `{}` | {} | {} |", profile.id, profile.title, profile.extends.join(", "))?;
    }
    writeln!(out)
}

fn write_pack(id: &str, pack: Option<&Pack>, rules: &[&Rule], out: &mut String) -> fmt::Result {
    writeln!(out, "## {id}\n")?;
    if let Some(pack) = pack {
        writeln!(out, "{}.\n", pack.title)?;
        parameters(pack, out)?;
    }
    for rule in rules {
        write_rule(rule, out)?;
    }
    Ok(())
}

fn parameters(pack: &Pack, out: &mut String) -> fmt::Result {
    if pack.parameters.is_empty() {
        return Ok(());
    }
    writeln!(out, "| parameter | type | default | meaning |\n|---|---|---|---|")?;
    for parameter in &pack.parameters {
        let default = parameter.default.as_ref().map(|value| format!("`{value}`")).unwrap_or_default();
        let kind = parameter.kind.as_str();
        writeln!(out, "| `{}` | {kind} | {default} | {} |", parameter.name, parameter.description)?;
    }
    writeln!(out)
}

fn write_rule(rule: &Rule, out: &mut String) -> fmt::Result {
    writeln!(out, "### {}\n", rule.id)?;
    writeln!(out, "**{}.** Severity {}; tags {}.\n", rule.title, rule.severity, rule.tags.join(", "))?;
    writeln!(out, "{}\n", rule.rationale.trim())?;
    for reference in &rule.references {
        match reference {
            Reference::Page { title, url } => writeln!(out, "- [{title}]({url})")?,
            Reference::Control { benchmark, control } => writeln!(out, "- {benchmark} {control}")?,
        }
    }
    if rule.references.is_empty() { Ok(()) } else { writeln!(out) }
}
