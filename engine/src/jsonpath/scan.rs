//! A first look at the text of a query: the limits that keep the parser's work bounded, what the parser
//! would let pass although RFC 9535 does not, and where the function calls and strings are.

use std::ops::Range;

use super::error::ParseError;

/// The longest query, in bytes.
pub(super) const MAX_LENGTH: usize = 4096;

/// How deep parentheses and brackets may nest.
const MAX_NESTING: usize = 32;

/// How deep function calls may nest. The parser tries each call several times, so its work grows
/// exponentially with their depth, and with nothing else.
const MAX_CALL_NESTING: usize = 6;

/// The functions of RFC 9535.
const FUNCTIONS: [&str; 5] = ["count", "length", "match", "search", "value"];

/// Where the function calls and the strings of a query are, each in the order of the text.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) calls: Vec<Call>,
    pub(super) strings: Vec<Range<usize>>,
}

/// A function call.
pub(super) struct Call {
    /// The whole of it, from the name to the closing parenthesis.
    pub(super) span: Range<usize>,
    /// Its name alone.
    pub(super) name: Range<usize>,
}

/// Looks through a query.
///
/// # Errors
/// When it is too long or nested too deep, has a string or bracket that is not closed, calls a function
/// that RFC 9535 has not, or has blanks where there may be none.
pub(super) fn scan(text: &str) -> Result<Scan, ParseError> {
    if text.len() > MAX_LENGTH {
        let message = format!("the query is {} bytes long; {MAX_LENGTH} are the limit", text.len());
        return Err(ParseError::new(message, text.len()..text.len()));
    }
    let mut scanner = Scanner { text, position: 0, open: Vec::new(), found: Scan::default() };
    scanner.run()?;
    Ok(scanner.found)
}

struct Scanner<'t> {
    text: &'t str,
    position: usize,
    open: Vec<Opener>,
    found: Scan,
}

/// A bracket or parenthesis that is not closed yet.
struct Opener {
    position: usize,
    /// The entry in `Scan::calls` whose arguments it opens.
    call: Option<usize>,
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), ParseError> {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\'' | '"' => self.string(c)?,
                '(' | '[' => self.open(None)?,
                ')' | ']' => self.close(c)?,
                c if is_word(c) => self.word()?,
                _ => self.position += c.len_utf8(),
            }
            if matches!(c, '.' | '-') && self.rest().starts_with(is_blank) {
                return Err(ParseError::new(format!("there may be no blank after `{c}`"), self.blanks()));
            }
        }
        if let Some(opener) = self.open.last() {
            let span = opener.position..opener.position + 1;
            return Err(ParseError::new(format!("`{}` is not closed", &self.text[span.clone()]), span));
        }
        let end = self.text.trim_end_matches(is_blank).len();
        if end < self.text.len() {
            return Err(ParseError::new("there may be no blank at the end", end..self.text.len()));
        }
        Ok(())
    }

    fn rest(&self) -> &str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// The blanks that come next.
    fn blanks(&self) -> Range<usize> {
        self.position..self.text.len() - self.rest().trim_start_matches(is_blank).len()
    }

    fn string(&mut self, quote: char) -> Result<(), ParseError> {
        let start = self.position;
        let mut escaped = false;
        for (offset, c) in self.rest().char_indices().skip(1) {
            let here = start + offset..start + offset + c.len_utf8();
            if c < ' ' {
                let message = format!("a string holds the control character U+{:04X}", u32::from(c));
                return Err(
                    ParseError::new(message, here).with_help("write it as an escape such as \\n or \\u0001")
                );
            }
            if escaped && c == ' ' {
                return Err(ParseError::new("a backslash must be followed by what it escapes", here));
            }
            if c == quote && !escaped {
                self.found.strings.push(start..here.end);
                self.position = here.end;
                return Ok(());
            }
            escaped = c == '\\' && !escaped;
        }
        Err(ParseError::new("the string is not closed", start..self.text.len()))
    }

    fn open(&mut self, call: Option<usize>) -> Result<(), ParseError> {
        let span = self.position..self.position + 1;
        if self.open.len() == MAX_NESTING {
            return Err(ParseError::new(format!("the query nests deeper than {MAX_NESTING} levels"), span));
        }
        self.open.push(Opener { position: self.position, call });
        self.position = span.end;
        Ok(())
    }

    fn close(&mut self, closing: char) -> Result<(), ParseError> {
        let span = self.position..self.position + 1;
        self.position = span.end;
        let opening = if closing == ')' { "(" } else { "[" };
        match self.open.pop() {
            Some(opener) if self.text[opener.position..].starts_with(opening) => {
                if let Some(call) = opener.call.and_then(|call| self.found.calls.get_mut(call)) {
                    call.span.end = span.end;
                }
                Ok(())
            }
            _ => Err(ParseError::new(format!("`{closing}` closes no `{opening}`"), span)),
        }
    }

    /// A name, number or keyword; before a parenthesis it is a function.
    fn word(&mut self) -> Result<(), ParseError> {
        let start = self.position;
        let length = self.rest().find(|c| !is_word(c)).unwrap_or(self.rest().len());
        self.position += length;
        if self.rest().starts_with('(') {
            return self.call(start..self.position);
        }
        let blanks = self.blanks();
        let next = &self.text[blanks.end..];
        if blanks.is_empty() || !next.starts_with(|c| is_word(c) || c == '(') {
            return Ok(());
        }
        if next.starts_with('(') {
            return Err(ParseError::new("there may be no blank before `(`", blanks));
        }
        let length = next.find(|c| !is_word(c)).unwrap_or(next.len());
        Err(misplaced_word(&next[..length], blanks.end))
    }

    fn call(&mut self, name: Range<usize>) -> Result<(), ParseError> {
        let word = &self.text[name.clone()];
        if !FUNCTIONS.contains(&word) {
            return Err(unknown_function(word, name));
        }
        if self.open.iter().filter(|opener| opener.call.is_some()).count() == MAX_CALL_NESTING {
            let message = format!("function calls nest deeper than {MAX_CALL_NESTING} levels");
            return Err(ParseError::new(message, name));
        }
        self.found.calls.push(Call { span: name.start..name.end, name });
        self.open(Some(self.found.calls.len() - 1))
    }
}

