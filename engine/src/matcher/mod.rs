//! Matchers: what a value has to be like, decided for values that are known.
//!
//! Each file reads one notation. What a notation cannot express, such as a word where a number is
//! wanted, is no match and no error: rules look at files that anybody may have written.

pub mod cidr;
pub mod mode;
pub mod pattern;
pub mod quantity;
pub mod version;
