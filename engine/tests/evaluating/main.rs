//! Evaluating as a scan does it: rules from YAML, facts with and without gaps, findings and reports.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

mod each;
mod explaining;
mod gaps;
mod leaves;
mod messages;
mod outcomes;
mod remediation;
mod reporting;
mod rule_tests;
mod waiving;
