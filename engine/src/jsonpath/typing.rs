//! Function calls and the types of their arguments (RFC 9535, section 2.4.3).

use std::ops::Range;

use jsonpath_rust::parser::model::{FnArg, Test, TestFunction};
use serde_json::Value;

use super::ast::{Filter, Operand, Path, Regexp, Scope};
use super::compile::Compiler;
use super::error::ParseError;
use super::iregexp::Pattern;

/// A call, by the type of its result, and where it is.
pub(super) enum Function {
    /// One value or nothing (ValueType).
    Value(Operand, Range<usize>),
    /// True or false (LogicalType).
    Test(Filter, Range<usize>),
}

impl Compiler<'_> {
    /// Compiles a call.
    ///
    /// # Errors
    /// When an argument is not of the type that the function takes, or a literal regex is none.
    pub(super) fn function(&mut self, function: TestFunction) -> Result<Function, ParseError> {
        let span = self.next_call();
        Ok(match function {
            TestFunction::Length(argument) => {
                Function::Value(Operand::Length(Box::new(self.value_argument(*argument, &span)?)), span)
            }
            TestFunction::Count(argument) => {
                Function::Value(Operand::Count(self.query_argument(argument, &span)?), span)
            }
            TestFunction::Value(argument) => {
                Function::Value(Operand::Value(self.query_argument(argument, &span)?), span)
            }
            TestFunction::Match(subject, regexp) => {
                Function::Test(self.matches(subject, regexp, Scope::Whole, &span)?, span)
            }
            TestFunction::Search(subject, regexp) => {
                Function::Test(self.matches(subject, regexp, Scope::Part, &span)?, span)
            }
            TestFunction::Custom(name, _) => {
                return Err(ParseError::new(format!("RFC 9535 has no function `{name}`"), span));
            }
        })
    }

    /// Compiles a call that stands where a value is needed.
    ///
    /// # Errors
    /// As [`Compiler::function`], and when its result is no value.
    pub(super) fn function_value(&mut self, function: TestFunction) -> Result<Operand, ParseError> {
        match self.function(function)? {
            Function::Value(operand, _) => Ok(operand),
            Function::Test(_, span) => {
                let message = format!("`{}` is true or false and no value", self.name_of(&span));
                Err(ParseError::new(message, span))
            }
        }
    }

    /// The name in front of a call's parenthesis.
    pub(super) fn name_of(&self, call: &Range<usize>) -> &str {
        let call = self.text.get(call.clone()).unwrap_or_default();
        call.split('(').next().unwrap_or_default()
    }

    /// An argument that is one value (ValueType): a literal, a singular query or a call that yields one.
    fn value_argument(&mut self, argument: FnArg, call: &Range<usize>) -> Result<Operand, ParseError> {
        let path = match argument {
            FnArg::Literal(literal) => return Ok(Operand::Literal(self.literal(literal)?)),
            FnArg::Filter(_) => return Err(self.ill_typed(call, "takes a value, not a condition")),
            FnArg::Test(test) => match *test {
                Test::Function(function) => return self.function_value(*function),
                Test::RelQuery(segments) => Path::Current(self.segments(segments)?),
                Test::AbsQuery(query) => Path::Root(self.segments(query.segments)?),
            },
        };
        if path.is_singular() {
            return Ok(Operand::Path(path));
        }
        Err(self
            .ill_typed(call, "takes one value, and this query may select several")
            .with_help("use names and indices only, or wrap the query in `value(…)`"))
    }

    /// An argument that is a query (NodesType).
    fn query_argument(&mut self, argument: FnArg, call: &Range<usize>) -> Result<Path, ParseError> {
        if let FnArg::Test(test) = argument {
            match *test {
                Test::RelQuery(segments) => return Ok(Path::Current(self.segments(segments)?)),
                Test::AbsQuery(query) => return Ok(Path::Root(self.segments(query.segments)?)),
                Test::Function(_) => {}
            }
        }
        Err(self.ill_typed(call, "takes a query, such as `@.name[*]`"))
    }

    fn matches(
        &mut self,
        subject: FnArg,
        regexp: FnArg,
        scope: Scope,
        call: &Range<usize>,
    ) -> Result<Filter, ParseError> {
        let subject = self.value_argument(subject, call)?;
        let regexp = match self.value_argument(regexp, call)? {
            Operand::Literal(Value::String(text)) => {
                Regexp::Literal(Pattern::new(&text, scope).map_err(|fault| self.bad_regex(&fault, call))?)
            }
            computed => Regexp::Computed(computed, scope),
        };
        Ok(Filter::Matches(subject, regexp))
    }

    /// The regex is the last string in the call.
    fn bad_regex(&self, fault: &str, call: &Range<usize>) -> ParseError {
        let last = self.strings.iter().rfind(|string| string.end <= call.end);
        ParseError::new(format!("bad regex: {fault}"), last.unwrap_or(call).clone())
    }

    fn ill_typed(&self, call: &Range<usize>, wanted: &str) -> ParseError {
        ParseError::new(format!("`{}` {wanted}", self.name_of(call)), call.clone())
    }
}
