//! Time: whether the clock is right, who keeps it, and how it is shown.

mod services;
mod synchronized;

use std::time::SystemTime;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

pub use services::{Name, NtpService};

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{FileKind, Host};

const CLOCK_SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
const LOCAL_TIME: &str = "/etc/localtime";
const DEBIAN_TIME_ZONE: &str = "/etc/timezone";
const ADJTIME: &str = "/etc/adjtime";

/// Time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TimeFacts {
    /// Whether the clock follows a reference: a running service says so. False if systemd-timesyncd says
    /// that it does not, or if none of the known services runs. A gap if another one runs that has not
    /// noted the clock's drift lately, as in the first hour after its start.
    /// Source: /run/systemd/timesync/synchronized; the age of chronyd's or ntpd's drift file.
    pub synchronized: Fact<bool>,
    /// What the kernel counts time by: `tsc`, `kvm-clock`, `arch_sys_counter`.
    /// Source: /sys/devices/system/clocksource/clocksource0/current_clocksource.
    pub clock_source: Fact<String>,
    /// The time zone: `UTC`, `Europe/Berlin`.
    /// Source: the link /etc/localtime; /etc/timezone; `UTC` where neither is there.
    pub timezone: Fact<String>,
    /// Whether the hardware clock runs in local time, and not in UTC.
    /// Source: the third line of /etc/adjtime; false where that is not there.
    pub rtc_in_local_time: Fact<bool>,
    /// The services for keeping the clock that are installed or run.
    /// Source: see each field.
    pub ntp_services: Fact<Vec<NtpService>>,
}

/// Reads the facts of time.
pub fn collect(ctx: &Context<'_>) -> Fact<TimeFacts> {
    let services = services::read(ctx);
    let synchronized = ctx.running(synchronized::SOURCE, || {
        services.as_ref().and_then(|services| synchronized::read(ctx.host, services, SystemTime::now()))
    });
    Fact::Known(TimeFacts {
        synchronized,
        clock_source: ctx.running(CLOCK_SOURCE, || {
            Fact::from(ctx.host.read_text(CLOCK_SOURCE)).map(|text| text.trim().to_owned())
        }),
        timezone: time_zone(ctx.host),
        rtc_in_local_time: Fact::from(ctx.host.read_text(ADJTIME))
            .map(|text| text.lines().nth(2).is_some_and(|line| line.trim() == "LOCAL"))
            .or_absent(false),
        ntp_services: services,
    })
}

/// The zone that `/etc/localtime` links to; where it is a copy of the zone's file, the name that Debian
/// keeps beside it.
fn time_zone(host: &Host) -> Fact<String> {
    Fact::from(host.symlink_metadata(LOCAL_TIME))
        .and_then(|metadata| match metadata.kind {
            FileKind::Symlink => Fact::from(host.read_link(LOCAL_TIME)),
            _ => Fact::Known(String::new()),
        })
        .and_then(|target| match target.split_once("zoneinfo/") {
            Some((_, zone)) if !zone.is_empty() => Fact::Known(zone.to_owned()),
            _ => zone_by_name(host),
        })
        .or_absent("UTC".to_owned())
}

fn zone_by_name(host: &Host) -> Fact<String> {
    let text = Fact::from(host.read_text(DEBIAN_TIME_ZONE)).or_absent(String::new());
    text.and_then(|text| match text.trim() {
        "" => {
            let detail =
                format!("{LOCAL_TIME} is no link to a zone, and {DEBIAN_TIME_ZONE} does not name one");
            Fact::Gap(Unknown::new(GapReason::Unsupported, LOCAL_TIME, detail))
        }
        zone => Fact::Known(zone.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use std::time::Instant;

    fn facts(host: &Host) -> TimeFacts {
        let (demand, options) = (Demand::everything(), Options::default());
        match collect(&Context { host, demand: &demand, options: &options, deadline: Instant::now() }) {
            Fact::Known(facts) => facts,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_zone_is_linked_named_or_utc() {
        let zone = |tree: Tree| time_zone(&tree.host());
        let berlin = Fact::Known("Europe/Berlin".to_owned());
        assert_eq!(zone(Tree::new().link("etc/localtime", "../usr/share/zoneinfo/Europe/Berlin")), berlin);
        assert_eq!(
            zone(Tree::new().file("etc/localtime", "TZif2").file("etc/timezone", "Europe/Berlin\n")),
            berlin
        );
        assert_eq!(zone(Tree::new()), Fact::Known("UTC".to_owned()));
        assert!(matches!(zone(Tree::new().file("etc/localtime", "TZif2")), Fact::Gap(_)));
        assert!(matches!(zone(Tree::new().link("etc/localtime", "/elsewhere")), Fact::Gap(_)));
    }

    #[test]
    fn an_offline_root_tells_its_configuration() {
        let tree = Tree::new().file("etc/adjtime", "0.0 0 0.0\n0\nLOCAL\n");
        let facts = facts(&tree.host());
        assert_eq!(facts.rtc_in_local_time, Fact::Known(true));
        assert_eq!(facts.ntp_services, Fact::Known(vec![]));
        for gap in [facts.synchronized.map(drop), facts.clock_source.map(drop)] {
            assert!(matches!(&gap, Fact::Gap(unknown) if unknown.reason == GapReason::Offline), "{gap:?}");
        }
    }

    #[test]
    fn a_live_node_counts_time_by_something() {
        let facts = facts(&Host::live().unwrap());
        assert!(facts.clock_source.known().is_some_and(|source| !source.is_empty()));
        assert!(!matches!(facts.rtc_in_local_time, Fact::Absent));
    }
}
