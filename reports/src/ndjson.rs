//! One JSON object a line: the scan, its findings, its warnings, its summary. Each carries `type`.

use std::io::{self, Write};

use plimsoll_engine::report::{Finding, Report, Summary};
use plimsoll_engine::snapshot::{Target, Tool};
use serde::Serialize;

use crate::Presentation;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    Scan {
        schema: u32,
        tool: &'a Tool,
        target: &'a Target,
        taken_at: &'a str,
        profiles: &'a [String],
    },
    // Each line names its node and time, because log pipelines tear records apart.
    Finding {
        node: &'a str,
        taken_at: &'a str,
        #[serde(flatten)]
        finding: &'a Finding,
    },
    Warning {
        node: &'a str,
        taken_at: &'a str,
        warning: &'a str,
    },
    Summary {
        node: &'a str,
        taken_at: &'a str,
        #[serde(flatten)]
        summary: &'a Summary,
    },
}

pub(crate) fn write(report: &Report, _: &Presentation, out: &mut dyn Write) -> io::Result<()> {
    let (node, taken_at) = (report.target.name.as_str(), report.taken_at.as_str());
    let Report { schema, tool, target, profiles, summary, .. } = report;
    write_line(out, &Line::Scan { schema: *schema, tool, target, taken_at, profiles })?;
    for finding in &report.findings {
        write_line(out, &Line::Finding { node, taken_at, finding })?;
    }
    for warning in &report.warnings {
        write_line(out, &Line::Warning { node, taken_at, warning })?;
    }
    write_line(out, &Line::Summary { node, taken_at, summary })
}

fn write_line(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
