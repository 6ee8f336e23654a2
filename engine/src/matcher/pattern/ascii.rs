//! The Perl classes of a pattern, taken as ASCII.

use std::ops::Range;

use regex_syntax::ast::{self, Ast};

/// Replaces `\d`, `\s`, `\w`, `\b` and their negations by what they mean for ASCII.
pub(super) fn with_ascii_classes(text: &str, tree: &Ast) -> String {
    let Ok(classes) = ast::visit(tree, AsciiClasses::default());
    let mut ascii = String::with_capacity(text.len());
    let mut done = 0;
    for (span, replacement) in classes {
        ascii.push_str(text.get(done..span.start).unwrap_or_default());
        ascii.push_str(replacement);
        done = span.end;
    }
    ascii.push_str(text.get(done..).unwrap_or_default());
    ascii
}

/// The places of the Unicode classes, in order, and what to write there.
#[derive(Default)]
struct AsciiClasses(Vec<(Range<usize>, &'static str)>);

impl AsciiClasses {
    fn replace(&mut self, span: &ast::Span, replacement: &'static str) {
        self.0.push((span.start.offset..span.end.offset, replacement));
    }

    fn replace_class(&mut self, class: &ast::ClassPerl) {
        // A class within brackets is as good as one alone.
        let replacement = match (&class.kind, class.negated) {
            (ast::ClassPerlKind::Digit, false) => "[[:digit:]]",
            (ast::ClassPerlKind::Digit, true) => "[[:^digit:]]",
            (ast::ClassPerlKind::Space, false) => "[[:space:]]",
            (ast::ClassPerlKind::Space, true) => "[[:^space:]]",
            (ast::ClassPerlKind::Word, false) => "[[:word:]]",
            (ast::ClassPerlKind::Word, true) => "[[:^word:]]",
        };
        self.replace(&class.span, replacement);
    }
}

impl ast::Visitor for AsciiClasses {
    type Output = Vec<(Range<usize>, &'static str)>;
    type Err = std::convert::Infallible;

    fn finish(self) -> Result<Self::Output, Self::Err> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::ClassPerl(class) => self.replace_class(class),
            Ast::Assertion(assertion) if assertion.kind == ast::AssertionKind::WordBoundary => {
                self.replace(&assertion.span, r"(?-u:\b)");
            }
            _ => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Self::Err> {
        if let ast::ClassSetItem::Perl(class) = item {
            self.replace_class(class);
        }
        Ok(())
    }
}
