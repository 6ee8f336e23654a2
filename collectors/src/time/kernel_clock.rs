//! What the kernel knows of its clock's discipline.
//!
//! It says so to adjtimex(2) alone, and to no file; no maintained crate offers that call in safe Rust.
#![allow(unsafe_code, reason = "adjtimex(2) has no safe interface")]

use std::io;
use std::mem::MaybeUninit;

/// The state of the kernel's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct KernelClock {
    /// Whether something disciplines the clock: an NTP or PTP service told the kernel so of late.
    pub(super) synchronized: bool,
    /// The error that the service estimates, in seconds.
    pub(super) estimated_error: f64,
    /// The error that the service guarantees not to be exceeded, in seconds; it grows while nobody
    /// disciplines the clock, up to 16 s.
    pub(super) maximum_error: f64,
}

const MICROSECONDS: f64 = 1e6;

/// Reads the state of this kernel's clock, and changes nothing: `modes` is 0.
///
/// # Errors
/// When the kernel refuses, as a seccomp filter may have it do.
pub(super) fn read() -> io::Result<KernelClock> {
    // SAFETY: `timex` consists of integers, for which all zeroes are a value.
    let mut timex: libc::timex = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: the pointer is valid for the call, and with `modes` 0 the kernel writes to it only.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    if state < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(KernelClock {
        synchronized: timex.status & libc::STA_UNSYNC == 0,
        estimated_error: timex.esterror as f64 / MICROSECONDS,
        maximum_error: timex.maxerror as f64 / MICROSECONDS,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_disciplined_clock_is_bounded() {
        let clock = read().unwrap();
        assert!(clock.estimated_error >= 0.0 && clock.estimated_error <= clock.maximum_error.max(16.0));
        if clock.synchronized {
            assert!(clock.maximum_error < 16.0, "{clock:?}");
        }
    }
}
