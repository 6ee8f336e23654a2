//! How text meant for people is laid out.

/// What the terminal can show and what its user wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presentation {
    /// The width to wrap prose at, in columns; commands are never wrapped.
    pub width: usize,
    /// Whether ANSI colours may be used.
    pub colour: bool,
    /// Whether box-drawing characters may be used.
    pub unicode: bool,
    /// Whether rules that passed or do not apply are listed too.
    pub verbose: bool,
}

impl Default for Presentation {
    fn default() -> Self {
        Self { width: 100, colour: false, unicode: true, verbose: false }
    }
}
