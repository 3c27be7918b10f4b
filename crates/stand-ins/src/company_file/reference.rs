//! References to list elements: an id and a full name, and how a filter names some.

use crate::xml::Element;

/// A list element as other records name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) list_id: String,
    pub(super) full_name: String,
}

impl Reference {
    /// Whether a `…Ref` names this element. One that has both must have both right.
    pub(super) fn is_named_by(&self, reference: &Element) -> bool {
        let id_fits = reference.text_of("ListID").is_none_or(|id| id == self.list_id);
        let name_fits = reference.text_of("FullName").is_none_or(|name| name.eq_ignore_ascii_case(&self.full_name));
        !reference.children.is_empty() && id_fits && name_fits
    }

    fn is_or_is_under(&self, name: &str) -> bool {
        let (own, name) = (self.full_name.to_lowercase(), name.to_lowercase());
        own == name || own.strip_prefix(&name).is_some_and(|rest| rest.starts_with(':'))
    }
}

/// What a filter such as `EntityFilter` lets through.
pub(super) struct Among(Vec<Reference>);

impl Among {
    /// Reads a filter. `known` are the elements that it may name.
    ///
    /// # Errors
    /// The id or the name of an element that does not exist.
    pub(super) fn read(filter: &Element, known: &[Reference]) -> Result<Self, String> {
        let mut among = Vec::new();
        for child in &filter.children {
            let text = child.text.as_str();
            let of_id = |reference: &&Reference| reference.list_id == text;
            let found: Vec<_> = match child.name.as_str() {
                "ListID" => known.iter().filter(of_id).cloned().collect(),
                "FullName" => known.iter().filter(|reference| reference.full_name.eq_ignore_ascii_case(text)).cloned().collect(),
                "ListIDWithChildren" => {
                    let name = known.iter().find(of_id).map_or("", |reference| &reference.full_name);
                    known.iter().filter(|reference| !name.is_empty() && reference.is_or_is_under(name)).cloned().collect()
                }
                _ => known.iter().filter(|reference| reference.is_or_is_under(text)).cloned().collect(),
            };
            if found.is_empty() {
                return Err(text.to_owned());
            }
            among.extend(found);
        }
        Ok(Self(among))
    }

    pub(super) fn has(&self, list_id: &str) -> bool {
        self.0.iter().any(|reference| reference.list_id == list_id)
    }
}
