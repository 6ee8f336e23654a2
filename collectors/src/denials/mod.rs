//! What SELinux, AppArmor and seccomp denied: `$.denials`.
//!
//! Where auditd runs, it writes down what they say; where it does not, the kernel puts it into its own log.

mod answer;
mod apparmor;
mod auditd;
mod confined;
mod event;
mod group;
mod seccomp;
mod selinux;
mod sources;
mod syscalls;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

pub use answer::Answer;
pub use apparmor::ApparmorDenial;
pub use group::Occurrences;
pub use seccomp::{Action, SeccompDenial};
pub use selinux::SelinuxDenial;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use confined::{Confined, Member};
use event::{Event, Topic};
use group::{Denial, Groups};
use sources::Sources;

/// What LSMs and seccomp denied. What could not be read is a gap at the end of each list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Denials {
    /// Where it was read.
    ///
    /// Source: the log of auditd (/etc/audit/auditd.conf, `log_file`), /dev/kmsg
    pub sources: Vec<String>,
    /// What SELinux denied.
    ///
    /// Source: the log of auditd, the kernel's log
    pub selinux: Vec<Fact<SelinuxDenial>>,
    /// What AppArmor denied, or would have.
    ///
    /// Source: the log of auditd, the kernel's log
    pub apparmor: Vec<Fact<ApparmorDenial>>,
    /// What seccomp filters acted on.
    ///
    /// Source: the log of auditd, the kernel's log
    pub seccomp: Vec<Fact<SeccompDenial>>,
}

/// Reads the denials.
pub fn collect(ctx: &Context<'_>) -> Fact<Denials> {
    Fact::from(Sources::read(ctx)).map(|sources| {
        let mut reading = Reading::new(ctx, sources.missing);
        for text in &sources.audit {
            reading.read(text.lines(), true);
        }
        if let Some(log) = &sources.kernel {
            reading.read(log.records.iter().map(|record| record.text.as_str()), false);
        }
        reading.into_facts(sources.names)
    })
}

/// The denials as they are found.
struct Reading<'c> {
    ctx: &'c Context<'c>,
    missing: Option<Unknown>,
    selinux: Groups<SelinuxDenial>,
    apparmor: Groups<ApparmorDenial>,
    seccomp: Groups<SeccompDenial>,
    /// What waits for the path that a later line of its event may tell.
    waiting: Option<Waiting>,
    confined: Confined<'c>,
    /// The stamps that auditd wrote down; what the kernel logged of them was seen.
    written: HashSet<String>,
}

/// A denial whose event may not be over.
struct Waiting {
    stamp: String,
    denial: SelinuxDenial,
    /// A process of the container that was denied.
    pid: Option<u32>,
}

impl<'c> Reading<'c> {
    fn new(ctx: &'c Context<'c>, missing: Option<Unknown>) -> Self {
        Self {
            ctx,
            missing,
            selinux: Groups::default(),
            apparmor: Groups::default(),
            seccomp: Groups::default(),
            waiting: None,
            confined: Confined::new(ctx),
            written: HashSet::new(),
        }
    }

    /// Takes in the lines of one log; `by_auditd` says who wrote it.
    fn read<'t>(&mut self, lines: impl Iterator<Item = &'t str>, by_auditd: bool) {
        for (number, line) in lines.enumerate() {
            if number % 1024 == 0 && self.ctx.is_short_of_time() {
                let detail = "there was no time to read it all";
                self.missing = Some(Unknown::new(GapReason::Timeout, "the audit log", detail));
                break;
            }
            let Some(event) = Event::parse(line) else { continue };
            if by_auditd && event.topic != Topic::Path {
                self.written.insert(event.stamp.to_owned());
            } else if self.written.contains(event.stamp) && !by_auditd {
                continue;
            }
            self.hear(&event);
        }
        self.settle();
    }

    fn hear(&mut self, event: &Event<'_>) {
        match event.topic {
            Topic::Path => {
                if let Some(waiting) = &mut self.waiting
                    && waiting.stamp == event.stamp
                    && let Some(path) = event.field("name")
                {
                    waiting.denial.set_path(path);
                }
            }
            Topic::Seccomp => {
                let member = self.confined.member(event);
                if let Some(denial) = SeccompDenial::of(event, id_of(member.as_ref())) {
                    self.seccomp.add(denial);
                }
            }
            Topic::Access if event.says("apparmor=") => {
                let member = self.confined.member(event);
                if let Some(mut denial) = ApparmorDenial::of(event, id_of(member.as_ref())) {
                    denial.of_container = member.is_some() || self.confined.has(&denial.profile);
                    self.apparmor.add(denial);
                }
            }
            Topic::Access => {
                self.settle();
                let member = self.confined.member(event);
                self.waiting = SelinuxDenial::of(event, id_of(member.as_ref())).map(|mut denial| {
                    denial.set_of_container(member.is_some() || self.confined.has(&denial.source_type));
                    Waiting {
                        stamp: event.stamp.to_owned(),
                        denial,
                        pid: member.as_ref().map(|member| member.pid),
                    }
                });
            }
        }
    }

    /// Counts the denial whose event is over.
    fn settle(&mut self) {
        if let Some(Waiting { mut denial, pid, .. }) = self.waiting.take() {
            let path = denial.names.first().filter(|name| name.starts_with('/'));
            if let (Some(pid), Some(path)) = (pid, path) {
                denial.volume = self.confined.volume(pid, path).into();
            }
            self.selinux.add(denial);
        }
    }

    fn into_facts(self, sources: Vec<String>) -> Denials {
        let missing = self.missing;
        Denials {
            sources,
            selinux: listed(self.selinux, missing.as_ref()),
            apparmor: listed(self.apparmor, missing.as_ref()),
            seccomp: listed(self.seccomp, missing.as_ref()),
        }
    }
}

fn id_of(member: Option<&Member>) -> Fact<String> {
    member.map(|member| member.container.clone()).into()
}

/// The groups, and behind them what is missing.
fn listed<D: Denial>(groups: Groups<D>, missing: Option<&Unknown>) -> Vec<Fact<D>> {
    let too_many =
        || Unknown::new(GapReason::Unsupported, "the audit log", "there are more causes than are told");
    let missing = missing.cloned().or_else(|| groups.overflowed.then(too_many));
    let known = groups.into_sorted().into_iter().map(Fact::Known);
    known.chain(missing.map(Fact::Gap)).collect()
}
