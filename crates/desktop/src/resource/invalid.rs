//! Parameters that a client gave, and that are none of ours.

/// A parameter of a request is wrong. It quotes names of parameters, and no values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParameter {
    /// The list has no parameter of this name.
    #[error("{0} is not a parameter of this list.")]
    Unknown(String),
    /// A parameter that has one value was given more than once.
    #[error("The parameter {0} can be given once only.")]
    Repeated(String),
    /// The value of a parameter is wrong.
    #[error("The parameter {name} must be {must_be}.")]
    Value {
        /// The parameter's name.
        name: String,
        /// What its value must be.
        must_be: &'static str,
    },
    /// QuickBooks accepts only one of these parameters in a request.
    #[error("The parameters {0} and {1} cannot be used together.")]
    Conflict(&'static str, &'static str),
}
