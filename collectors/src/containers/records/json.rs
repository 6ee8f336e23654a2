//! JSON files that runtimes keep, of which a few members are read.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::fact::Unknown;
use crate::host::HostErrorKind;

/// The most that is read of one file, in bytes: a list of some ten thousand containers.
const CAP: usize = 64 << 20;

/// The members of the file at `path` that `T` has; `None` if there is no such file.
///
/// # Errors
///
/// If it cannot be read, or is not of its format.
pub(super) fn read<T: DeserializeOwned>(ctx: &Context<'_>, path: &str) -> Result<Option<T>, Unknown> {
    match ctx.host.read_capped(path, CAP) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            // The words of the parser may quote a value, which may be a secret; its place does not.
            Err(error) => {
                let detail = format!(
                    "is not the JSON that its runtime writes, line {} column {}",
                    error.line(),
                    error.column()
                );
                Err(Unknown::malformed(path, detail))
            }
        },
        Err(error) if error.kind == HostErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A time as Go writes it, to the second and in UTC; `None` for its zero time, the year 1.
pub(super) fn time(text: &str) -> Option<String> {
    let time: Timestamp = text.parse().ok()?;
    let second = Timestamp::from_second(time.as_second()).ok()?;
    (second > Timestamp::UNIX_EPOCH).then(|| second.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_second_and_the_year_1_is_none() {
        assert_eq!(time("2026-11-27T22:25:05.123456789Z").as_deref(), Some("2026-11-27T22:25:05Z"));
        assert_eq!(time("2026-11-27T23:25:05.1+01:00").as_deref(), Some("2026-11-27T22:25:05Z"));
        assert_eq!(time("0001-01-01T00:00:00Z"), None);
        assert_eq!(time("yesterday"), None);
    }
}
