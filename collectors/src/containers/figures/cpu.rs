//! Processor time: request, limit, use, throttling.

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Unknown};

use super::super::container::Qos;
use super::group::{Controller, Group};
use super::values::{Counters, counter, rounded, seconds_of_micros, seconds_of_nanos, share};
use super::weight::{cores_of_shares, shares_by_curve, shares_by_line};

/// The processor time of a container.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cpu {
    /// Its share in comparison with its siblings'; absent in version 2.
    ///
    /// Source: cpu.shares
    pub shares: Fact<u64>,
    /// Its weight in comparison with its siblings', 1 to 10000; absent in version 1.
    ///
    /// Source: cpu.weight
    pub weight: Fact<u64>,
    /// The request that the shares stand for, or the weight by the formula of the kubelet, runc before 1.3.2 and
    /// crun before 1.23. By that formula a weight of 1 stands for any request of up to 0.027.
    ///
    /// Unit: processors
    /// Source: cpu.shares, cpu.weight
    pub request_cores: Fact<f64>,
    /// The request that the shares stand for, or the weight by the formula of runc from 1.3.2 and crun from 1.23.
    ///
    /// Unit: processors
    /// Source: cpu.shares, cpu.weight
    pub request_cores_by_curve: Fact<f64>,
    /// Whether somebody said which part of the processors it is to have: its pod requests some, or its shares or
    /// its weight are not those of every other group. Unknown for a weight of 1 in a pod of class Burstable, which
    /// is that of no request and, by one of the formulas, that of a small one.
    ///
    /// Source: cpu.shares, cpu.weight, the class of its pod
    pub requested: Fact<bool>,
    /// How long its tasks may run in each period, all together; absent if there is no limit.
    ///
    /// Unit: microseconds
    /// Source: cpu.cfs_quota_us, cpu.max
    pub quota_us: Fact<u64>,
    /// The period.
    ///
    /// Unit: microseconds
    /// Source: cpu.cfs_period_us, cpu.max
    pub period_us: Fact<u64>,
    /// How much of unused quota it may run up; absent before Linux 5.14.
    ///
    /// Unit: microseconds
    /// Source: cpu.cfs_burst_us, cpu.max.burst
    pub burst_us: Fact<u64>,
    /// The limit; absent if there is none.
    ///
    /// Unit: processors
    /// Source: quota and period
    pub limit_cores: Fact<f64>,
    /// How much it has used.
    ///
    /// Unit: seconds
    /// Source: cpuacct.usage, cpu.stat `usage_usec`
    pub usage_seconds: Fact<f64>,
    /// The periods in which it ran.
    ///
    /// Unit: periods
    /// Source: cpu.stat `nr_periods`
    pub periods: Fact<u64>,
    /// The periods in which it had to wait for the next one.
    ///
    /// Unit: periods
    /// Source: cpu.stat `nr_throttled`
    pub throttled_periods: Fact<u64>,
    /// In how many of its periods it had to wait; absent if it ran in none.
    ///
    /// Unit: percent
    /// Source: cpu.stat `nr_throttled`, `nr_periods`
    pub throttled_percent: Fact<f64>,
    /// How long it had to wait, summed over the processors.
    ///
    /// Unit: seconds
    /// Source: cpu.stat `throttled_time`, `throttled_usec`
    pub throttled_seconds: Fact<f64>,
}

/// What the kernel gives to every group (kernel/sched/core.c).
const DEFAULT_SHARES: u64 = 1024;
const DEFAULT_WEIGHT: u64 = 100;

/// What the kubelet gives to a container that requests nothing.
const LEAST_SHARES: u64 = 2;
const LEAST_WEIGHT: u64 = 1;

/// Quota and period; a quota of none where there is no limit.
type Bandwidth = (Option<u64>, u64);

impl Cpu {
    pub(super) fn read(cpu: &Controller, group: &Group<'_>) -> Self {
        let stat = cpu.counters("cpu.stat");
        let bandwidth = if cpu.version == 1 { bandwidth_v1(cpu) } else { bandwidth_v2(cpu) };
        let (shares, weight) = match cpu.version {
            1 => (cpu.number("cpu.shares"), Fact::Absent),
            _ => (Fact::Absent, cpu.number("cpu.weight")),
        };
        let burst = if cpu.version == 1 { "cpu.cfs_burst_us" } else { "cpu.max.burst" };
        let throttled_periods = counter(&stat, "nr_throttled");
        let periods = counter(&stat, "nr_periods");
        Self {
            request_cores: cores(&shares, &weight, shares_by_line),
            requested: match cpu.version {
                1 => shares.as_ref().map(|shares| is_request_of_shares(*shares, group.qos())),
                _ => weight.as_ref().and_then(|weight| is_request_of_weight(*weight, group.qos())),
            },
            request_cores_by_curve: cores(&shares, &weight, shares_by_curve),
            shares,
            weight,
            quota_us: bandwidth.as_ref().and_then(|(quota, _)| (*quota).into()),
            period_us: bandwidth.as_ref().map(|(_, period)| *period),
            burst_us: cpu.number(burst),
            limit_cores: bandwidth.and_then(|bandwidth| limit(bandwidth).into()),
            usage_seconds: usage(cpu, group, &stat),
            throttled_percent: share(&throttled_periods, &periods),
            throttled_seconds: match cpu.version {
                1 => counter(&stat, "throttled_time").map(seconds_of_nanos),
                _ => counter(&stat, "throttled_usec").map(seconds_of_micros),
            },
            throttled_periods,
            periods,
        }
    }
}

