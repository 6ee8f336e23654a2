//! What each container costs, with 10, 100 and 300 real ones: `cargo bench --bench containers`, as root, with dockerd
//! installed. `docs/performance.md` says what was measured.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    dead_code,
    reason = "the benchmark starts the engine of the tests, runs the binary and prints what it measured"
)]

#[path = "../tests/support/dockerd.rs"]
mod dockerd;
#[path = "../tests/containers/engines.rs"]
mod engines;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use engines::Dockerd;

/// How many containers run when it is measured.
const COUNTS: [usize; 4] = [0, 10, 100, 300];

/// What is measured: the containers alone, and whole scans.
const COMMANDS: [&[&str]; 3] = [&["query", "$.containers"], &["check"], &["top", "memory"]];

/// Runs of each command, of which the median counts.
const RUNS: usize = 21;

fn main() {
    let docker = Dockerd::start();
    println!(
        "{:>10}  {:<22}{:>10}{:>14}{:>12}",
        "containers", "command", "median", "per container", "peak memory"
    );
    let mut none = [Duration::ZERO; COMMANDS.len()];
    for count in COUNTS {
        while docker.ids().len() < count {
            docker.run(&format!("sleeper-{}", docker.ids().len()), &["--memory=64m"], &["sleep", "99999"]);
        }
        for (arguments, none) in COMMANDS.iter().zip(&mut none) {
            let median = median(arguments);
            if count == 0 {
                *none = median;
            }
            let each = median.saturating_sub(*none).as_secs_f64() * 1e6 / count.max(1) as f64;
            println!(
                "{count:>10}  {:<22}{:>7.1} ms{each:>11.0} µs{:>8} KiB",
                arguments.join(" "),
                median.as_secs_f64() * 1e3,
                peak_memory(arguments),
            );
        }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn median(arguments: &[&str]) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            command(arguments).status().unwrap();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[RUNS / 2]
}

/// The largest resident set of one run, in KiB: `VmHWM` as GNU time tells it.
fn peak_memory(arguments: &[&str]) -> String {
    let output = Command::new("time")
        .args(["--format=%M", "--quiet", env!("CARGO_BIN_EXE_plimsoll")])
        .args(arguments)
        .stdout(Stdio::null())
        .output();
    output.map_or_else(
        |_| "?".to_owned(),
        |output| String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("?").to_owned(),
    )
}
