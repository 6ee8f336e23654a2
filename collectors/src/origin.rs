//! Origins of values read from lines of text files.

use std::ops::Range;

use plimsoll_engine::snapshot::{Layer, Origin};

use crate::redact::mask;

/// How much of a line an origin carries, in characters.
const LINE_CAP: usize = 500;

/// The origin of the bytes `token` of `line`, which is line number `number` (from 1) of `file`.
///
/// Secrets in the line are masked, which may move the token; the masked line is what readers see, and
/// the column and length keep pointing into the file itself.
pub(crate) fn in_line(layer: Layer, file: &str, number: usize, line: &str, token: Range<usize>) -> Origin {
    let characters = |range: Range<usize>| line.get(range).map(|part| part.chars().count());
    let column = characters(0..token.start).map(|before| before + 1);
    let length = characters(token);
    let narrow = |n: usize| u32::try_from(n).ok();
    Origin {
        layer,
        file: Some(file.to_owned()),
        line: narrow(number),
        column: column.and_then(narrow),
        length: length.and_then(narrow),
        text: Some(mask(line).chars().take(LINE_CAP).collect()),
        overrides: Vec::new(),
    }
}

/// The origin of the bytes `token` of the whole text of `file`; its line and column are counted here.
pub(crate) fn in_text(layer: Layer, file: &str, text: &str, token: Range<usize>) -> Origin {
    let start =
        text.get(..token.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let number = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let end = token.end.min(start + line.len()).max(token.start);
    in_line(layer, file, number, line, token.start - start..end - start)
}

/// The origin of a value that no file holds: what the program does by default.
pub(crate) fn default() -> Origin {
    Origin {
        layer: Layer::Default,
        file: None,
        line: None,
        column: None,
        length: None,
        text: None,
        overrides: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_and_column_count_characters_from_one() {
        let text = "{\n  \"ü\": 1,\n  \"live-restore\": false\n}";
        let at = text.find("\"live").unwrap();
        let origin = in_text(Layer::File, "/etc/docker/daemon.json", text, at..at + 14);
        assert_eq!((origin.line, origin.column, origin.length), (Some(3), Some(3), Some(14)));
        assert_eq!(origin.text.as_deref(), Some("  \"live-restore\": false"));
        let at = text.find('1').unwrap();
        let origin = in_text(Layer::File, "/f", text, at..at + 1);
        assert_eq!((origin.line, origin.column), (Some(2), Some(8)));
    }
}
