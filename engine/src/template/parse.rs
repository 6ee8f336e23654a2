//! Reading a template's text.

use std::ops::Range;

use super::{Filter, Insert, Part, Source, Template};
use crate::jsonpath::{ParseError, Query};
use crate::suggest;

/// The names that templates give a meaning of their own; an element cannot be called by one.
pub const RESERVED: [&str; 4] = ["actual", "expected", "subject", "param"];

/// A template and the places of its inserts.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The template.
    pub template: Template,
    /// Where in the text each [`Part::Insert`] has its source, in order: the path or the name, without
    /// the braces and filters.
    pub sources: Vec<Range<usize>>,
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong, on one line.
    pub message: String,
    /// Where: a range of bytes of the text.
    pub span: Range<usize>,
    /// What to write instead.
    pub help: Option<String>,
}

/// Reads a template. `noun` is what `each … as:` calls an element, in rules that look at each of several;
/// `subject`, the noun and relative paths have a meaning only there.
///
/// Braces that are meant as such are written as a quoted insert: `{{ '{{.Driver}}' }}`.
///
/// # Errors
/// When an insert is not closed, or names no variable, path or filter.
pub fn parse(text: &str, noun: Option<&str>) -> Result<Parsed, TemplateError> {
    let mut parsed = Parsed { template: Template { parts: Vec::new() }, sources: Vec::new() };
    let mut rest = 0;
    while let Some(open) = text[rest..].find("{{").map(|at| rest + at) {
        parsed.text(&text[rest..open]);
        let inner = open + 2..closing_braces(text, open)?;
        rest = inner.end + 2;
        parsed.insert(&Expression { text, noun }, inner)?;
    }
    parsed.text(&text[rest..]);
    Ok(parsed)
}

impl Parsed {
    /// Adds literal text to the part before it, if that is text as well.
    fn text(&mut self, text: &str) {
        match self.template.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(before)) => before.push_str(text),
            _ => self.template.parts.push(Part::Text(text.to_owned())),
        }
    }

    fn insert(&mut self, expression: &Expression<'_>, inner: Range<usize>) -> Result<(), TemplateError> {
        let mut pieces = expression.split_at_bars(inner).into_iter();
        let source = pieces.next().unwrap_or_default();
        let filters = pieces.map(|piece| expression.filter(piece)).collect::<Result<Vec<_>, _>>()?;
        match expression.literal(&source) {
            Some(literal) if filters.is_empty() => self.text(literal),
            Some(_) => return Err(TemplateError::new("quoted text takes no filter", source)),
            None => {
                let insert = Insert { source: expression.source(source.clone())?, filters };
                self.template.parts.push(Part::Insert(insert));
                self.sources.push(source);
            }
        }
        Ok(())
    }
}

/// What stands between braces.
struct Expression<'t> {
    text: &'t str,
    noun: Option<&'t str>,
}

impl<'t> Expression<'t> {
    /// The source and the filters, without the blanks around them.
    fn split_at_bars(&self, inner: Range<usize>) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let (mut start, mut depth) = (inner.start, 0_usize);
        for (at, c) in outside_quotes(self.text, inner.clone()) {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth = depth.saturating_sub(1),
                '|' if depth == 0 => {
                    pieces.push(self.trim(start..at));
                    start = at + 1;
                }
                _ => {}
            }
        }
        pieces.push(self.trim(start..inner.end));
        pieces
    }

    fn trim(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.text[range.clone()];
        let start = range.start + (text.len() - text.trim_start().len());
        start..start + text.trim().len()
    }

    fn filter(&self, piece: Range<usize>) -> Result<Filter, TemplateError> {
        let name = &self.text[piece.clone()];
        Filter::ALL.into_iter().find(|filter| filter.as_str() == name).ok_or_else(|| {
            let help = suggest::advice(name, Filter::ALL.map(Filter::as_str));
            TemplateError::new(format!("there is no filter `{name}`"), piece).with_help(help)
        })
    }

    /// The text between quotes.
    fn literal(&self, source: &Range<usize>) -> Option<&'t str> {
        let text = &self.text[source.clone()];
        let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        text.strip_prefix(quote)?.strip_suffix(quote)
    }

    fn source(&self, span: Range<usize>) -> Result<Source, TemplateError> {
        let text = &self.text[span.clone()];
        match text {
            "" => return Err(TemplateError::new("there is nothing between the braces", span)),
            "actual" => return Ok(Source::Actual),
            "expected" => return Ok(Source::Expected),
            "subject" => return self.in_each(Source::Subject, span),
            _ => {}
        }
        if let Some(name) = text.strip_prefix("param.") {
            return Ok(Source::Param(name.to_owned()));
        }
        if text.starts_with('$') {
            return query(text, 0, &span);
        }
        if text.starts_with('@') {
            return self.in_each(query(text, 0, &span)?, span);
        }
        match self.noun.and_then(|noun| Some((noun, text.strip_prefix(noun)?))) {
            Some((noun, path)) if path.is_empty() || path.starts_with(['.', '[']) => {
                query(&format!("@{path}"), noun.len().saturating_sub(1), &span)
            }
            _ => Err(self.unknown(text, span)),
        }
    }

    fn in_each(&self, source: Source, span: Range<usize>) -> Result<Source, TemplateError> {
        if self.noun.is_some() {
            return Ok(source);
        }
        let name = &self.text[span.clone()];
        let help = "a rule without `each` looks at the node as a whole: write a path that starts with `$`";
        Err(TemplateError::new(format!("there is no element that `{name}` could be of"), span)
            .with_help(Some(help.to_owned())))
    }

    fn unknown(&self, text: &str, span: Range<usize>) -> TemplateError {
        let word = &text
            [..text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-')).unwrap_or(text.len())];
        if text.starts_with('.') {
            let help = quote(&format!("{{{{{text}}}}}"));
            return TemplateError::new(format!("there is no variable `{text}`"), span).with_help(Some(help));
        }
        let known = ["actual", "expected", "param"].into_iter().chain(self.noun);
        let known: Vec<&str> = known.chain(self.noun.map(|_| "subject")).collect();
        let help = match suggest::closest(word, &known) {
            Some(closest) => format!("did you mean `{closest}`?"),
            None => format!("use one of {}, or write the path of a fact: `$.path`", known.join(", ")),
        };
        TemplateError::new(format!("there is no variable `{text}`"), span).with_help(Some(help))
    }
}

