//! Maps errors of the AWS SDK to [`StoreError`].

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId as _;
use counterfoil_core::port::store::StoreError;

/// The store's error for a failed request to the table.
pub(crate) fn meaning<E, R>(table: &str, error: &SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + std::fmt::Debug,
    R: std::fmt::Debug,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default().to_owned();
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default().to_owned();
    match code.as_str() {
        "ResourceNotFoundException" => StoreError::TableMissing { table: table.to_owned() },
        "ValidationException" if message.contains("does not have the specified index") => {
            StoreError::TableMissing { table: table.to_owned() }
        }
        "AccessDeniedException" | "UnrecognizedClientException" | "InvalidSignatureException" | "ExpiredTokenException" => {
            StoreError::Denied { table: table.to_owned() }
        }
        "ProvisionedThroughputExceededException"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "TransactionConflictException"
        | "TransactionInProgressException"
        | "TransactionCanceledException" => StoreError::Busy(code),
        "" => StoreError::Unavailable(kind(error).to_owned()),
        // A message of the service may repeat values of the request, such as the address of an endpoint.
        _ => {
            let request = error.as_service_error().and_then(|refused| refused.meta().request_id()).unwrap_or("without an id");
            StoreError::Unavailable(format!("{code}, request {request}"))
        }
    }
}

fn kind<E, R>(error: &SdkError<E, R>) -> &'static str {
    match error {
        SdkError::ConstructionFailure(_) => "the request could not be made",
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(_) => "it could not be reached, or there are no AWS credentials",
        SdkError::ResponseError(_) => "the answer could not be read",
        _ => "it answered with a fault",
    }
}
