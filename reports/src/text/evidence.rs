//! The value that decided a finding: the line of the node's own file, underlined as a compiler would,
//! or the fact's path and value.

use std::io::{self, Write};

use plimsoll_engine::report::Evidence;
use plimsoll_engine::snapshot::{Gap, Layer, Location, Origin};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::ink::Ink;
use crate::visible;

/// How much of a value is shown, in characters.
const VALUE_CAP: usize = 160;

pub(super) fn write(evidence: &Evidence, ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    match &evidence.origin {
        Some(origin) if origin.file.is_some() => write_excerpt(evidence, origin, ink, out),
        _ => write_value(evidence, ink, out),
    }
}

fn write_value(evidence: &Evidence, ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    let by_default = match &evidence.origin {
        Some(Origin { layer: Layer::Default, .. }) => " (the default)",
        _ => "",
    };
    let path = short_path(&evidence.path);
    let (actual, expected) = (shown(&evidence.actual), visible(&evidence.expected).into_owned());
    writeln!(out, "  {} {path} is {actual}{by_default}; the rule wants: {expected}", ink.dim("="))
}

fn write_excerpt(evidence: &Evidence, origin: &Origin, ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    let strokes = ink.strokes();
    let file = visible(origin.file.as_deref().unwrap_or_default()).into_owned();
    let number = origin.line.map(|line| line.to_string()).unwrap_or_default();
    let margin = " ".repeat(number.len() + 3);
    let place = match (origin.line, origin.column) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        (Some(line), None) => format!("{file}:{line}"),
        _ => file,
    };
    writeln!(out, "{margin}{}[{place}]", strokes.corner)?;
    if let Some(text) = &origin.text {
        writeln!(out, "  {} {} {}", ink.dim(&number), strokes.bar, visible(&text.replace('\t', " ")))?;
        if let Some(line) = underline(origin, text, strokes.under) {
            writeln!(out, "{margin}{} {}", strokes.dot, ink.mark(&line))?;
        }
    }
    let wanted = visible(&evidence.expected).into_owned();
    writeln!(
        out,
        "{margin}{} {} is {}; the rule wants: {wanted}",
        strokes.foot,
        short_path(&evidence.path),
        shown(&evidence.actual)
    )?;
    for overridden in &origin.overrides {
        let from = overridden.file.as_deref().map_or_else(|| "the default".to_owned(), str::to_owned);
        let line = overridden.line.map(|line| format!(":{line}")).unwrap_or_default();
        writeln!(out, "{margin}  overrides {} from {}{line}", shown(&overridden.value), visible(&from))?;
    }
    Ok(())
}

fn underline(origin: &Origin, text: &str, stroke: &str) -> Option<String> {
    let before = usize::try_from(origin.column?).ok()?.checked_sub(1)?;
    let length = usize::try_from(origin.length?).ok()?.max(1);
    let columns = |part: String| visible(&part.replace('\t', " ")).width();
    let lead = columns(text.chars().take(before).collect());
    let span = columns(text.chars().skip(before).take(length).collect());
    (span > 0).then(|| format!("{}{}", " ".repeat(lead), stroke.repeat(span)))
}

/// What could not be told, in a sentence.
pub(super) fn gap(gap: &Gap) -> String {
    let place = match Location::from_pointer(&gap.path) {
        Some(location) => short_path(&location.to_string()),
        None => visible(&gap.path).into_owned(),
    };
    format!("{place} is unknown, {}: {}", gap.reason, visible(&gap.detail))
}

/// A normalized path as people write it: `$.docker.config['live-restore']`.
pub(super) fn short_path(normalized: &str) -> String {
    let mut short = String::new();
    let mut rest = normalized;
    while let Some((before, after)) = rest.split_once("['") {
        short.push_str(before);
        let is_plain = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match after.split_once("']").filter(|(name, _)| is_plain(name)) {
            Some((name, behind)) => {
                short.push('.');
                short.push_str(name);
                rest = behind;
            }
            None => {
                short.push_str("['");
                rest = after;
            }
        }
    }
    visible(&(short + rest)).into_owned()
}

/// A value as JSON, cut, and safe to show.
pub(super) fn shown(value: &Value) -> String {
    if value.is_null() {
        return "absent".to_owned();
    }
    let text = value.to_string();
    let cut: String = text.chars().take(VALUE_CAP).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", visible(&cut))
}