impl TemplateError {
    fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self { message: message.into(), span, help: None }
    }

    fn with_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

/// Reads a path; `shift` is how much longer what the template writes in front of it is.
fn query(text: &str, shift: usize, span: &Range<usize>) -> Result<Source, TemplateError> {
    Query::parse_relative(text).map(Source::Fact).map_err(|ParseError { message, span: inner, help }| {
        let place = |at: usize| (span.start + shift + at).min(span.end);
        TemplateError { message, span: place(inner.start)..place(inner.end), help }
    })
}

/// Where the braces that are open at `open` are closed; quoted ones do not count.
fn closing_braces(text: &str, open: usize) -> Result<usize, TemplateError> {
    outside_quotes(text, open + 2..text.len())
        .map(|(at, _)| at)
        .find(|at| text[*at..].starts_with("}}"))
        .ok_or_else(|| {
            TemplateError::new("`{{` is not closed by `}}`", open..open + 2).with_help(Some(quote("{{")))
        })
}

/// How braces that are no insert are written.
fn quote(braces: &str) -> String {
    format!("write braces that are meant as such in quotes: `{{{{ '{braces}' }}}}`")
}

/// The characters of a range that stand in no quotes, with their places.
fn outside_quotes(text: &str, range: Range<usize>) -> impl Iterator<Item = (usize, char)> {
    let (mut quote, mut escaped) = (None, false);
    text[range.clone()].char_indices().filter_map(move |(offset, c)| {
        match quote {
            Some(open) => {
                if c == open && !escaped {
                    quote = None;
                }
                escaped = c == '\\' && !escaped;
                return None;
            }
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None => return Some((range.start + offset, c)),
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault<'t>(text: &'t str, noun: Option<&str>) -> (&'t str, String, Option<String>) {
        let error = parse(text, noun).unwrap_err();
        (&text[error.span], error.message, error.help)
    }

    #[test]
    fn inserts_have_sources_filters_and_places() {
        let text = "ü {{actual}} of {{ $.a['x | }}'].b | bytes }}, {{ param.kubernetes.version }}";
        let parsed = parse(text, None).unwrap();
        let sources: Vec<&str> = parsed.sources.iter().map(|span| &text[span.clone()]).collect();
        assert_eq!(sources, ["actual", "$.a['x | }}'].b", "param.kubernetes.version"]);
        let Part::Insert(fact) = &parsed.template.parts[3] else { panic!("{parsed:?}") };
        assert_eq!(fact.source, Source::Fact(Query::parse("$.a['x | }}'].b").unwrap()));
        assert_eq!(fact.filters, [Filter::Bytes]);
        assert_eq!(parsed.template.parts[2], Part::Text(" of ".to_owned()));
    }

    #[test]
    fn the_noun_stands_for_the_element() {
        let parsed =
            parse("{{ mount.target }} {{ mount['x'] }} {{ mount }} {{ @.target }}", Some("mount")).unwrap();
        let paths: Vec<&Source> = parsed
            .template
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Insert(insert) => Some(&insert.source),
                Part::Text(_) => None,
            })
            .collect();
        let query = |text| Source::Fact(Query::parse_relative(text).unwrap());
        assert_eq!(paths, [&query("@.target"), &query("@['x']"), &query("@"), &query("@.target")]);
    }

    #[test]
    fn braces_are_quoted() {
        let parsed = parse("docker info --format {{ '{{.Driver}}' }}; }} is text", None).unwrap();
        let text = Part::Text("docker info --format {{.Driver}}; }} is text".to_owned());
        assert_eq!(parsed.template.parts, [text]);
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        assert_eq!(fault("a {{ actual", None).0, "{{");
        assert_eq!(fault("a {{  }}", None).1, "there is nothing between the braces");
        let (place, message, help) = fault("is {{ actaul }}", None);
        assert_eq!((place, message.as_str()), ("actaul", "there is no variable `actaul`"));
        assert_eq!(help.unwrap(), "did you mean `actual`?");
        assert_eq!(fault("{{ actual | byte }}", None).2.unwrap(), "did you mean `bytes`?");
        assert_eq!(fault("{{ subject }}", None).0, "subject");
        assert_eq!(fault("{{ @.a }}", None).0, "@.a");
        assert_eq!(fault("{{ mont.target }}", Some("mount")).0, "mont.target");
        assert!(fault("{{.State}}", None).2.unwrap().contains("{{ '{{.State}}' }}"));
    }

    #[test]
    fn a_bad_path_is_underlined_inside() {
        assert_eq!(fault("ü {{ $.a-b }}", None).0, "-");
        assert_eq!(fault("ü {{ mount.a-b }}", Some("mount")).0, "-");
    }

    #[test]
    fn a_hostile_text_costs_linear_time() {
        assert!(parse(&"{{".repeat(500_000), None).is_err());
        assert_eq!(parse(&"{{actual}}".repeat(100_000), None).unwrap().sources.len(), 100_000);
    }
}
