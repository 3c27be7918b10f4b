//! Rules of a schema.

/// How often an element is there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Occurs {
    Once,
    AtMostOnce,
    OnceOrMore,
    AnyNumber,
}

/// An element, and what is inside of it.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) occurs: Occurs,
    pub(super) inside: &'static [Rule],
}

/// A step of a sequence.
pub(super) enum Rule {
    Part(Part),
    /// All of these, in their order.
    Group(&'static [Rule]),
    /// Exactly one of these sequences.
    OneOf(&'static [&'static [Rule]]),
    /// One of these sequences or nothing.
    AtMostOneOf(&'static [&'static [Rule]]),
}

pub(super) const fn once(name: &'static str) -> Rule {
    Rule::Part(Part { name, occurs: Occurs::Once, inside: &[] })
}

pub(super) const fn optional(name: &'static str) -> Rule {
    with(name, &[])
}

pub(super) const fn some(name: &'static str) -> Rule {
    Rule::Part(Part { name, occurs: Occurs::OnceOrMore, inside: &[] })
}

pub(super) const fn any(name: &'static str) -> Rule {
    Rule::Part(Part { name, occurs: Occurs::AnyNumber, inside: &[] })
}

/// At most one element that contains others.
pub(super) const fn with(name: &'static str, inside: &'static [Rule]) -> Rule {
    Rule::Part(Part { name, occurs: Occurs::AtMostOnce, inside })
}
