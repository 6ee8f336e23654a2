//! A bed of booted machines: what plimsoll says of a node is compared with what the node's own tools say.
//!
//! A scenario is a folder under `tests/nodes/`. Its tree of packages is made by mmdebstrap, its disk is booted
//! by QEMU's software emulation, a unit in it runs plimsoll and the tools, and what they say is compared here.

mod compare;
mod disk;
mod machine;
mod offline;
mod results;
mod saved;
mod scenario;
mod tree;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::succeed;
use crate::{dist, workspace};
use compare::Comparison;
use results::Results;
use scenario::Scenario;

/// Boots these scenarios, or all, and compares; with `keep`, their snapshots become the fixtures that
/// `cargo test` replays.
pub(crate) fn run(names: &[String], keep: bool, binary: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let scenarios = Scenario::load(names)?;
    let binary = binary.map_or_else(static_binary, Ok)?;
    let mut facts = 0;
    let mut wrong = Vec::new();
    let mut booted = Vec::new();
    for scenario in &scenarios {
        match look_at(scenario, &binary, keep) {
            Ok(comparison) => {
                facts += comparison.compared;
                booted.push(scenario.name.as_str());
                report(scenario, &comparison);
                if !comparison.unexplained().is_empty() {
                    wrong.push(scenario.name.as_str());
                }
            }
            Err(error) => {
                println!("{}: {error}", scenario.name);
                wrong.push(&scenario.name);
            }
        }
    }
    println!("{} of {} scenarios booted, {facts} facts compared", booted.len(), scenarios.len());
    if !booted.is_empty() {
        replay(&booted)?;
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("not as expected: {}", wrong.join(", ")).into()) }
}

/// A static binary, which is shown to need nothing but a kernel before a node gets it.
fn static_binary() -> Result<PathBuf, Box<dyn Error>> {
    let binary = dist::build("bed")?;
    dist::prove(&binary)?;
    Ok(binary)
}

fn look_at(scenario: &Scenario, binary: &Path, keep: bool) -> Result<Comparison, Box<dyn Error>> {
    let tree = tree::make(&scenario.tree)?;
    let disk = disk::make(scenario, &tree, binary)?;
    let results = Results::unpack(&machine::boot(scenario, &disk)?, &scenario.run_directory()?)?;
    let mut comparison = compare::all(&results, &scenario.disagreements);
    offline::compare(&disk, binary, &results, &mut comparison)?;
    let snapshot = scenario.run_directory()?.join("snapshot.json");
    fs::write(&snapshot, results.snapshot_text()?)?;
    saved::compare(&snapshot, binary, &results, &mut comparison)?;
    // The disk is made again from the kept tree, which takes seconds; a gigabyte each is too much to keep.
    fs::remove_file(&disk.root)?;
    if keep {
        fs::write(scenario.folder.join("snapshot.json"), results.snapshot_text()?)?;
    }
    Ok(comparison)
}

fn report(scenario: &Scenario, comparison: &Comparison) {
    println!("{}: {} facts compared", scenario.name, comparison.compared);
    for disagreement in comparison.unexplained() {
        println!("  {disagreement}");
    }
    for explanation in comparison.unused() {
        println!("  no longer a disagreement: {explanation}");
    }
}

/// Holds the scenarios' expectations against the snapshots that were just taken, by the test that replays
/// the kept ones.
fn replay(names: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace::root()).args(["test", "--quiet", "--locked", "--test", "nodes"]);
    cargo.env("PLIMSOLL_NODES_RUNS", workspace::cache("runs")?).env("PLIMSOLL_NODES_ONLY", names.join(","));
    succeed(&mut cargo)
}
