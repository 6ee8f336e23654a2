//! What puts a finding right: commands that can be copied as printed.

use std::io::{self, Write};

use plimsoll_engine::report::{Advice, AdvisedStep, StepAction};
use plimsoll_engine::rule::Effect;

use super::ink::Ink;
use super::wrap;
use crate::{shell, visible};

const MARGIN: &str = "       ";

pub(super) fn write(advice: &Advice, ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    let summary = format!("{}{}", visible(&advice.summary), cost(advice.effect));
    wrap::write("  fix  ", &summary, ink.width(), out)?;
    for step in &advice.steps {
        write_step(step, ink, out)?;
    }
    match &advice.verify {
        Some(command) => write_command(command, "  # to verify", ink, out),
        None => Ok(()),
    }
}

fn cost(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "",
        Effect::Reload => " (reloads a service)",
        Effect::Restart => " (restarts a service)",
        Effect::Reboot => " (needs a reboot)",
        Effect::Drain => " (drain the node first)",
    }
}

fn write_step(step: &AdvisedStep, ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    let doubt = if step.uncertain { "  # if this fits the node: it could not be told" } else { "" };
    match &step.action {
        StepAction::Run(command) => write_command(command, doubt, ink, out),
        StepAction::Write { file, content, mode } => {
            write_command(&shell::write_command(file, content, mode), doubt, ink, out)
        }
        StepAction::Edit { file, format, set } => {
            writeln!(out, "{MARGIN}in {}, set:{doubt}", visible(file))?;
            for line in shell::edited_lines(*format, set) {
                writeln!(out, "{MARGIN}  {}", ink.command(&visible(&line)))?;
            }
            Ok(())
        }
    }
}

/// A command is never wrapped and never prefixed within its lines, so that it can be copied whole.
fn write_command(command: &str, comment: &str, ink: &Ink, out: &mut dyn Write) -> io::Result<()> {
    let last = command.lines().count().saturating_sub(1);
    for (index, line) in command.lines().enumerate() {
        let comment = if index == last { ink.dim(comment) } else { String::new() };
        writeln!(out, "{MARGIN}{}{comment}", ink.command(&visible(line)))?;
    }
    Ok(())
}
