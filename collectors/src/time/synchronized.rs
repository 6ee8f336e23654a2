//! Whether the clock follows a reference.
//!
//! The kernel says so to adjtimex(2) alone, for which Rust has no interface that is free of `unsafe`, and
//! to no file. But the kernel only repeats what the service that keeps the clock told it last, and
//! services leave traces: systemd-timesyncd a mark while it is in step with a server; chronyd and the
//! ntpds the drift of the clock, about hourly, and only while they follow a source.

use std::time::{Duration, SystemTime};

use plimsoll_engine::snapshot::GapReason;

use super::services::{Name, NtpService};
use crate::fact::{Fact, Unknown};
use crate::host::Host;

/// What would tell.
pub(super) const SOURCE: &str = "adjtimex(2)";

const TIMESYNCD_MARK: &str = "/run/systemd/timesync/synchronized";
const TIMESYNCD_DIRECTORY: &str = "/run/systemd/timesync";

/// Where the distributions let the services keep the drift.
const DRIFT_FILES: [(Name, &str); 9] = [
    (Name::Chrony, "/var/lib/chrony/chrony.drift"),
    (Name::Chrony, "/var/lib/chrony/drift"),
    (Name::Ntpsec, "/var/lib/ntpsec/ntp.drift"),
    (Name::Ntpsec, "/var/lib/ntp/drift"),
    (Name::Openntpd, "/var/lib/openntpd/db/ntpd.drift"),
    (Name::Openntpd, "/var/lib/openntpd/ntpd.drift"),
    (Name::Ntpd, "/var/lib/ntp/ntp.drift"),
    (Name::Ntpd, "/var/lib/ntp/drift"),
    (Name::Ntpd, "/var/lib/ntp/drift/ntp.drift"),
];

/// How long ago the drift may have been noted: twice as long as the services wait between two notes.
const FRESH: Duration = Duration::from_secs(2 * 3600);

/// Whether the clock follows a reference at the time `now`, by what the running services among `services`
/// leave behind. Without any the clock is on its own.
pub(super) fn read(host: &Host, services: &[NtpService], now: SystemTime) -> Fact<bool> {
    let mut doubt = None;
    for service in services {
        match &service.running {
            Fact::Known(true) => match follows(host, service.name, now) {
                Fact::Known(true) => return Fact::Known(true),
                Fact::Known(false) | Fact::Absent => {}
                Fact::Gap(unknown) => doubt = doubt.or(Some(unknown)),
            },
            Fact::Known(false) | Fact::Absent => {}
            Fact::Gap(unknown) => doubt = doubt.or(Some(unknown.clone())),
        }
    }
    doubt.map_or(Fact::Known(false), Fact::Gap)
}

/// Whether the running service `name` follows a reference.
fn follows(host: &Host, name: Name, now: SystemTime) -> Fact<bool> {
    if name == Name::SystemdTimesyncd {
        return by_mark(host).into();
    }
    for (_, file) in DRIFT_FILES.iter().filter(|(of, _)| *of == name) {
        match Fact::from(host.metadata(file)) {
            Fact::Known(metadata) if is_fresh(metadata.mtime, now) => return Fact::Known(true),
            Fact::Known(_) | Fact::Absent => {}
            Fact::Gap(unknown) => return Fact::Gap(unknown),
        }
    }
    Fact::Gap(Unknown::new(
        GapReason::Unsupported,
        SOURCE,
        "the service that keeps the clock runs, but no fresh file of it says that it follows a source",
    ))
}

fn by_mark(host: &Host) -> Result<bool, Unknown> {
    if host.exists(TIMESYNCD_MARK)? {
        return Ok(true);
    }
    if host.exists(TIMESYNCD_DIRECTORY)? {
        return Ok(false);
    }
    let detail = format!("{TIMESYNCD_DIRECTORY}: no such directory, though systemd-timesyncd runs");
    Err(Unknown::new(GapReason::Unsupported, TIMESYNCD_DIRECTORY, detail))
}

/// Whether a file that was written at `mtime` (seconds since 1970) is fresh at `now`. One from the future
/// is not: then the clock was set back, which is no sign of order.
fn is_fresh(mtime: i64, now: SystemTime) -> bool {
    let written = u64::try_from(mtime)
        .ok()
        .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    written.and_then(|written| now.duration_since(written).ok()).is_some_and(|age| age <= FRESH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn running(name: Name) -> NtpService {
        NtpService { name, enabled: Fact::Known(true), running: Fact::Known(true) }
    }

    #[test]
    fn timesyncd_leaves_a_mark() {
        let says = |tree: Tree| read(&tree.host(), &[running(Name::SystemdTimesyncd)], SystemTime::now());
        assert_eq!(says(Tree::new().file("run/systemd/timesync/synchronized", "")), Fact::Known(true));
        assert_eq!(says(Tree::new().dir("run/systemd/timesync")), Fact::Known(false));
        assert!(matches!(says(Tree::new()), Fact::Gap(unknown) if unknown.reason == GapReason::Unsupported));
    }

    #[test]
    fn the_drift_of_chronyd_is_fresh_while_it_follows_a_source() {
        let host = Tree::new().file("var/lib/chrony/drift", "-5.6 0.03\n");
        let at = |after: Duration| read(&host.host(), &[running(Name::Chrony)], SystemTime::now() + after);
        assert_eq!(at(Duration::ZERO), Fact::Known(true));
        assert_eq!(at(Duration::from_secs(3600)), Fact::Known(true));
        assert!(matches!(at(Duration::from_secs(3 * 3600)), Fact::Gap(_)));
        assert!(!is_fresh(2_000_000_000, SystemTime::UNIX_EPOCH));
        assert!(!is_fresh(-1, SystemTime::UNIX_EPOCH));
        assert!(!is_fresh(i64::MAX, SystemTime::now()));
    }

    #[test]
    fn a_clock_that_nobody_keeps_is_on_its_own() {
        let host = Tree::new().file("var/lib/chrony/drift", "").host();
        let stopped = NtpService { running: Fact::Known(false), ..running(Name::Chrony) };
        assert_eq!(read(&host, &[stopped], SystemTime::now()), Fact::Known(false));
        assert_eq!(read(&host, &[], SystemTime::now()), Fact::Known(false));
        let hidden = NtpService { running: Fact::Gap(Unknown::offline("/proc")), ..running(Name::Chrony) };
        assert!(matches!(read(&host, &[hidden], SystemTime::now()), Fact::Gap(_)));
    }
}
