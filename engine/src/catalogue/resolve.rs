//! Which facts a query may select: the query run over types instead of values.

use super::fault::{Fault, PathError, Reason, render};
use super::{Fact, Kind};
use crate::jsonpath::{self, Filter, Query, Regexp, Segment, Selector};
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
    fn path(&self, segments: &[Segment], start: Vec<&'c Fact>) -> Result<Vec<&'c Fact>, Fault> {
        let mut facts = start;
        for (index, segment) in segments.iter().enumerate() {
            facts = self.segment(segment, &facts).map_err(|fault| Fault { segment: index, ..fault })?;
        }
        Ok(facts)
    }

    fn segment(&self, segment: &Segment, facts: &[&'c Fact]) -> Result<Vec<&'c Fact>, Fault> {
        match segment {
            Segment::Child(selectors) => self.children(selectors, facts),
            Segment::Descendant(selectors) => {
                let mut below = Vec::new();
                for fact in facts {
                    with_descendants(fact, &mut below)?;
                }
                self.children(selectors, &below).map_err(|fault| match fault.reason {
                    Reason::Keyed => fault,
                    _ => Fault { reason: Reason::Nowhere, ..fault },
                })
            }
        }
    }

    fn children(&self, selectors: &[Selector], facts: &[&'c Fact]) -> Result<Vec<&'c Fact>, Fault> {
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

    fn select(&self, selector: &Selector, kind: &'c Kind) -> Result<Vec<&'c Fact>, Fault> {
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
    fn filter(&self, filter: &Filter, current: &[&'c Fact]) -> Result<(), Fault> {
        match filter {
            Filter::Or(parts) | Filter::And(parts) => {
                parts.iter().try_for_each(|part| self.filter(part, current))
            }
            Filter::Not(part) => self.filter(part, current),
            Filter::Exists(path) => self.inner(path, current),
            Filter::Compare(left, _, right) => {
                self.operand(left, current)?;
                self.operand(right, current)
            }
            Filter::Matches(operand, regexp) => {
                self.operand(operand, current)?;
                match regexp {
                    Regexp::Literal(_) => Ok(()),
                    Regexp::Computed(operand, _) => self.operand(operand, current),
                }
            }
        }
    }

    fn operand(&self, operand: &jsonpath::Operand, current: &[&'c Fact]) -> Result<(), Fault> {
        match operand {
            jsonpath::Operand::Literal(_) => Ok(()),
            jsonpath::Operand::Path(path)
            | jsonpath::Operand::Count(path)
            | jsonpath::Operand::Value(path) => self.inner(path, current),
            jsonpath::Operand::Length(operand) => self.operand(operand, current),
        }
    }

    /// A query inside a filter, of which only names can be shown: it has no text of its own.
    fn inner(&self, path: &jsonpath::Path, current: &[&'c Fact]) -> Result<(), Fault> {
        let (sign, start) = match path {
            jsonpath::Path::Root(_) => ('$', vec![self.root]),
            jsonpath::Path::Current(_) => ('@', current.to_vec()),
        };
        self.path(path.segments(), start).map(drop).map_err(|fault| {
            let upto = |count: usize| render(sign, &path.segments()[..count]);
            let inside = fault.inside.or_else(|| Some((upto(fault.segment), upto(fault.segment + 1))));
            Fault { inside, ..fault }
        })
    }
}

/// The fact under a name.
fn member<'c>(kind: &'c Kind, name: &str) -> Result<&'c Fact, Fault> {
    let fault = |reason| Fault { word: Some(name.to_owned()), ..Fault::new(reason) };
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
fn all_children(kind: &Kind) -> Result<Vec<&Fact>, Fault> {
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
fn with_descendants<'c>(fact: &'c Fact, into: &mut Vec<&'c Fact>) -> Result<(), Fault> {
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
