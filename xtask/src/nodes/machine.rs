//! A node that runs: QEMU's software emulation, which needs no rights and gives the same processor everywhere.

use std::error::Error;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::disk::{Disks, blank};
use super::results;
use super::scenario::Scenario;

/// How often a node may go off without results before that is an error: the unclean power-off does so once.
const BOOTS: usize = 2;

const DEADLINE: Duration = Duration::from_secs(1200);

/// The timer check fails now and then when the emulating machine is busy; nobody sits at the console to answer
/// the questions of a first boot.
const ARGUMENTS: &str = "console=ttyS0 root=LABEL=root rw quiet panic=-1 no_timer_check systemd.firstboot=off systemd.hostname=node";

/// Boots `disks` until the node has written its results and switched itself off, and returns the disk that it
/// wrote them to.
pub(crate) fn boot(scenario: &Scenario, disks: &Disks) -> Result<PathBuf, Box<dyn Error>> {
    let directory = scenario.run_directory()?;
    let results = directory.join("results.img");
    blank(&results, "64M")?;
    let mut drives = vec![("root".to_owned(), disks.root.clone()), ("results".to_owned(), results.clone())];
    drives.extend(disks.others.iter().cloned());
    for _ in 0..BOOTS {
        let console = directory.join("console.log");
        run(qemu(scenario, disks, &drives).stdin(Stdio::null()).stdout(File::create(&console)?))?;
        if results::are_on(&results)? {
            return Ok(results);
        }
    }
    let console = fs::read(directory.join("console.log"))?;
    let tail = String::from_utf8_lossy(&console[console.len().saturating_sub(800)..]).into_owned();
    Err(format!("the node wrote no results; its console ended with:\n{tail}").into())
}

fn qemu(scenario: &Scenario, disks: &Disks, drives: &[(String, PathBuf)]) -> Command {
    let mut qemu = Command::new("nice");
    qemu.args(["-n", "15", "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi"]);
    qemu.args(["-smp", "2", "-cpu", "max", "-m", "2048", "-nographic", "-no-reboot"]);
    qemu.args(["-nic", "user,restrict=on,model=virtio-net-pci"]);
    for (name, path) in drives {
        qemu.args(["-drive", &format!("file={},format=raw,if=none,id={name}", path.display())]);
        qemu.args(["-device", &format!("virtio-blk-pci,drive={name},serial={name}")]);
    }
    qemu.arg("-kernel").arg(&disks.kernel).arg("-initrd").arg(&disks.initrd);
    qemu.args(["-append", &format!("{ARGUMENTS} {}", scenario.arguments.join(" "))]);
    qemu
}

fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let mut machine = command.spawn().map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    let started = Instant::now();
    while machine.try_wait()?.is_none() {
        if started.elapsed() > DEADLINE {
            return stop(&mut machine);
        }
        sleep(Duration::from_millis(200));
    }
    Ok(())
}

fn stop(machine: &mut Child) -> Result<(), Box<dyn Error>> {
    machine.kill()?;
    machine.wait()?;
    Err(format!("the node did not switch itself off within {} s", DEADLINE.as_secs()).into())
}
