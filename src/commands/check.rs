//! `plimsoll check`: rules on a node, findings out.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;
use jiff::Timestamp;
use jiff::tz::Offset;
use plimsoll_engine::demand::Demand;
use plimsoll_engine::load;
use plimsoll_engine::profile::Selection;
use plimsoll_engine::report::{self, Inputs, Report};
use plimsoll_engine::severity::Severity;
use plimsoll_engine::waiver::Waiver;
use plimsoll_reports::{FORMATS, Format};

use crate::cli::{RuleArgs, TargetArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::rulebook::Rulebook;
use crate::terminal::{self, Colour};

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// A file of waivers: failures that are accepted for a reason and a time
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// A JSON report of an earlier scan: failures that it has already do not count
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// The notation of the report
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format_names())]
    format: String,
    /// Write the report to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// End with exit code 1 if a rule of this severity or above failed
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = severity_names())]
    fail_on: String,
    /// Do not end with exit code 3 because something could not be determined
    #[arg(long)]
    allow_unknown: bool,
    /// List the rules that passed or do not apply, too
    #[arg(short, long)]
    verbose: bool,
}

fn format_names() -> PossibleValuesParser {
    PossibleValuesParser::new(FORMATS.iter().map(|format| format.name))
}

fn severity_names() -> PossibleValuesParser {
    PossibleValuesParser::new(Severity::ALL.map(Severity::as_str))
}

impl Check {
    pub(crate) fn run(&self, colour: Colour) -> Result<Exit, Failure> {
        let rulebook = Rulebook::load(&self.rules.directories)?;
        let selection = rulebook.select(&self.rules)?;
        if selection.rules.is_empty() {
            let help = "`plimsoll rules list` shows what --profile, --only and --skip leave";
            return Err(Failure::input_with_help("no rule is left to check", help));
        }
        let waivers = self.waivers(&rulebook)?;
        let baseline = self.baseline()?;
        let snapshot = self.target.snapshot(demand_of(&selection))?;
        let report = report::build(&Inputs {
            snapshot: &snapshot,
            selection: &selection,
            profiles: &self.rules.profiles(),
            waivers: &waivers,
            today: Offset::UTC.to_datetime(Timestamp::now()).date(),
            baseline: baseline.as_ref(),
        });
        self.write(&report, colour)?;
        let fail_on = self.fail_on.parse().map_err(|error| Failure::input(format!("{error}")))?;
        Ok(report.verdict(fail_on, self.allow_unknown).into())
    }

    fn waivers(&self, rulebook: &Rulebook) -> Result<Vec<Waiver>, Failure> {
        let Some(path) = &self.waivers else { return Ok(Vec::new()) };
        Ok(load::waivers(&path.display().to_string(), &files::read(path)?, &rulebook.library)?)
    }

    fn baseline(&self) -> Result<Option<Report>, Failure> {
        self.baseline.as_deref().map(read_report).transpose()
    }

    fn write(&self, report: &Report, colour: Colour) -> Result<(), Failure> {
        let colour = if self.output.is_some() && colour == Colour::Auto { Colour::Never } else { colour };
        let presentation = terminal::presentation(colour, self.verbose);
        let format = Format::named(&self.format)
            .ok_or_else(|| Failure::input(format!("\"{}\" is not a format", self.format)))?;
        let mut bytes = Vec::new();
        format.write(report, &presentation, &mut bytes)?;
        files::write(self.output.as_deref(), &bytes)
    }
}

/// What the selected rules read.
pub(crate) fn demand_of(selection: &Selection<'_>) -> Demand {
    let mut demand = Demand::default();
    for selected in &selection.rules {
        demand.extend(selected.rule.demand());
    }
    demand
}

fn read_report(path: &Path) -> Result<Report, Failure> {
    let bytes = files::read(path)?;
    Report::load(&bytes).map_err(|error| {
        let help = "a baseline is what `plimsoll check --format json -o FILE` wrote";
        Failure::input_with_help(format!("{}: {error}", path.display()), help)
    })
}
