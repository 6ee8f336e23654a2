//! The terminal that the user sits at, or the pipe in its place.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use miette::{GraphicalReportHandler, GraphicalTheme};
use plimsoll_reports::Presentation;

/// The width of text where no terminal tells one.
const DEFAULT_WIDTH: usize = 100;

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to lay out text on standard output.
pub(crate) fn presentation(colour: Colour, verbose: bool) -> Presentation {
    let colour = match colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => wants_colour(io::stdout().is_terminal()),
    };
    Presentation { width: width(), colour, unicode: has_unicode(), verbose }
}

/// How mistakes are drawn on standard error.
pub(crate) fn diagnostic_handler() -> GraphicalReportHandler {
    let theme = match (wants_colour(io::stderr().is_terminal()), has_unicode()) {
        (true, true) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (_, false) => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme).with_width(width()).with_links(false)
}

/// Standard error, for what is not the report.
pub(crate) fn stderr() -> impl Write {
    io::stderr().lock()
}

fn wants_colour(is_terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn has_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    // Pipes and CI rarely set a locale, and read UTF-8 all the same.
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8") || !io::stdout().is_terminal()
    })
}

fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.or_else(terminal_width).unwrap_or(DEFAULT_WIDTH).clamp(40, 160)
}

fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}
