//! A store that is scanned while its engine works on it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a store is scanned at least, and for how long.
const SCANS: usize = 200;
const TIME: Duration = Duration::from_secs(120);

/// Does `work` again and again in another thread while `scan`, which is told how many counted before it, looks at
/// the store. Returns how many scans counted: those that `scan` says so of.
pub(crate) fn scan_during(work: impl Fn() + Send, mut scan: impl FnMut(usize) -> bool) -> usize {
    let is_over = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                work();
            }
        });
        let _end = End(is_over);
        let started = Instant::now();
        let mut scans = 0;
        while scans < SCANS || started.elapsed() < TIME {
            scans += usize::from(scan(scans));
        }
        scans
    })
}

/// Ends the other thread's work, also when this one panics, which would else wait for it for ever.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
