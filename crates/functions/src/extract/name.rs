//! Names for people, read strictly.

use counterfoil_core::Error;
use counterfoil_core::model::name::readable;

/// The longest name of a company, in characters.
pub(crate) const NAME_LONGEST: usize = 200;

/// A name for people, cleaned by [`readable`]; `None` if nothing remains of it.
///
/// # Errors
/// `Invalid` if it is too long or has control characters.
pub(crate) fn name(field: &'static str, text: &str) -> Result<Option<String>, Error> {
    if text.chars().count() > NAME_LONGEST || text.chars().any(char::is_control) {
        let message = format!("{field} may have at most {NAME_LONGEST} characters, and no control characters.");
        return Err(Error::invalid("invalid_parameter", message));
    }
    Ok(Some(readable(text)).filter(|name| !name.is_empty()))
}
