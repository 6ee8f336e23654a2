//! Plimsoll's report formats: a report in, bytes out.
//!
//! One file per format; [`FORMATS`] lists them. A format sees nothing of the node but what the report
//! quotes of it, and escapes all of that for its own notation: a container's name or a line of a
//! configuration file is never markup, a terminal command or a second record.

mod json;
mod junit;
mod ndjson;
mod presentation;
mod sarif;
mod shell;
pub mod table;
mod text;
mod visible;

use std::io::{self, Write};

use plimsoll_engine::report::Report;

pub use presentation::Presentation;
pub use text::explanation;
pub use visible::{visible, visible_in_place};

/// A notation in which a report can be written.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for, in one line.
    pub description: &'static str,
    write: fn(&Report, &Presentation, &mut dyn Write) -> io::Result<()>,
}

/// Every format, the default first.
pub const FORMATS: &[Format] = &[
    Format { name: "text", description: "for people: findings, evidence, commands", write: text::write },
    Format { name: "json", description: "the whole report as one versioned document", write: json::write },
    Format { name: "ndjson", description: "one JSON object a line, for log pipelines", write: ndjson::write },
    Format { name: "sarif", description: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Format { name: "junit", description: "JUnit XML, for CI servers", write: junit::write },
];

impl Format {
    /// The format of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// Writes `report`.
    ///
    /// # Errors
    /// What `out` fails with; a report itself can always be written.
    pub fn write(&self, report: &Report, presentation: &Presentation, out: &mut dyn Write) -> io::Result<()> {
        (self.write)(report, presentation, out)
    }
}
