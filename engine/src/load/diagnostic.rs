//! What is wrong with a file, ready to be drawn by miette.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{LabeledSpan, NamedSource};

use super::limits;

/// One mistake in one file: what, where, and what to write instead.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    code: String,
    message: String,
    labels: Vec<(Range<usize>, Option<String>)>,
    help: Option<String>,
    source: NamedSource<Arc<str>>,
}

/// Every mistake in every file, by file and place. Never empty.
#[derive(Debug, Clone)]
pub struct Diagnostics(Vec<Diagnostic>);

/// A file's name and text, for the diagnostics about it.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// What it holds, as codes say it: `rule`, `pack`, `profile` or `waivers`.
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) text: Arc<str>,
}

impl Diagnostic {
    /// The code: `plimsoll::rule::unknown-key`.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What is wrong, on one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write instead.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// The place of the mistake: a range of bytes of the file.
    pub fn span(&self) -> Range<usize> {
        self.labels.first().map_or(0..0, |(span, _)| span.clone())
    }

    /// The line of the mistake, from 1.
    pub fn line(&self) -> usize {
        let text = self.source.inner().as_bytes();
        let start = self.span().start.min(text.len());
        1 + text[..start].iter().filter(|&&byte| byte == b'\n').count()
    }

    /// A mistake at `span`. A code of one word is of what the file holds.
    pub(super) fn new(file: &File, code: &str, message: impl Into<String>, span: Range<usize>) -> Self {
        let code = match code.contains("::") {
            true => format!("plimsoll::{code}"),
            false => format!("plimsoll::{}::{code}", file.kind),
        };
        Self {
            code,
            message: message.into(),
            labels: vec![(span, None)],
            help: None,
            source: NamedSource::new(&file.name, Arc::clone(&file.text)),
        }
    }

    /// The same with a word at the place of the mistake.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        if let Some((_, text)) = self.labels.first_mut() {
            *text = Some(label.into());
        }
        self
    }

    /// The same with another place that has to do with it.
    pub(super) fn also(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.labels.push((span, Some(label.into())));
        self
    }

    /// The same with advice, if there is any.
    pub(super) fn advise(self, help: impl Into<Option<String>>) -> Self {
        Self { help: help.into().or(self.help), ..self }
    }

    fn place(&self) -> (&str, usize) {
        (self.file(), self.span().start)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().enumerate().map(|(index, (span, label))| match index {
            0 => LabeledSpan::new_primary_with_span(label.clone(), span.clone()),
            _ => LabeledSpan::new_with_span(label.clone(), span.clone()),
        })))
    }
}

impl Diagnostics {
    /// All of `diagnostics`, sorted; `Err` only if there are any.
    pub(super) fn check(mut diagnostics: Vec<Diagnostic>) -> Result<(), Self> {
        if diagnostics.is_empty() {
            return Ok(());
        }
        diagnostics.sort_by(|a, b| a.place().cmp(&b.place()));
        Err(Self(bounded(diagnostics)))
    }

    /// Every mistake, by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

/// At most so many of one file as anybody would read.
fn bounded(diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    let mut of_this_file = 0;
    for diagnostic in diagnostics {
        let same_file = kept.last().is_some_and(|last| last.file() == diagnostic.file());
        of_this_file = if same_file { of_this_file + 1 } else { 1 };
        if of_this_file <= limits::DIAGNOSTICS {
            kept.push(diagnostic);
        }
    }
    kept
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The mistakes without the text around them, one on a line.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{}: {}", diagnostic.file(), diagnostic.line(), diagnostic.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// One report with every mistake in it.
impl miette::Diagnostic for Diagnostics {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|diagnostic| diagnostic as &dyn miette::Diagnostic)))
    }
}
