//! Which facts a query may select: the query run over types instead of values.

use super::fault::{Fault, PathError, Reason, render};
use super::{Fact, Kind};
use crate::jsonpath::{Filter, Operand, Path, Query, Regexp, Segment, Selector};
use crate::snapshot::{Location, Step};

/// What may be below a fact of which nothing is known, and the fact itself.
static ANY: Fact = Fact { kind: Kind::Any, nullable: true, meaning: String::new(), unit: None, source: None };

/// The single types of some facts, alternatives one by one.
pub fn kinds<'c>(facts: &[&'c Fact]) -> Vec<&'c Kind> {
    let mut kinds = Vec::new();
    facts.iter().for_each(|fact| alternatives(&fact.kind, &mut kinds));
    kinds
}

/// The single types that a type stands for.
pub(super) fn kinds_of(kind: &Kind) -> Vec<&Kind> {
    let mut kinds = Vec::new();
    alternatives(kind, &mut kinds);
    kinds
}

fn alternatives<'c>(kind: &'c Kind, into: &mut Vec<&'c Kind>) {
    match kind {
        Kind::Either(kinds) => kinds.iter().for_each(|kind| alternatives(kind, into)),
        kind if into.contains(&kind) => {}
        kind => into.push(kind),
    }
}

/// The facts that a query may select.
///
/// # Errors
/// When it can select none.
pub(super) fn resolve<'c>(
    root: &'c Fact,
    query: &Query,
    elements: &[&'c Fact],
) -> Result<Vec<&'c Fact>, PathError> {
    let start = if query.is_relative() { elements.to_vec() } else { vec![root] };
    Resolver { root }.path(query.segments(), start).map_err(|fault| fault.in_query(query.text()))
}

/// The facts at a place.
///
/// # Errors
/// When there can be none there.
pub(super) fn at<'c>(root: &'c Fact, location: &Location) -> Result<Vec<&'c Fact>, PathError> {
    let segments = segments_of(location);
    let facts = Resolver { root }.path(&segments, vec![root]);
    facts.map_err(|fault| {
        let upto = |count: usize| render('$', &segments[..count]);
        fault.named(&upto(fault.segment), &upto(fault.segment + 1), 0..0)
    })
}

/// A place in short notation, `$.mounts[0].target`, for messages.
pub(super) fn short(location: &Location) -> String {
    render('$', &segments_of(location))
}

fn segments_of(location: &Location) -> Vec<Segment> {
    let selector = |step: &Step| match step {
        Step::Name(name) => Selector::Name(name.clone()),
        Step::Index(index) => Selector::Index(i64::try_from(*index).unwrap_or(i64::MAX)),
    };
    location.0.iter().map(|step| Segment::Child(vec![selector(step)])).collect()
}

struct Resolver<'c> {
    root: &'c Fact,
}

