//! A rule, and how it came to its outcome on a node: its conditions as a tree, with the values that
//! they saw, where those were read, and what each part came to.

use std::io::{self, Write};

use plimsoll_engine::evaluate::{
    ExplainedCheck, ExplainedElement, ExplainedFact, ExplainedLeaf, ExplainedValue, Explanation, Part,
    Verdict,
};
use plimsoll_engine::outcome::Outcome;
use plimsoll_engine::rule::{Reference, Rule};
use plimsoll_engine::snapshot::{Gap, Layer, Origin};

use super::{evidence, finding, ink::Ink, wrap};
use crate::{Presentation, visible};

/// The explanation as text for people.
pub fn explanation(rule: &Rule, explained: &Explanation<'_>, presentation: &Presentation) -> String {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = Page { ink: Ink::new(*presentation), out: &mut text }.write(rule, explained);
    String::from_utf8_lossy(&text).into_owned()
}

struct Page<'o> {
    ink: Ink,
    out: &'o mut Vec<u8>,
}

impl Page<'_> {
    fn write(&mut self, rule: &Rule, explained: &Explanation<'_>) -> io::Result<()> {
        let about = format!("{}, pack {}, tags {}", rule.severity, rule.pack, rule.tags.join(" "));
        writeln!(self.out, "{}  {}", self.ink.bold(&rule.id), visible(&rule.title))?;
        writeln!(self.out, "  {}", self.ink.dim(&visible(&about)))?;
        wrap::write("  why  ", &rule.rationale, self.ink.width(), self.out)?;
        for reference in &rule.references {
            match reference {
                Reference::Page { title, url } => {
                    writeln!(self.out, "  see  {}: {}", visible(title), visible(url))?
                }
                Reference::Control { benchmark, control } => {
                    writeln!(self.out, "  see  {} {}", visible(benchmark), visible(control))?
                }
            }
        }
        if let Some(applies) = &explained.applies {
            writeln!(self.out, "\n{}", self.ink.bold("Does it apply?"))?;
            self.part(applies, 1)?;
        }
        if let Some(check) = &explained.check {
            writeln!(self.out, "\n{}", self.ink.bold("What has to hold"))?;
            self.check(check)?;
        }
        writeln!(self.out, "\n{}", self.ink.bold(&format!("Outcome: {}", explained.outcome)))?;
        let told = |outcome| !matches!(outcome, Outcome::Pass | Outcome::NotApplicable);
        let findings: Vec<_> = explained.findings.iter().filter(|f| told(f.outcome)).collect();
        for group in findings.chunk_by(|a, b| a.outcome == b.outcome) {
            finding::write_group(group, &self.ink, self.out)?;
        }
        Ok(())
    }

    fn check(&mut self, check: &ExplainedCheck<'_>) -> io::Result<()> {
        match check {
            ExplainedCheck::Holds(condition) => self.part(condition, 1),
            ExplainedCheck::Each { noun, elements, gaps } => {
                for element in elements {
                    self.element(noun, element)?;
                }
                if elements.is_empty() {
                    self.line(1, &format!("there is no {noun}"))?;
                }
                self.gaps(gaps, 1)
            }
            ExplainedCheck::Manual(facts) => facts.iter().try_for_each(|fact| self.fact(fact)),
        }
    }

    fn element(&mut self, noun: &str, element: &ExplainedElement<'_>) -> io::Result<()> {
        let mark = element.verdict.map_or("-", |verdict| self.mark(verdict));
        let concern = if element.verdict.is_none() { ": not concerned" } else { "" };
        self.line(1, &format!("{mark} {noun} {}{concern}", visible(&element.name)))?;
        element.filter.iter().try_for_each(|filter| self.part(filter, 2))?;
        element.that.iter().try_for_each(|that| self.part(that, 2))
    }

    fn part(&mut self, part: &Part<'_>, depth: usize) -> io::Result<()> {
        let (words, verdict, parts) = match part {
            Part::All { verdict, parts } => ("all of", verdict, parts.as_slice()),
            Part::Any { verdict, parts } => ("any of", verdict, parts.as_slice()),
            Part::Not { verdict, part } => ("not", verdict, std::slice::from_ref(&**part)),
            Part::Leaf(leaf) => return self.leaf(leaf, depth),
        };
        self.line(depth, &format!("{} {words}", self.mark(*verdict)))?;
        parts.iter().try_for_each(|inner| self.part(inner, depth + 1))
    }

    fn leaf(&mut self, leaf: &ExplainedLeaf<'_>, depth: usize) -> io::Result<()> {
        self.line(depth, &format!("{} {} {}", self.mark(leaf.verdict), leaf.about, visible(&leaf.expected)))?;
        if leaf.values.is_empty() && leaf.gaps.is_empty() {
            self.line(depth + 2, "absent")?;
        }
        leaf.values.iter().try_for_each(|value| self.value(value, depth + 2))?;
        self.gaps(&leaf.gaps, depth + 2)
    }

    fn fact(&mut self, fact: &ExplainedFact<'_>) -> io::Result<()> {
        self.line(1, fact.about)?;
        fact.values.iter().try_for_each(|value| self.value(value, 3))?;
        self.gaps(&fact.gaps, 3)
    }

    fn value(&mut self, value: &ExplainedValue<'_>, depth: usize) -> io::Result<()> {
        let shown = evidence::shown(value.value);
        let place = value
            .path
            .as_deref()
            .map(|path| format!("{} = ", evidence::short_path(path)))
            .unwrap_or_default();
        let source = match value.origin {
            _ if value.is_default => " (by default)".to_owned(),
            Some(origin) => source(origin),
            None => String::new(),
        };
        self.line(depth, &format!("{place}{shown}{}", self.ink.dim(&source)))
    }

    fn gaps(&mut self, gaps: &[Gap], depth: usize) -> io::Result<()> {
        gaps.iter().try_for_each(|gap| self.line(depth, &format!("? {}", evidence::gap(gap))))
    }

    fn mark(&self, verdict: Verdict) -> &'static str {
        let strokes = self.ink.strokes();
        match verdict {
            Verdict::True => strokes.holds,
            Verdict::False => strokes.fails,
            Verdict::Unknown => "?",
        }
    }

    fn line(&mut self, depth: usize, text: &str) -> io::Result<()> {
        writeln!(self.out, "{:indent$}{text}", "", indent = 2 * depth)
    }
}

fn source(origin: &Origin) -> String {
    let place = match (&origin.file, origin.line) {
        (Some(file), Some(line)) => format!("{}:{line}", visible(file)),
        (Some(file), None) => visible(file).into_owned(),
        (None, _) => String::new(),
    };
    match (origin.layer, place.is_empty()) {
        (Layer::Default, _) => " (the program's default)".to_owned(),
        (_, false) => format!(" from {place}"),
        (_, true) => String::new(),
    }
}
