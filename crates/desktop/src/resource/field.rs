//! What a resource is made of, as data: one line for each field says where it is in qbXML and what kind of value it has.

use rust_decimal::Decimal;

use crate::qbxml::Element;

/// A field of a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// Its name in JSON.
    pub(super) json: &'static str,
    /// The name of its element in qbXML.
    pub(super) xml: &'static str,
    /// What its value is.
    pub(super) kind: Kind,
    /// What it is if QuickBooks sends no element, or an empty one.
    pub(super) missing: Missing,
}

/// What the value of a field is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Always this text: `objectType`.
    Constant(&'static str),
    /// A text, as QuickBooks sent it.
    Text,
    /// A decimal number, which JSON shows as a text with the digits that QuickBooks sent.
    Decimal,
    /// A number of JSON.
    Number,
    /// `true` or `false`.
    Flag,
    /// A date, `YYYY-MM-DD`.
    Date,
    /// A time, as QuickBooks sent it: `YYYY-MM-DDThh:mm:ss±hh:mm`.
    Time,
    /// One of these words of JSON, which are QuickBooks's in snake case. A field with any other word is as one that is missing: strict
    /// clients refuse words that the contract does not list.
    Word(&'static [&'static str]),
    /// The second of one of these pairs, of which the first is QuickBooks's word. Any other is as above.
    Mapped(&'static [(&'static str, &'static str)]),
    /// The id and the full name of another object.
    Ref,
    /// Several of these.
    Refs,
    /// An object.
    Object(&'static [Field]),
    /// Several objects, each in an element of its own.
    List(&'static [Field]),
}

/// What a field is without a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Missing {
    /// `null`; `[]` for [`Kind::Refs`] and [`Kind::List`].
    Null,
    /// This text.
    Is(&'static str),
    /// `true` or `false`.
    IsFlag(bool),
    /// A reference without an id and a name.
    Unnamed,
    /// What the other elements of the object say; `0.00` if they say nothing.
    Computed(fn(&Element) -> Option<Decimal>),
    /// The object cannot be read: the contract has no `null` here, and any other value would be made up.
    Unreadable,
}

impl Field {
    /// A field that may be missing.
    pub(super) const fn new(json: &'static str, xml: &'static str, kind: Kind) -> Self {
        Self { json, xml, kind, missing: Missing::Null }
    }

    /// A field without which the object cannot be read.
    pub(super) const fn required(json: &'static str, xml: &'static str, kind: Kind) -> Self {
        Self { missing: Missing::Unreadable, ..Self::new(json, xml, kind) }
    }

    /// A text that is `missing` if QuickBooks sends none.
    pub(super) const fn text_or(json: &'static str, xml: &'static str, missing: &'static str) -> Self {
        Self { missing: Missing::Is(missing), ..Self::new(json, xml, Kind::Text) }
    }

    /// A flag that is `missing` if QuickBooks sends none.
    pub(super) const fn flag_or(json: &'static str, xml: &'static str, missing: bool) -> Self {
        Self { missing: Missing::IsFlag(missing), ..Self::new(json, xml, Kind::Flag) }
    }

    /// A decimal number that is computed if QuickBooks sends none.
    pub(super) const fn decimal_or(json: &'static str, xml: &'static str, compute: fn(&Element) -> Option<Decimal>) -> Self {
        Self { missing: Missing::Computed(compute), ..Self::new(json, xml, Kind::Decimal) }
    }

    /// The field `objectType`.
    pub(super) const fn object_type(name: &'static str) -> Self {
        Self::new("objectType", "", Kind::Constant(name))
    }
}
