//! Several objects of a store at once: layers, their records, blobs.

use std::sync::OnceLock;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::scan::THREAD_PREFIX;

/// How many are read at once at least, however few cores there are: they wait for the disk most of the time.
const LEAST: usize = 8;

/// How many are read at once at most: more do not make a disk faster.
const MOST: usize = 64;

/// Looks at each of `items`, several at once. The answers are in the order of the items.
pub(in crate::storage) fn each<T: Sync, R: Send>(
    items: &[T],
    look: impl Fn(&T) -> R + Send + Sync,
) -> Vec<R> {
    match pool() {
        Some(pool) if items.len() > 1 => {
            // One item after the other, however many there are: they differ in size.
            pool.install(|| items.par_iter().with_max_len(1).map(look).collect())
        }
        _ => items.iter().map(look).collect(),
    }
}

/// The threads, made when first needed; none if the system gives none.
fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let build = || {
        let threads = std::thread::available_parallelism().map_or(LEAST, usize::from).clamp(LEAST, MOST);
        let name = |number| format!("{THREAD_PREFIX}store-{number}");
        ThreadPoolBuilder::new().num_threads(threads).thread_name(name).build().ok()
    };
    POOL.get_or_init(build).as_ref()
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn answers_are_in_the_order_of_the_items() {
        let numbers: Vec<u64> = (0..1000).collect();
        assert_eq!(each(&numbers, |number| number * 2), (0..2000).step_by(2).collect::<Vec<_>>());
        assert_eq!(each(&[0_u8; 0], |number| *number), [0_u8; 0]);
    }
}
