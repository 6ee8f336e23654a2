//! Mistakes as they are drawn on a terminal, which what they quote must not be able to steer.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, LabeledSpan, NamedSource, Severity, SourceCode};
use plimsoll_reports::{visible, visible_in_place};

/// The longest line that is drawn, in bytes. Of a file with longer ones only the place is told.
const LINE_BYTES: usize = 4 << 10;

/// Appends the drawing of `diagnostic` to `text`.
pub(crate) fn draw(handler: &GraphicalReportHandler, text: &mut String, diagnostic: &dyn Diagnostic) {
    // Writing to memory cannot fail.
    let _ = handler.render_report(text, &Harmless::of(diagnostic));
}

/// A diagnostic whose every text is safe for a terminal.
#[derive(Debug)]
struct Harmless<'d> {
    diagnostic: &'d dyn Diagnostic,
    message: String,
    source: Option<NamedSource<String>>,
}

impl<'d> Harmless<'d> {
    fn of(diagnostic: &'d dyn Diagnostic) -> Self {
        let mut message = lines(&diagnostic.to_string());
        let mut source = diagnostic.source_code().and_then(harmless_source);
        if let Some(file) = source.take_if(|file| file.inner().lines().any(|line| line.len() > LINE_BYTES)) {
            let label = diagnostic.labels().and_then(|mut labels| labels.next());
            let (line, column) = place(file.inner(), label.map_or(0, |label| label.offset()));
            message.push_str(&format!(" ({}:{line}:{column})", file.name()));
        }
        Self { diagnostic, message, source }
    }
}

/// The whole of `source`; labels point at the same places of it.
fn harmless_source(source: &dyn SourceCode) -> Option<NamedSource<String>> {
    let all = source.read_span(&(0, 0).into(), 0, usize::MAX).ok()?;
    let text = String::from_utf8_lossy(all.data());
    Some(NamedSource::new(visible(all.name().unwrap_or_default()), visible_in_place(&text).into_owned()))
}

/// The line and the column of the byte `offset`, from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let column = before.rsplit('\n').next().map_or(0, str::len);
    (1 + before.matches('\n').count(), 1 + column)
}

/// `text` made visible, its line breaks kept.
fn lines(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

impl fmt::Display for Harmless<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Harmless<'_> {}

impl Diagnostic for Harmless<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.diagnostic.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help().map(|help| Box::new(lines(&help.to_string())) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.diagnostic.labels()?;
        Some(Box::new(labels.map(|mut label| {
            let text = label.label().map(|text| visible(text).into_owned());
            label.set_label(text);
            label
        })))
    }
}
