//! Lines of the kernel's log: as `/dev/kmsg` hands them out, and as syslog daemons write them down.

use std::fmt::Write;

/// The facility of what the kernel says itself. Programs may write into the log, too, and cannot pass for it.
const KERNEL: u64 = 0;

/// How much of a line is kept, in characters.
const LENGTH: usize = 2000;

/// A line of the kernel's log.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// When it was said, in seconds since boot; `None` if the line does not say.
    pub(crate) seconds: Option<f64>,
    /// When it was said, as the log file has it; `None` if it does not say.
    pub(crate) time: Option<String>,
    /// What was said, without control characters.
    pub(crate) text: String,
}

impl Record {
    /// The record that `/dev/kmsg` hands out: `6,339,5140900,-;message`, and its number. None for what a
    /// program wrote into the log, and for what has not this form.
    pub(super) fn of_device(bytes: &[u8]) -> Option<(u64, Self)> {
        let record = String::from_utf8_lossy(bytes);
        let (prefix, rest) = record.split_once(';')?;
        let mut fields = prefix.split(',');
        let priority: u64 = fields.next()?.parse().ok()?;
        let number = fields.next()?.parse().ok()?;
        let microseconds: u64 = fields.next()?.parse().ok()?;
        if priority >> 3 != KERNEL {
            return None;
        }
        let text = escaped(rest.lines().next().unwrap_or_default());
        // Exact for the 285 years that a double has of microseconds.
        Some((number, Self { seconds: Some(microseconds as f64 / 1e6), time: None, text }))
    }

    /// The line of a log file: `STAMP HOST kernel: [12.345678] message`, or `[12.345678] message`. None for
    /// what is not the kernel's.
    pub(super) fn of_file(line: &str) -> Option<Self> {
        let (time, rest) = if line.starts_with('[') {
            (None, line)
        } else {
            let (head, rest) = line.split_once(" kernel: ")?;
            (time_of(head), rest)
        };
        let (seconds, text) = bracketed(rest).map_or((None, rest), |(seconds, text)| (Some(seconds), text));
        // Old `dmesg` files name the speaker.
        Some(Self { seconds, time, text: escaped(text.strip_prefix("kernel: ").unwrap_or(text)) })
    }
}

/// The stamp before the host's name: one word (RFC 3339) or three (`Nov 27 22:25:34`).
fn time_of(head: &str) -> Option<String> {
    let words: Vec<&str> = head.split_whitespace().collect();
    let stamp = words.split_last()?.1;
    Some(escaped(&stamp.join(" "))).filter(|stamp| !stamp.is_empty() && stamp.len() < 40)
}

/// `[   12.345678] message`.
fn bracketed(text: &str) -> Option<(f64, &str)> {
    let (seconds, rest) = text.strip_prefix('[')?.split_once(']')?;
    let seconds: f64 = seconds.trim().parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then_some((seconds, rest.trim_start()))
}

/// The text with its control characters as the kernel writes them in `/dev/kmsg`: `\x1b`.
fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(LENGTH));
    for c in text.chars().take(LENGTH) {
        if c.is_control() {
            // Writing to a text does not fail.
            let _ = write!(plain, "\\x{:02x}", u32::from(c));
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_the_device_has_a_number_a_stamp_and_one_line() {
        let bytes = b"6,339,5140900,-;NET: Registered protocol family 10\n SUBSYSTEM=net\n DEVICE=n2\n";
        let (number, record) = Record::of_device(bytes).unwrap();
        assert_eq!((number, record.seconds), (339, Some(5.1409)));
        assert_eq!(record.text, "NET: Registered protocol family 10");
        let (_, hostile) = Record::of_device(b"3,1,7,c;a\x1b[2J\xff;b").unwrap();
        assert_eq!(hostile.text, "a\\x1b[2J\u{fffd};b");
    }

    #[test]
    fn what_a_program_wrote_is_not_the_kernels() {
        // Facility 1 (user), which the kernel gives to everybody who claims to be the kernel.
        assert_eq!(Record::of_device(b"11,340,5140901,-;Out of memory: Killed process 1 (init)"), None);
        assert_eq!(Record::of_device(b"30,340,5140901,-;systemd[1]: Started x."), None);
        for other in [&b""[..], b";", b"6;x", b"6,1;x", b"x,1,1,-;y", b"6,1,-1,-;y", b"6,1,1,-"] {
            assert_eq!(Record::of_device(other), None, "{other:?}");
        }
    }

    #[test]
    fn files_have_the_stamp_of_their_daemon() {
        let record = Record::of_file("Nov  7 22:25:34 node-7 kernel: [  123.456789] usb 1-1: x").unwrap();
        assert_eq!(record.time.as_deref(), Some("Nov 7 22:25:34"));
        assert_eq!((record.seconds, record.text.as_str()), (Some(123.456_789), "usb 1-1: x"));
        let record = Record::of_file("2026-11-27T22:25:34.123456+00:00 node-7 kernel: md0: x").unwrap();
        assert_eq!(record.time.as_deref(), Some("2026-11-27T22:25:34.123456+00:00"));
        assert_eq!((record.seconds, record.text.as_str()), (None, "md0: x"));
        let record = Record::of_file("[    0.000000] kernel: Linux version 6.1").unwrap();
        assert_eq!((record.seconds, record.text.as_str()), (Some(0.0), "Linux version 6.1"));
    }

    #[test]
    fn lines_of_others_are_passed_over() {
        for line in ["", "Nov 27 22:25:34 node-7 sshd[1]: kernel panic", "kernel: x", "x", "\u{0}"] {
            assert_eq!(Record::of_file(line), None, "{line:?}");
        }
        assert_eq!(Record::of_file(&format!("[{}] x", "9".repeat(400))).unwrap().seconds, None);
        assert_eq!(Record::of_file(&format!("[1] {}", "x".repeat(9999))).unwrap().text.len(), LENGTH);
    }
}
