//! bbolt databases, read without a lock.
