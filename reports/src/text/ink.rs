//! Colours and line-drawing, as far as the terminal has them.

use anstyle::{AnsiColor, Style};
use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::severity::Severity;

use crate::Presentation;

/// What to write with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    presentation: Presentation,
}

/// The strokes that a source excerpt is drawn with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strokes {
    pub(super) corner: &'static str,
    pub(super) bar: &'static str,
    pub(super) dot: &'static str,
    pub(super) under: &'static str,
    pub(super) foot: &'static str,
    pub(super) holds: &'static str,
    pub(super) fails: &'static str,
}

impl Ink {
    pub(super) fn new(presentation: Presentation) -> Self {
        Self { presentation }
    }

    pub(super) fn width(&self) -> usize {
        self.presentation.width.max(40)
    }

    pub(super) fn strokes(&self) -> Strokes {
        if self.presentation.unicode {
            Strokes {
                corner: "╭─", bar: "│", dot: "·", under: "─", foot: "╰─", holds: "✓", fails: "✗"
            }
        } else {
            Strokes { corner: ",-", bar: "|", dot: ":", under: "^", foot: "`-", holds: "+", fails: "x" }
        }
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub(super) fn command(&self, text: &str) -> String {
        self.paint(AnsiColor::Cyan.on_default(), text)
    }

    pub(super) fn mark(&self, text: &str) -> String {
        self.paint(AnsiColor::Magenta.on_default().bold(), text)
    }

    /// The word that leads a finding: its severity when it failed, its outcome otherwise.
    pub(super) fn badge(&self, outcome: Outcome, severity: Severity) -> String {
        let style = match (outcome, severity) {
            (Outcome::Fail, Severity::Critical | Severity::High) => AnsiColor::Red.on_default().bold(),
            (Outcome::Fail, Severity::Medium) => AnsiColor::Yellow.on_default().bold(),
            (Outcome::Fail, Severity::Low | Severity::Info) => AnsiColor::Blue.on_default().bold(),
            (Outcome::Unknown, _) => AnsiColor::Magenta.on_default(),
            (Outcome::Pass, _) => AnsiColor::Green.on_default(),
            (Outcome::Waived | Outcome::Manual | Outcome::NotApplicable, _) => Style::new(),
        };
        self.paint(style, &format!("{severity:<8}"))
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.presentation.colour && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
