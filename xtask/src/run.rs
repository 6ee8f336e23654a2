//! Programs that developer commands run.

use std::error::Error;
use std::process::Command;

/// Runs `command` with the terminal's output; an error if it does not start or does not succeed.
pub(crate) fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command.status().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

/// What `command` writes to its standard output; an error if it does not start or does not succeed.
pub(crate) fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {}: {}", output.status, reason.trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
