//! Time: whether the clock is right, who keeps it, and how it is shown.

mod kernel_clock;
mod services;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use kernel_clock::KernelClock;
pub use services::{Name, NtpService};

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{FileKind, Host};

const ADJTIMEX: &str = "adjtimex(2)";
const CLOCK_SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
const LOCAL_TIME: &str = "/etc/localtime";
const DEBIAN_TIME_ZONE: &str = "/etc/timezone";
const ADJTIME: &str = "/etc/adjtime";

/// Time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TimeFacts {
    /// Whether something disciplines the clock: an NTP or PTP service, or the hypervisor.
    /// Source: adjtimex(2), STA_UNSYNC in status.
    pub synchronized: Fact<bool>,
    /// How wrong the clock is, as the service that disciplines it estimates.
    /// Unit: seconds.
    /// Source: adjtimex(2), esterror.
    pub estimated_error_seconds: Fact<f64>,
    /// How wrong the clock is at the most.
    /// Unit: seconds.
    /// Source: adjtimex(2), maxerror.
    pub maximum_error_seconds: Fact<f64>,
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
    let clock = ctx.running(ADJTIMEX, kernel_clock);
    Fact::Known(TimeFacts {
        synchronized: clock.clone().map(|clock| clock.synchronized),
        estimated_error_seconds: clock.clone().map(|clock| clock.estimated_error),
        maximum_error_seconds: clock.map(|clock| clock.maximum_error),
        clock_source: ctx.running(CLOCK_SOURCE, || {
            Fact::from(ctx.host.read_text(CLOCK_SOURCE)).map(|text| text.trim().to_owned())
        }),
        timezone: time_zone(ctx.host),
        rtc_in_local_time: Fact::from(ctx.host.read_text(ADJTIME))
            .map(|text| text.lines().nth(2).is_some_and(|line| line.trim() == "LOCAL"))
            .or_absent(false),
        ntp_services: services::read(ctx),
    })
}

/// All containers of a node share its clock, so that this kernel's answer holds for every live target.
fn kernel_clock() -> Fact<KernelClock> {
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::PermissionDenied => Unknown::new(GapReason::Denied, ADJTIMEX, error.to_string()),
        _ => Unknown::new(GapReason::Failed, ADJTIMEX, error.to_string()),
    };
    kernel_clock::read().map_err(refused).into()
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
