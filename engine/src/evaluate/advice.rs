//! A remediation with the node's values filled in.

use super::Verdict;
use super::condition::judge;
use super::moment::Moment;
use crate::report::{Advice, AdvisedStep, StepAction};
use crate::rule::{Action, Remediation, Step};
use crate::template::{Escape, Template, render};

/// The steps that are for this node, or may be.
pub(super) fn advise<'a>(remediation: &'a Remediation, moment: &Moment<'_, 'a>) -> Advice {
    let verify = remediation.verify.as_ref().map(|verify| render(verify, moment, Escape::Command));
    Advice {
        summary: render(&remediation.summary, moment, Escape::Message).text,
        effect: remediation.effect,
        steps: remediation.steps.iter().filter_map(|step| advise_step(step, moment)).collect(),
        // A command that asks about something else verifies nothing.
        verify: verify.filter(|verify| verify.exact).map(|verify| verify.text),
    }
}

fn advise_step<'a>(step: &'a Step, moment: &Moment<'_, 'a>) -> Option<AdvisedStep> {
    let concerned = step.when.as_ref().map_or(Verdict::True, |when| judge(when, moment.place).verdict());
    if concerned == Verdict::False {
        return None;
    }
    let mut exact = true;
    let mut fill = |template: &Template, escape| {
        let rendered = render(template, moment, escape);
        exact &= rendered.exact;
        rendered.text
    };
    let action = match &step.action {
        Action::Run(command) => StepAction::Run(fill(command, Escape::Command)),
        Action::Write { file, content, mode } => StepAction::Write {
            file: fill(file, Escape::File),
            content: fill(content, Escape::File),
            mode: mode.clone(),
        },
        Action::Edit { file, format, set } => {
            StepAction::Edit { file: fill(file, Escape::File), format: *format, set: set.clone() }
        }
    };
    Some(AdvisedStep { action, uncertain: concerned == Verdict::Unknown || !exact })
}
