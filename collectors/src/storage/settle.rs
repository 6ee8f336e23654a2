//! A second look at a store that an engine may be at work on.

use std::time::Duration;

use super::check::Record;
use super::survey::Survey;
use crate::fact::Fact;

/// How long after the first look the second one is made. An engine that starts or removes a container, or
/// that clears away what an image left, is done by then.
const PAUSE: Duration = Duration::from_secs(2);

/// What `look` reads of a store and finds in it. If that is a problem, and an engine may be at work
/// (`in_use`), it looks again, and what did not last is no problem: an engine writes one file after the
/// other, so that for a moment they contradict each other on disk.
///
/// # Errors
///
/// Those of `look`.
pub(super) fn settled<T, E>(
    survey: &Survey<'_>,
    in_use: &Fact<bool>,
    look: impl Fn() -> Result<(T, Record), E>,
) -> Result<(T, Record), E> {
    let (contents, first) = look()?;
    if !first.has_problem() || *in_use == Fact::Known(false) {
        return Ok((contents, first));
    }
    // Its memory is wanted for the second one.
    drop(contents);
    std::thread::sleep(PAUSE.min(survey.ctx.remaining() / 4));
    let (contents, second) = look()?;
    Ok((contents, second.lasting(&first)))
}
