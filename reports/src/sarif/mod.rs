//! SARIF 2.1.0 (OASIS), with regions from the origins of the facts.
//!
//! Every outcome is there: failures, what could not be determined (`open`), what a person has to look
//! at (`review`), passes and what does not apply. A waived failure carries a suppression.

mod log;

use std::collections::BTreeMap;
use std::io::{self, Write};

use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::report::{BaselineState, Evidence, Finding, Report};
use plimsoll_engine::rule::Reference;
use plimsoll_engine::severity::Severity;
use plimsoll_engine::snapshot::Origin;

use crate::Presentation;
use crate::text::finding_as_plain_text;
use log::*;

pub(crate) fn write(report: &Report, _: &Presentation, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(report))?;
    out.write_all(b"\n")
}

fn log(report: &Report) -> Log {
    let rules: BTreeMap<&str, &Finding> = report.findings.iter().map(|f| (f.rule.as_str(), f)).collect();
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let driver = Driver {
        name: report.tool.name.clone(),
        semantic_version: report.tool.version.clone(),
        rules: rules.values().map(|finding| descriptor(finding)).collect(),
    };
    let run = Run {
        tool: ToolComponent { driver },
        column_kind: "unicodeCodePoints",
        original_uri_base_ids: BTreeMap::from([(ROOT, BaseUri { uri: "file:///" })]),
        invocations: [Invocation {
            execution_successful: true,
            end_time_utc: report.taken_at.clone(),
            machine: report.target.name.clone(),
            tool_execution_notifications: report
                .warnings
                .iter()
                .map(|text| Notification::warning(text))
                .collect(),
        }],
        results: report
            .findings
            .iter()
            .map(|finding| result(finding, index.get(finding.rule.as_str()).copied().unwrap_or_default()))
            .collect(),
    };
    Log { schema: SCHEMA_URI, version: "2.1.0", runs: [run] }
}

fn descriptor(finding: &Finding) -> Descriptor {
    let page = finding.references.iter().find_map(|reference| match reference {
        Reference::Page { url, .. } => Some(url.clone()),
        Reference::Control { .. } => None,
    });
    Descriptor {
        id: finding.rule.clone(),
        short_description: Message::text(&finding.title),
        full_description: Message::text(&finding.rationale),
        help_uri: page,
        default_configuration: Configuration { level: level(finding.severity) },
        properties: RuleProperties {
            tags: finding.tags.clone(),
            severity: finding.severity,
            security_severity: security_severity(finding.severity),
        },
    }
}

fn result(finding: &Finding, rule_index: usize) -> ResultObject {
    let kind = match finding.outcome {
        Outcome::Fail | Outcome::Waived => "fail",
        Outcome::Unknown => "open",
        Outcome::Manual => "review",
        Outcome::Pass => "pass",
        Outcome::NotApplicable => "notApplicable",
    };
    let subject = finding.subject.as_deref().unwrap_or_default();
    ResultObject {
        rule_id: finding.rule.clone(),
        rule_index,
        kind,
        // SARIF demands `none` for every kind but `fail` (section 3.27.10).
        level: if kind == "fail" { level(finding.severity) } else { "none" },
        message: Message::text(&finding_as_plain_text(finding)),
        locations: locations(finding),
        partial_fingerprints: BTreeMap::from([("plimsoll/v1", format!("{}|{subject}", finding.rule))]),
        suppressions: suppressions(finding),
        baseline_state: finding.baseline.map(|state| match state {
            BaselineState::New => "new",
            BaselineState::Unchanged => "unchanged",
        }),
    }
}

fn suppressions(finding: &Finding) -> Vec<Suppression> {
    let accepted = finding.waiver.as_ref().filter(|applied| !applied.expired);
    let suppression = accepted.map(|applied| Suppression {
        kind: "external",
        status: "accepted",
        justification: format!(
            "{} (owner {}, until {})",
            applied.waiver.justification, applied.waiver.owner, applied.waiver.expires
        ),
    });
    suppression.into_iter().collect()
}

fn locations(finding: &Finding) -> Vec<LocationObject> {
    let mut locations: Vec<LocationObject> = finding.evidence.iter().map(location).collect();
    locations.dedup();
    locations
}

fn location(evidence: &Evidence) -> LocationObject {
    let logical = LogicalLocation { fully_qualified_name: evidence.path.clone(), kind: "member" };
    LocationObject {
        physical_location: evidence.origin.as_ref().and_then(physical),
        logical_locations: [logical],
    }
}

fn physical(origin: &Origin) -> Option<PhysicalLocation> {
    let file = origin.file.as_deref()?;
    let region = origin.line.map(|line| Region {
        start_line: line,
        start_column: origin.column,
        end_column: origin.column.zip(origin.length).map(|(column, length)| column + length),
        snippet: origin.text.as_deref().map(Message::text),
    });
    Some(PhysicalLocation {
        artifact_location: ArtifactLocation { uri: relative_uri(file), uri_base_id: ROOT },
        region,
    })
}

/// The file as a relative URI reference (RFC 3986), below the base `ROOT`.
fn relative_uri(file: &str) -> String {
    let mut uri = String::with_capacity(file.len());
    for byte in file.trim_start_matches('/').bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The figure by which code-scanning services rank: the middle of CVSS's band of that name.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.0",
    }
}
