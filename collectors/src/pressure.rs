//! Pressure: how long processes wait for a resource (Documentation/accounting/psi.rst of the kernel).

use procfs::PressureRecord;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::HostErrorKind;

/// The share of time for which processes waited for a resource.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Pressure {
    /// For how much of the last 10 seconds some process waited.
    ///
    /// Unit: percent
    /// Source: /proc/pressure, `some avg10`
    pub some_avg10: f64,
    /// For how much of the last minute some process waited.
    ///
    /// Unit: percent
    /// Source: /proc/pressure, `some avg60`
    pub some_avg60: f64,
    /// For how much of the last five minutes some process waited.
    ///
    /// Unit: percent
    /// Source: /proc/pressure, `some avg300`
    pub some_avg300: f64,
    /// For how much of the last 10 seconds all processes waited at once; absent for the processor before
    /// Linux 5.13.
    ///
    /// Unit: percent
    /// Source: /proc/pressure, `full avg10`
    pub full_avg10: Fact<f64>,
    /// For how much of the last minute all processes waited at once.
    ///
    /// Unit: percent
    /// Source: /proc/pressure, `full avg60`
    pub full_avg60: Fact<f64>,
    /// For how much of the last five minutes all processes waited at once.
    ///
    /// Unit: percent
    /// Source: /proc/pressure, `full avg300`
    pub full_avg300: Fact<f64>,
}

/// The pressure that `/proc/pressure/cpu`, `io` or `memory` tells; absent if the kernel does not measure it
/// (before 4.20, without CONFIG_PSI, or switched off with `psi=0`).
pub(crate) fn read(ctx: &Context<'_>, source: &'static str) -> Fact<Pressure> {
    ctx.running(source, || match ctx.host.read_text(source) {
        Err(error) if error.kind == HostErrorKind::Unsupported => Fact::Absent,
        text => Fact::from(text).and_then(|text| parse(source, &text).into()),
    })
}

fn parse(source: &str, text: &str) -> Result<Pressure, Unknown> {
    let record =
        |kind| match text.lines().find(|line| line.starts_with(kind)).map(procfs::parse_pressure_record) {
            Some(Err(error)) => Err(Unknown::malformed(source, error.to_string())),
            Some(Ok(record)) => Ok(Some(record)),
            None => Ok(None),
        };
    let some = record("some ")?.ok_or_else(|| Unknown::malformed(source, "the line `some` is missing"))?;
    let full = record("full ")?;
    let number =
        |number: f32| decimals(number).ok_or_else(|| Unknown::malformed(source, "an average is no number"));
    let average = |of: fn(&PressureRecord) -> f32| full.as_ref().map(|full| number(of(full))).transpose();
    Ok(Pressure {
        some_avg10: number(some.avg10)?,
        some_avg60: number(some.avg60)?,
        some_avg300: number(some.avg300)?,
        full_avg10: average(|full| full.avg10)?.into(),
        full_avg60: average(|full| full.avg60)?.into(),
        full_avg300: average(|full| full.avg300)?.into(),
    })
}

/// The number that the kernel printed with two decimals: 11.73, and not 11.729999542236328. `None` for what
/// it never prints: infinity, and what is not a number.
pub(crate) fn decimals(number: f32) -> Option<f64> {
    number.is_finite().then(|| (f64::from(number) * 100.0).round() / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &str = "some avg10=11.73 avg60=3.85 avg300=1.64 total=10148955\n";

    #[test]
    fn averages_are_those_that_the_kernel_prints() {
        let text = format!("{SOME}full avg10=0.07 avg60=0.00 avg300=100.00 total=0\n");
        let pressure = parse("/proc/pressure/memory", &text).unwrap();
        assert_eq!((pressure.some_avg10, pressure.some_avg60, pressure.some_avg300), (11.73, 3.85, 1.64));
        assert_eq!((pressure.full_avg10, pressure.full_avg300), (Fact::Known(0.07), Fact::Known(100.0)));
    }

    #[test]
    fn the_processor_of_an_older_kernel_has_one_line() {
        assert_eq!(parse("/proc/pressure/cpu", SOME).unwrap().full_avg10, Fact::Absent);
    }

    #[test]
    fn what_is_no_pressure_is_malformed() {
        for text in [
            "",
            "some\n",
            "some avg10=x avg60=0.00 avg300=0.00 total=0\n",
            "some avg10=nan avg60=0.00 avg300=0.00 total=0\n",
            "some avg10=1.0 total=0\n",
            "full avg10=1 avg60=0 avg300=0 total=0\n",
        ] {
            assert!(parse("/proc/pressure/cpu", text).is_err(), "{text:?}");
        }
    }
}