/// In version 1 another controller, mounted with this one or apart, counts the use.
fn usage(cpu: &Controller, group: &Group<'_>, stat: &Fact<Counters>) -> Fact<f64> {
    match cpu.version {
        1 => group.v1("cpuacct").and_then(|cpuacct| cpuacct.number("cpuacct.usage")).map(seconds_of_nanos),
        _ => counter(stat, "usage_usec").map(seconds_of_micros),
    }
}

#[allow(clippy::cast_precision_loss, reason = "shares and weights are far below 2^53")]
fn cores(shares: &Fact<u64>, weight: &Fact<u64>, formula: impl Fn(f64) -> f64) -> Fact<f64> {
    match shares {
        Fact::Absent => weight.as_ref().map(|weight| formula(*weight as f64)),
        shares => shares.as_ref().map(|shares| *shares as f64),
    }
    .map(|shares| rounded(cores_of_shares(shares)))
}

/// Whether `shares`, which the kubelet always sets, say that something was requested.
fn is_request_of_shares(shares: u64, qos: Option<Qos>) -> bool {
    match qos {
        None => shares != DEFAULT_SHARES,
        Some(Qos::BestEffort) => false,
        Some(Qos::Guaranteed) => true,
        Some(Qos::Burstable) => shares > LEAST_SHARES,
    }
}

/// As [`is_request_of_shares`], of a weight.
fn is_request_of_weight(weight: u64, qos: Option<Qos>) -> Fact<bool> {
    match qos {
        None => Fact::Known(weight != DEFAULT_WEIGHT),
        Some(Qos::BestEffort) => Fact::Known(false),
        Some(Qos::Guaranteed) => Fact::Known(true),
        Some(Qos::Burstable) if weight > LEAST_WEIGHT => Fact::Known(true),
        Some(Qos::Burstable) => {
            let detail =
                "a weight of 1 stands for no request, and for one of up to 27 thousandths of a processor";
            Fact::Gap(Unknown::new(GapReason::Unsupported, "cpu.weight", detail))
        }
    }
}

fn bandwidth_v1(cpu: &Controller) -> Fact<Bandwidth> {
    cpu.number("cpu.cfs_period_us").and_then(|period| match cpu.limit("cpu.cfs_quota_us") {
        Fact::Known(quota) => Fact::Known((Some(quota), period)),
        Fact::Absent => Fact::Known((None, period)),
        Fact::Gap(unknown) => Fact::Gap(unknown),
    })
}

/// `max 100000`, or the quota in the place of `max`.
fn bandwidth_v2(cpu: &Controller) -> Fact<Bandwidth> {
    const FILE: &str = "cpu.max";
    cpu.text(FILE).and_then(|text| match parse_max(&text) {
        Some(bandwidth) => Fact::Known(bandwidth),
        None => Fact::Gap(cpu.malformed(FILE, &text)),
    })
}

fn parse_max(text: &str) -> Option<Bandwidth> {
    let (quota, period) = text.split_once(' ')?;
    let quota = if quota == "max" { None } else { Some(quota.parse().ok()?) };
    Some((quota, period.parse().ok()?))
}

#[allow(clippy::cast_precision_loss, reason = "microseconds of one period are far below 2^53")]
fn limit((quota, period): Bandwidth) -> Option<f64> {
    let quota = quota.filter(|_| period > 0)?;
    Some(rounded(quota as f64 / period as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_quota_by_period() {
        assert_eq!(parse_max("max 100000"), Some((None, 100_000)));
        assert_eq!(parse_max("50000 100000").and_then(limit), Some(0.5));
        assert_eq!(parse_max("250000 100000").and_then(limit), Some(2.5));
        assert_eq!(limit((Some(5), 0)), None);
        for text in ["", "max", "x 100000", "5 x", "-1 100000"] {
            assert_eq!(parse_max(text), None, "{text}");
        }
    }

    #[test]
    fn shares_stand_for_the_request_by_either_formula() {
        for formula in [shares_by_line, shares_by_curve] {
            assert_eq!(cores(&Fact::Known(256), &Fact::Absent, formula), Fact::Known(0.25));
            assert_eq!(cores(&Fact::Known(2), &Fact::Absent, formula), Fact::Known(0.0));
        }
        assert_eq!(cores(&Fact::Absent, &Fact::Known(39), shares_by_line), Fact::Known(0.975));
        assert_eq!(cores(&Fact::Absent, &Fact::Absent, shares_by_line), Fact::Absent);
    }

    #[test]
    fn what_weights_say_of_requests_depends_on_the_pod() {
        let shares = |shares| {
            [None, Some(Qos::BestEffort), Some(Qos::Burstable), Some(Qos::Guaranteed)]
                .map(|qos| is_request_of_shares(shares, qos))
        };
        assert_eq!(shares(1024), [false, false, true, true]);
        assert_eq!(shares(2), [true, false, false, true]);
        // A request of one processor is the kernel's default weight by the curve.
        assert_eq!(is_request_of_weight(100, Some(Qos::Burstable)), Fact::Known(true));
        assert_eq!(is_request_of_weight(100, None), Fact::Known(false));
        assert_eq!(is_request_of_weight(1, Some(Qos::BestEffort)), Fact::Known(false));
        assert_eq!(is_request_of_weight(1, Some(Qos::Guaranteed)), Fact::Known(true));
        assert!(matches!(is_request_of_weight(1, Some(Qos::Burstable)), Fact::Gap(_)));
    }
}
