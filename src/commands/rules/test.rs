//! `plimsoll rules test`: the tests that rules carry in their own files.

use std::fmt::Write as _;

use clap::Args;
use plimsoll_engine::evaluate;
use plimsoll_engine::glob::matches;

use super::{Files, lint};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;

#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    files: Files,
    /// Only the rules whose id matches; `*` stands for any characters
    #[arg(long, value_name = "GLOB", default_value = "*")]
    only: String,
}

impl Test {
    pub(crate) fn run(&self) -> Result<Exit, Failure> {
        let loaded = lint::load_strictly(&self.files)?;
        let mut defaults = plimsoll_rules::library().defaults();
        defaults.0.extend(loaded.library.defaults().0);
        let (mut passed, mut failed, mut text) = (0, 0, String::new());
        for rule in loaded.library.rules.iter().filter(|rule| matches(&self.only, &rule.id)) {
            for case in loaded.tests.get(&rule.id).into_iter().flatten() {
                match evaluate::test(rule, case, &defaults) {
                    Ok(()) => passed += 1,
                    Err(failure) => {
                        failed += 1;
                        // Writing to memory cannot fail.
                        let _ = writeln!(text, "{}: {}: {failure}", rule.id, case.name);
                    }
                }
            }
        }
        if passed + failed == 0 {
            let help = "`plimsoll rules list --all` lists the ids of the built-in rules";
            return Err(Failure::input_with_help(format!("\"{}\" matches no rule", self.only), help));
        }
        let _ = writeln!(text, "{passed} passed, {failed} failed");
        files::write(None, text.as_bytes())?;
        Ok(if failed == 0 { Exit::Success } else { Exit::Failed })
    }
}
