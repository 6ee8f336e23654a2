//! The whole report as one versioned JSON document; its schema is published in `docs/`.

use std::io::{self, Write};

use plimsoll_engine::report::Report;

use crate::Presentation;

pub(crate) fn write(report: &Report, _: &Presentation, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
