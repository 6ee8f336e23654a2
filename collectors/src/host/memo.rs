//! What several collectors read, read once.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::Host;

/// What was read already, by the type that holds it.
#[derive(Default)]
pub(super) struct Memo(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Host {
    /// What `read` reads, read by whoever asks first and shared with everybody who asks later. A type stands
    /// for one thing to read. A `Host` lives for one scan, so all collectors see the node at one moment, and
    /// what costs much is paid once.
    ///
    /// Others who want the same wait meanwhile; nobody else does. Should `read` panic, nothing was read, and
    /// the next one tries again.
    pub(crate) fn once<T: Any + Send + Sync>(&self, read: impl FnOnce() -> T) -> Arc<T> {
        Arc::clone(self.memo.slot::<T>().get_or_init(|| Arc::new(read())))
    }
}

impl Memo {
    fn slot<T: Any + Send + Sync>(&self) -> Arc<OnceLock<Arc<T>>> {
        // Nothing that can panic runs while the map is locked.
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(OnceLock::<Arc<T>>::new()));
        // A slot holds the type that it is the slot of.
        Arc::clone(slot).downcast().unwrap_or_default()
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    struct Number(u32);

    struct Word(String);

    #[test]
    fn a_type_is_read_once_and_others_are_read_meanwhile() {
        let host = Host::live().unwrap();
        let first = host.once(|| Number(host.once(|| Word("seven".to_owned())).0.len().try_into().unwrap()));
        assert_eq!(first.0, 5);
        assert_eq!(host.once(|| Number(9)).0, 5);
        assert_eq!(host.once(|| Word(String::new())).0, "seven");
        assert_eq!(Host::live().unwrap().once(|| Number(9)).0, 9);
    }

    #[test]
    fn a_panic_leaves_it_to_the_next() {
        let host = Host::live().unwrap();
        let panics = || host.once(|| -> Number { panic!("on purpose") });
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(host.once(|| Number(7)).0, 7);
    }

    #[test]
    fn who_asks_together_gets_the_same() {
        let host = Host::live().unwrap();
        let ask = || {
            host.once(|| {
                std::thread::sleep(std::time::Duration::from_millis(20));
                Number(1)
            })
        };
        let (a, b) = std::thread::scope(|scope| {
            let other = scope.spawn(ask);
            (ask(), other.join().unwrap())
        });
        assert!(Arc::ptr_eq(&a, &b));
    }
}