/// What names and numbers are made of.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn misplaced_word(word: &str, at: usize) -> ParseError {
    let error = ParseError::new(format!("unexpected `{word}`"), at..at + word.len());
    match word {
        "and" | "AND" => error.with_help("write `&&`"),
        "or" | "OR" => error.with_help("write `||`"),
        "in" | "IN" => error.with_help("compare with each value: `@.a == 1 || @.a == 2`"),
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => error,
        _ => error.with_help("write a name that holds blanks in brackets and quotes: `['a name']`"),
    }
}

fn unknown_function(name: &str, span: Range<usize>) -> ParseError {
    let error = ParseError::new(format!("RFC 9535 has no function `{name}`"), span);
    match FUNCTIONS.iter().find(|known| strsim::damerau_levenshtein(known, name) <= 2) {
        Some(known) => error.with_help(format!("did you mean `{known}`?")),
        None => error.with_help(format!("there are {}", FUNCTIONS.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (String, &str) {
        let error = scan(text).err().unwrap_or_else(|| panic!("{text} was let pass"));
        (error.message, &text[error.span])
    }

    #[test]
    fn calls_and_strings_are_found_where_they_are() {
        let text = "$['(a'][?match(@.b, value($.c[?length(@) > 1])) && search(@['d'], \"e\\\"(\")]";
        let found = scan(text).unwrap();
        let calls: Vec<&str> = found.calls.iter().map(|call| &text[call.span.clone()]).collect();
        let strings: Vec<&str> = found.strings.iter().map(|string| &text[string.clone()]).collect();
        assert_eq!(
            calls,
            [
                "match(@.b, value($.c[?length(@) > 1]))",
                "value($.c[?length(@) > 1])",
                "length(@)",
                "search(@['d'], \"e\\\"(\")",
            ]
        );
        assert_eq!(strings, ["'(a'", "'d'", "\"e\\\"(\""]);
    }

    #[test]
    fn blanks_within_a_name_are_not_skipped() {
        assert_eq!(fault("$.a b"), ("unexpected `b`".to_owned(), "b"));
        assert_eq!(fault("$[?@. a == 1]"), ("there may be no blank after `.`".to_owned(), " "));
        assert_eq!(fault("$..\n*"), ("there may be no blank after `.`".to_owned(), "\n"));
        assert_eq!(fault("$[?@.a and @.b]").1, "and");
        assert_eq!(fault("$[- 1]"), ("there may be no blank after `-`".to_owned(), " "));
        assert_eq!(fault("$[?count (@.*) == 1]"), ("there may be no blank before `(`".to_owned(), " "));
        assert_eq!(fault("$.a \n"), ("there may be no blank at the end".to_owned(), " \n"));
        assert!(scan("$ .a [?@.b\n==\t1 ]").is_ok());
    }

    #[test]
    fn brackets_and_strings_must_be_closed() {
        assert_eq!(fault("$.a[?(@.b]"), ("`]` closes no `[`".to_owned(), "]"));
        assert_eq!(fault("$.a['b'"), ("`[` is not closed".to_owned(), "["));
        assert_eq!(fault("$.a]").1, "]");
        assert_eq!(fault("$['a"), ("the string is not closed".to_owned(), "'a"));
        assert_eq!(fault("$['a\nb']").1, "\n");
        assert_eq!(fault(r"$['a\ nb']").1, " ");
    }

    #[test]
    fn the_extensions_of_the_parser_are_refused() {
        for name in ["in", "nin", "none_of", "any_of", "subset_of"] {
            let text = format!("$[?{name}(@.a, $.b)]");
            assert_eq!(fault(&text).1, name);
        }
        assert_eq!(scan("$[?lenght(@.a) > 1]").err().unwrap().help.unwrap(), "did you mean `length`?");
    }

    #[test]
    fn hostile_queries_are_refused_before_they_are_parsed() {
        assert!(fault(&format!("$.{}", "a".repeat(1_000_000))).0.contains("4096"));
        assert!(fault(&format!("$[?{}", "(".repeat(100_000))).0.contains("4096"));
        assert!(fault(&format!("$[?{}@", "(".repeat(100))).0.contains("nests deeper"));
        assert!(fault(&"$[?@".repeat(60)).0.contains("nests deeper"));
        assert!(fault(&format!("$[?{}", "length(".repeat(20))).0.contains("calls nest deeper"));
    }
}
