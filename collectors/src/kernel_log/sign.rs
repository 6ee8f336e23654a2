//! The signs of trouble in a log, those of one cause together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use super::kind::Kind;
use super::log::Log;
use super::oom::Victims;
use super::patterns::{Match, Matcher};
use super::record::Record;
use crate::container_id;
use crate::fact::{Fact, Unknown};
use crate::redact::mask;

/// How many signs are told apart at most.
const MAX_SIGNS: usize = 300;

/// How much of a line is quoted, in characters.
const SAMPLE: usize = 300;

/// Lines of the log that say the same of the same thing.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Sign {
    /// What they are a sign of.
    ///
    /// Source: the kernel's log
    pub kind: Kind,
    /// What they are about: a device, a process's name, an interface, a port; `the node` if they name nothing.
    ///
    /// Source: the kernel's log
    pub subject: String,
    /// The control group that they name.
    ///
    /// Source: the kernel's log
    pub cgroup: Fact<String>,
    /// The id of the container of that control group.
    ///
    /// Source: the kernel's log
    pub container: Fact<String>,
    /// How many lines there are.
    ///
    /// Source: the kernel's log
    pub count: u64,
    /// When the first of them was written; absent if the log does not say.
    ///
    /// Unit: seconds since boot
    /// Source: the kernel's log
    pub first_seconds: Fact<f64>,
    /// When the last of them was written; absent if the log does not say.
    ///
    /// Unit: seconds since boot
    /// Source: the kernel's log
    pub last_seconds: Fact<f64>,
    /// When the first of them was written, in the words of the syslog daemon; absent in the kernel's own log.
    ///
    /// Source: /var/log
    pub first_time: Fact<String>,
    /// When the last of them was written, in the words of the syslog daemon; absent in the kernel's own log.
    ///
    /// Source: /var/log
    pub last_time: Fact<String>,
    /// The last of the lines, secrets masked.
    ///
    /// Source: the kernel's log
    pub sample: String,
}

/// The signs in `log`, sorted by kind and subject. What is missing of the log is a gap at their end.
pub(super) fn all(log: &Log, is_time_over: impl Fn() -> bool) -> Vec<Fact<Sign>> {
    let matcher = Matcher::new();
    let mut victims = Victims::default();
    let mut signs: BTreeMap<(Kind, String, Option<String>), Sign> = BTreeMap::new();
    let mut missing = log.cut.clone();
    for record in &log.records {
        if is_time_over() {
            missing = Some(Unknown::new(GapReason::Timeout, log.source, "there was no time to read it all"));
            break;
        }
        victims.hear(&record.text);
        let Some(found) = matcher.find(&record.text) else { continue };
        let cgroup = found.cgroup.map(str::to_owned).or_else(|| victims.cgroup_of(&found));
        let subject = found.subject.unwrap_or("the node").to_owned();
        let full = signs.len() >= MAX_SIGNS;
        match signs.entry((found.kind, subject, cgroup)) {
            Entry::Occupied(mut sign) => sign.get_mut().add(record),
            Entry::Vacant(_) if full => {
                let detail = format!("there are more than {MAX_SIGNS} different signs");
                missing = Some(Unknown::new(GapReason::Unsupported, log.source, detail));
            }
            Entry::Vacant(place) => {
                let (kind, subject, cgroup) = place.key().clone();
                place.insert(Sign::first(kind, subject, cgroup, record));
            }
        }
    }
    let known = signs.into_values().map(Fact::Known);
    known.chain(missing.map(Fact::Gap)).collect()
}

impl Sign {
    fn first(kind: Kind, subject: String, cgroup: Option<String>, record: &Record) -> Self {
        Self {
            kind,
            subject,
            container: cgroup.as_deref().and_then(container_id::innermost).map(str::to_owned).into(),
            cgroup: cgroup.into(),
            count: 1,
            first_seconds: record.seconds.into(),
            last_seconds: record.seconds.into(),
            first_time: record.time.clone().into(),
            last_time: record.time.clone().into(),
            sample: sample(&record.text),
        }
    }

    fn add(&mut self, record: &Record) {
        self.count += 1;
        self.last_seconds = record.seconds.into();
        self.last_time = record.time.clone().into();
        self.sample = sample(&record.text);
    }
}

fn sample(text: &str) -> String {
    mask(&text.chars().take(SAMPLE).collect::<String>())
}

impl Victims {
    /// The control group of the process that `found` says was killed.
    fn cgroup_of(&mut self, found: &Match<'_>) -> Option<String> {
        let is_killed = matches!(found.kind, Kind::OutOfMemory | Kind::CgroupOutOfMemory);
        found.pid.filter(|_| is_killed).and_then(|pid| self.take(pid))
    }
}
