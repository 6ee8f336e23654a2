//! `plimsoll explain`: a rule, and how it came to its outcome on this node.

use clap::Args;
use plimsoll_engine::evaluate::{Explanation, Scene, explain};
use plimsoll_engine::rule::Rule;
use plimsoll_reports::{Presentation, explanation};

use crate::cli::{ListFormat, RuleArgs, TargetArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::rulebook::Rulebook;
use crate::terminal::{self, Colour};

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The rule's id
    rule: String,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    target: TargetArgs,
    /// The notation of the explanation
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

impl Explain {
    pub(crate) fn run(&self, colour: Colour) -> Result<Exit, Failure> {
        let rulebook = Rulebook::load(&self.rules.directories)?;
        let rule = rulebook.rule(&self.rule)?;
        let parameters = rulebook.select(&self.rules)?.parameters;
        let snapshot = self.target.snapshot(rule.demand())?;
        let scene = Scene::new(&snapshot, &parameters);
        let text = self.render(rule, &explain(rule, &scene), terminal::presentation(colour, true))?;
        files::write(None, text.as_bytes())?;
        Ok(Exit::Success)
    }

    fn render(
        &self,
        rule: &Rule,
        explained: &Explanation<'_>,
        presentation: Presentation,
    ) -> Result<String, Failure> {
        match self.format {
            ListFormat::Text => Ok(explanation(rule, explained, &presentation)),
            ListFormat::Json => {
                let json = serde_json::to_string_pretty(explained).map_err(std::io::Error::other)?;
                Ok(json + "\n")
            }
        }
    }
}
