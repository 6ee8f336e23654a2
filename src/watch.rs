//! A long check, watched: how far it is on standard error, and an end when the user asks for one.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use plimsoll_collectors::depth::{Depth, Progress};
use plimsoll_reports::table::bytes;

use crate::terminal;

/// How often the line on standard error changes.
const TICK: Duration = Duration::from_millis(200);

/// What is shorter is shown no progress of.
const PATIENCE: Duration = Duration::from_secs(1);

/// A check that is being watched, until this goes away.
#[derive(Debug)]
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    line: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches a check of this depth. With the default depth there is nothing to see.
    pub(crate) fn over(progress: &Arc<Progress>, depth: Depth) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        if depth == Depth::Metadata {
            return Self { over, line: None };
        }
        end_on_interrupt(Arc::clone(progress));
        let line = io::stderr().is_terminal().then(|| {
            let (progress, over) = (Arc::clone(progress), Arc::clone(&over));
            std::thread::spawn(move || show(&progress, &over))
        });
        Self { over, line }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(line) = self.line.take() {
            // It ends within a tick; that it panicked would be no news to anybody.
            let _ = line.join();
        }
    }
}

/// The first interrupt ends the check, and what was not looked at is told; the second ends the program.
fn end_on_interrupt(progress: Arc<Progress>) {
    let handler = move || {
        if progress.is_stopped() {
            // 128 and the signal's number, as shells have it.
            quit(130);
        }
        progress.stop();
    };
    // Without a handler an interrupt ends the program at once, which is what it did before.
    let _ = ctrlc::set_handler(handler);
}

#[allow(clippy::exit, reason = "the user asked twice")]
fn quit(code: i32) -> ! {
    std::process::exit(code)
}

fn show(progress: &Progress, over: &AtomicBool) {
    let started = Instant::now();
    let mut shown = false;
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(TICK);
        if started.elapsed() >= PATIENCE {
            shown = true;
            let seconds = started.elapsed().as_secs();
            // There is nowhere to say that standard error is gone.
            let _ = write!(
                terminal::stderr(),
                "\r\u{1b}[K{} files, {} read, {seconds} s",
                progress.files(),
                bytes(progress.bytes())
            );
        }
    }
    if shown {
        let _ = write!(terminal::stderr(), "\r\u{1b}[K");
    }
}
