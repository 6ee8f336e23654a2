//! From the parser's tree to ours, once for each query.

use std::slice;

use jsonpath_rust::parser::model;
use serde_json::{Number, Value};

use super::ast::{Comparator, Filter, Operand, Path, Segment, Selector, Slice};
use super::error::ParseError;
use super::scan::{Call, Scan};
use super::typing::Function;

/// Compiles the segments of a query, and checks that it is well-typed and that its regexes are regexes.
///
/// # Errors
/// When it is not or they are not.
pub(super) fn compile(text: &str, scan: &Scan, query: model::JpQuery) -> Result<Vec<Segment>, ParseError> {
    Compiler { text, strings: &scan.strings, calls: scan.calls.iter() }.segments(query.segments)
}

/// Goes through the tree in the order of the text.
pub(super) struct Compiler<'t> {
    pub(super) text: &'t str,
    pub(super) strings: &'t [std::ops::Range<usize>],
    /// The calls still to come: the parser's tree has no positions.
    calls: slice::Iter<'t, Call>,
}

impl<'t> Compiler<'t> {
    /// The next function call in the text.
    pub(super) fn next_call(&mut self) -> std::ops::Range<usize> {
        self.calls.next().map_or(0..self.text.len(), |call| call.span.clone())
    }

    pub(super) fn segments(&mut self, segments: Vec<model::Segment>) -> Result<Vec<Segment>, ParseError> {
        segments.into_iter().map(|segment| self.segment(segment)).collect()
    }

    fn segment(&mut self, segment: model::Segment) -> Result<Segment, ParseError> {
        Ok(match segment {
            model::Segment::Descendant(segment) => match self.segment(*segment)? {
                Segment::Child(selectors) | Segment::Descendant(selectors) => Segment::Descendant(selectors),
            },
            model::Segment::Selector(selector) => Segment::Child(vec![self.selector(selector)?]),
            model::Segment::Selectors(selectors) => {
                let selectors = selectors.into_iter().map(|selector| self.selector(selector));
                Segment::Child(selectors.collect::<Result<_, _>>()?)
            }
        })
    }

    fn selector(&mut self, selector: model::Selector) -> Result<Selector, ParseError> {
        Ok(match selector {
            model::Selector::Name(name) => Selector::Name(name),
            model::Selector::Wildcard => Selector::Wildcard,
            model::Selector::Index(index) => Selector::Index(index),
            model::Selector::Slice(start, end, step) => {
                Selector::Slice(Slice { start, end, step: step.unwrap_or(1) })
            }
            model::Selector::Filter(filter) => Selector::Filter(self.filter(filter)?),
        })
    }

    fn filter(&mut self, filter: model::Filter) -> Result<Filter, ParseError> {
        Ok(match filter {
            model::Filter::Or(filters) => Filter::Or(self.filters(filters)?),
            model::Filter::And(filters) => Filter::And(self.filters(filters)?),
            model::Filter::Atom(model::FilterAtom::Filter { expr, not }) => negate(not, self.filter(*expr)?),
            model::Filter::Atom(model::FilterAtom::Test { expr, not }) => negate(not, self.test(*expr)?),
            model::Filter::Atom(model::FilterAtom::Comparison(comparison)) => self.comparison(*comparison)?,
        })
    }

    fn filters(&mut self, filters: Vec<model::Filter>) -> Result<Vec<Filter>, ParseError> {
        filters.into_iter().map(|filter| self.filter(filter)).collect()
    }

    fn test(&mut self, test: model::Test) -> Result<Filter, ParseError> {
        Ok(match test {
            model::Test::RelQuery(segments) => Filter::Exists(Path::Current(self.segments(segments)?)),
            model::Test::AbsQuery(query) => Filter::Exists(Path::Root(self.segments(query.segments)?)),
            model::Test::Function(function) => match self.function(*function)? {
                Function::Test(filter, _) => filter,
                Function::Value(_, span) => {
                    let name = self.name_of(&span);
                    return Err(ParseError::new(
                        format!("the result of `{name}` is not true or false"),
                        span,
                    )
                    .with_help(format!("compare it: `{name}(…) == 1`")));
                }
            },
        })
    }

    fn comparison(&mut self, comparison: model::Comparison) -> Result<Filter, ParseError> {
        let (left, comparator, right) = match comparison {
            model::Comparison::Eq(left, right) => (left, Comparator::Equal, right),
            model::Comparison::Ne(left, right) => (left, Comparator::NotEqual, right),
            model::Comparison::Lt(left, right) => (left, Comparator::Less, right),
            model::Comparison::Lte(left, right) => (left, Comparator::LessOrEqual, right),
            model::Comparison::Gt(left, right) => (left, Comparator::Greater, right),
            model::Comparison::Gte(left, right) => (left, Comparator::GreaterOrEqual, right),
        };
        let left = self.comparable(left)?;
        Ok(Filter::Compare(left, comparator, self.comparable(right)?))
    }

    fn comparable(&mut self, comparable: model::Comparable) -> Result<Operand, ParseError> {
        match comparable {
            model::Comparable::Literal(literal) => Ok(Operand::Literal(self.literal(literal)?)),
            model::Comparable::SingularQuery(query) => Ok(Operand::Path(singular(query))),
            model::Comparable::Function(function) => self.function_value(function),
        }
    }

    pub(super) fn literal(&self, literal: model::Literal) -> Result<Value, ParseError> {
        Ok(match literal {
            model::Literal::Int(integer) => Value::from(integer),
            model::Literal::Float(float) => match Number::from_f64(float) {
                Some(number) => Value::Number(number),
                None => {
                    let message = "a number is too large; 1.7976931348623157e308 is the limit";
                    return Err(ParseError::new(message, 0..self.text.len()));
                }
            },
            model::Literal::String(text) => Value::String(text),
            model::Literal::Bool(truth) => Value::Bool(truth),
            model::Literal::Null => Value::Null,
        })
    }
}

fn negate(not: bool, filter: Filter) -> Filter {
    if not { Filter::Not(Box::new(filter)) } else { filter }
}

fn singular(query: model::SingularQuery) -> Path {
    let compile = |segments: Vec<model::SingularQuerySegment>| {
        let selectors = segments.into_iter().map(|segment| match segment {
            model::SingularQuerySegment::Name(name) => Selector::Name(name),
            model::SingularQuerySegment::Index(index) => Selector::Index(index),
        });
        selectors.map(|selector| Segment::Child(vec![selector])).collect()
    };
    match query {
        model::SingularQuery::Root(segments) => Path::Root(compile(segments)),
        model::SingularQuery::Current(segments) => Path::Current(compile(segments)),
    }
}
