//! Evaluating as a scan does it: rules from YAML, facts with and without gaps, findings and reports.

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
