//! The static binary: built, and shown to need nothing but a kernel.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{output, succeed};
use crate::workspace;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Builds the static binary, runs it in a chroot in which there is nothing else, and prints its size.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let binary = build("release")?;
    prove(&binary)?;
    let bytes = fs::metadata(&binary)?.len();
    println!("{}: {bytes} bytes ({:.1} MiB), static", binary.display(), bytes as f64 / f64::from(1 << 20));
    Ok(())
}

/// Builds the static binary with this profile of `Cargo.toml` and returns its path.
///
/// glibc's static libraries come with the compiler's own dependencies, so that no other C library is needed.
pub(crate) fn build(profile: &str) -> Result<PathBuf, Box<dyn Error>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace::root()).env("RUSTFLAGS", "-C target-feature=+crt-static");
    succeed(cargo.args([
        "build",
        "--quiet",
        "--locked",
        "--package",
        "plimsoll",
        "--target",
        TARGET,
        "--profile",
        profile,
    ]))?;
    Ok(workspace::root().join("target").join(TARGET).join(profile).join("plimsoll"))
}

/// Runs `binary` in a chroot that holds nothing else, not even `/proc`, and prints that it does.
pub(crate) fn prove(binary: &Path) -> Result<(), Box<dyn Error>> {
    let chroot = workspace::cache("dist-chroot")?;
    fs::copy(binary, chroot.join("plimsoll"))?;
    let answer =
        |arguments: &[&str]| output(Command::new("chroot").arg(&chroot).arg("/plimsoll").args(arguments));
    let version = answer(&["--version"])?;
    let rules = answer(&["rules", "list"])?;
    // An empty root is an offline node about which nothing can be told: a report has to come of it all the same.
    let facts = answer(&["collect", "--root", "/"])?;
    fs::remove_dir_all(&chroot)?;
    if !version.starts_with("plimsoll ") || rules.lines().count() < 10 || !facts.contains("\"schema\"") {
        return Err(format!("the binary ran in an empty chroot, but said: {version}{rules}{facts}").into());
    }
    println!(
        "{} runs in a chroot with nothing else in it, {} rules included",
        version.trim(),
        rules.lines().count()
    );
    Ok(())
}
