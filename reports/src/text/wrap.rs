//! Prose, wrapped to the terminal's width.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::visible;

/// Writes `text` in lines of at most `width` columns, the first after `lead`, the others indented by
/// `lead`'s width. A word that is longer than a line stays whole. What a
/// terminal would act upon is spelled out.
pub(super) fn write(lead: &str, text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let indent = " ".repeat(lead.width());
    let mut line = lead.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace().map(visible) {
        if !is_empty && line.width() + 1 + word.width() > width {
            writeln!(out, "{line}")?;
            line.clone_from(&indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(&word);
        is_empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}