impl<'c> Resolver<'c> {
    fn path(&self, segments: &[Segment], start: Vec<&'c Fact>) -> Result<Vec<&'c Fact>, Box<Fault>> {
        let mut facts = start;
        for (index, segment) in segments.iter().enumerate() {
            facts = self.segment(segment, &facts).map_err(|fault| fault.at(index))?;
        }
        Ok(facts)
    }

    fn segment(&self, segment: &Segment, facts: &[&'c Fact]) -> Result<Vec<&'c Fact>, Box<Fault>> {
        match segment {
            Segment::Child(selectors) => self.children(selectors, facts),
            Segment::Descendant(selectors) => {
                let mut below = Vec::new();
                for fact in facts {
                    with_descendants(fact, &mut below)?;
                }
                self.children(selectors, &below).map_err(|fault| match fault.reason {
                    Reason::Keyed => fault,
                    _ => fault.because(Reason::Nowhere),
                })
            }
        }
    }

    fn children(&self, selectors: &[Selector], facts: &[&'c Fact]) -> Result<Vec<&'c Fact>, Box<Fault>> {
        let mut selected = Vec::new();
        for selector in selectors {
            let mut found = Vec::new();
            let mut first_fault = None;
            for kind in kinds(facts) {
                match self.select(selector, kind) {
                    Ok(children) => found.extend(children),
                    Err(fault) => first_fault = first_fault.or(Some(fault)),
                }
            }
            match first_fault {
                Some(fault) if found.is_empty() || matches!(fault.reason, Reason::Keyed) => {
                    return Err(fault);
                }
                _ => selected.extend(found),
            }
        }
        selected.sort_by_key(|fact| std::ptr::from_ref::<Fact>(fact) as usize);
        selected.dedup_by(|a, b| std::ptr::eq(*a, *b));
        Ok(selected)
    }

    fn select(&self, selector: &Selector, kind: &'c Kind) -> Result<Vec<&'c Fact>, Box<Fault>> {
        match selector {
            Selector::Name(name) => member(kind, name).map(|fact| vec![fact]),
            Selector::Wildcard => all_children(kind),
            Selector::Index(_) | Selector::Slice(_) => match kind {
                Kind::List(element) => Ok(vec![&**element]),
                Kind::Any => Ok(vec![&ANY]),
                kind => Err(Fault::new(Reason::NoList(kind.with_article()))),
            },
            Selector::Filter(filter) => {
                let children = all_children(kind)?;
                self.filter(filter, &children)?;
                Ok(children)
            }
        }
    }

    /// Checks the queries inside a filter.
    fn filter(&self, filter: &Filter, current: &[&'c Fact]) -> Result<(), Box<Fault>> {
        match filter {
            Filter::Or(parts) | Filter::And(parts) => {
                parts.iter().try_for_each(|part| self.filter(part, current))
            }
            Filter::Not(part) => self.filter(part, current),
            Filter::Exists(path) => self.inner(path, current).map(drop),
            Filter::Compare(left, _, right) => {
                let (left_facts, right_facts) = (self.operand(left, current)?, self.operand(right, current)?);
                expect_possible(left, right_facts)?;
                expect_possible(right, left_facts)
            }
            Filter::Matches(operand, regexp) => {
                self.operand(operand, current)?;
                match regexp {
                    Regexp::Literal(_) => Ok(()),
                    Regexp::Computed(operand, _) => self.operand(operand, current).map(drop),
                }
            }
        }
    }

    /// Checks the queries in an operand; of a query that is all of it, what it may select, and its text.
    fn operand(&self, operand: &Operand, current: &[&'c Fact]) -> Result<Option<Compared<'c>>, Box<Fault>> {
        match operand {
            Operand::Literal(_) => Ok(None),
            Operand::Path(path) => {
                let facts = self.inner(path, current)?;
                Ok(Some(Compared { shown: render(sign(path), path.segments()), facts }))
            }
            Operand::Count(path) | Operand::Value(path) => self.inner(path, current).map(|_| None),
            Operand::Length(operand) => self.operand(operand, current).map(|_| None),
        }
    }

    /// A query inside a filter, of which only names can be shown: it has no text of its own.
    fn inner(&self, path: &Path, current: &[&'c Fact]) -> Result<Vec<&'c Fact>, Box<Fault>> {
        let start = match path {
            Path::Root(_) => vec![self.root],
            Path::Current(_) => current.to_vec(),
        };
        self.path(path.segments(), start).map_err(|fault| {
            let upto = |count: usize| render(sign(path), &path.segments()[..count]);
            let here = (upto(fault.segment), upto(fault.segment + 1));
            fault.inside(here.0, here.1)
        })
    }
}

/// What a query on one side of a comparison may select.
struct Compared<'c> {
    shown: String,
    facts: Vec<&'c Fact>,
}

/// That a literal is a value that the other side of a comparison may have.
fn expect_possible(literal: &Operand, other: Option<Compared<'_>>) -> Result<(), Box<Fault>> {
    let (Operand::Literal(value), Some(Compared { shown, facts })) = (literal, other) else { return Ok(()) };
    let kinds = kinds(&facts);
    if kinds.iter().any(|kind| kind.admits(value)) {
        return Ok(());
    }
    let words =
        kinds.iter().filter_map(|kind| if let Kind::String(words) = kind { Some(words) } else { None });
    let reason = Reason::Impossible(value.to_string(), words.flatten().cloned().collect());
    let word = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Err(Fault::new(reason).of(&word).inside(shown.clone(), shown))
}

fn sign(path: &Path) -> char {
    match path {
        Path::Root(_) => '$',
        Path::Current(_) => '@',
    }
}

/// The fact under a name.
fn member<'c>(kind: &'c Kind, name: &str) -> Result<&'c Fact, Box<Fault>> {
    let fault = |reason| Fault::new(reason).of(name);
    match kind {
        Kind::Object(members) => {
            members.get(name).ok_or_else(|| fault(Reason::NoMember(members.keys().cloned().collect())))
        }
        Kind::Map { value, .. } => Ok(value),
        Kind::Any => Ok(&ANY),
        Kind::List(_) => Err(fault(Reason::List)),
        kind => Err(fault(Reason::Leaf(kind.with_article()))),
    }
}

/// What is directly inside.
fn all_children(kind: &Kind) -> Result<Vec<&Fact>, Box<Fault>> {
    match kind {
        Kind::Object(members) => Ok(members.values().collect()),
        Kind::Map { keyed: true, .. } => Err(Fault::new(Reason::Keyed)),
        Kind::Map { value, .. } => Ok(vec![&**value]),
        Kind::List(element) => Ok(vec![&**element]),
        Kind::Any => Ok(vec![&ANY]),
        kind => Err(Fault::new(Reason::Leaf(kind.with_article()))),
    }
}

/// The fact and all that is inside; recursion is as deep as the schema.
fn with_descendants<'c>(fact: &'c Fact, into: &mut Vec<&'c Fact>) -> Result<(), Box<Fault>> {
    into.push(fact);
    if matches!(fact.kind, Kind::Any) {
        return Ok(());
    }
    for kind in kinds(&[fact]) {
        match all_children(kind) {
            Ok(children) => {
                for child in children {
                    with_descendants(child, into)?;
                }
            }
            Err(fault) if matches!(fault.reason, Reason::Keyed) => return Err(fault),
            Err(_) => {}
        }
    }
    Ok(())
}
