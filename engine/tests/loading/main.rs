//! Loading as an author of rules meets it: a good rule loads, and every mistake is drawn where it is, with
//! the word that was meant.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

mod catalogue;
mod everything;
mod hostile;
mod keys;
mod matchers;
mod paths;
mod profiles;
mod sound;
mod syntax;
mod templates;
mod tested;
