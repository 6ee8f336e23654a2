//! JUnit XML: a suite per pack, a case per finding, for CI servers.
//!
//! A failure is a `failure`; what could not be determined is an `error`, so that no server shows it
//! green; waived, manual and inapplicable rules are `skipped` with the reason.

use std::collections::BTreeMap;
use std::io::{self, Write};

use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::report::{Finding, Report};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::text::finding_as_plain_text;
use crate::{Presentation, visible};

pub(crate) fn write(report: &Report, _: &Presentation, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for finding in &report.findings {
        let suite = suites.entry(&finding.pack).or_insert_with(|| TestSuite::new(finding.pack.as_str()));
        suite.add_test_case(case(finding));
    }
    let mut document = quick_junit::Report::new(format!("plimsoll on {}", report.target.name));
    document.add_test_suites(suites.into_values());
    document.serialize(out).map_err(io::Error::other)
}

fn case(finding: &Finding) -> TestCase {
    let name = match &finding.subject {
        Some(subject) => format!("{} [{subject}]", finding.rule),
        None => finding.rule.clone(),
    };
    let mut case = TestCase::new(visible(&name).as_ref(), status(finding));
    case.set_classname(format!("plimsoll.{}", finding.pack));
    case
}

fn status(finding: &Finding) -> TestCaseStatus {
    let mut status = match finding.outcome {
        Outcome::Pass => return TestCaseStatus::success(),
        Outcome::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Unknown => TestCaseStatus::non_success(NonSuccessKind::Error),
        Outcome::Waived | Outcome::Manual | Outcome::NotApplicable => TestCaseStatus::skipped(),
    };
    status.set_message(visible(&message(finding)).as_ref());
    if matches!(finding.outcome, Outcome::Fail | Outcome::Unknown) {
        status.set_type(finding.severity.as_str());
        status.set_description(finding_as_plain_text(finding));
    }
    status
}

fn message(finding: &Finding) -> String {
    let said = if finding.message.is_empty() { &finding.title } else { &finding.message };
    match (&finding.outcome, &finding.waiver) {
        (Outcome::Waived, Some(applied)) => {
            format!("waived until {} by {}: {said}", applied.waiver.expires, applied.waiver.owner)
        }
        (Outcome::Waived | Outcome::Manual | Outcome::NotApplicable, _) => {
            format!("{}: {said}", finding.outcome)
        }
        _ => said.clone(),
    }
}
