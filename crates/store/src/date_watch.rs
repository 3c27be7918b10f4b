//! Compares the `Date` of each of the table's answers with this machine's clock.

use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::config::interceptors::{BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use counterfoil_core::port::clock::Clock;
use counterfoil_core::service::vault::skew::Skew;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// An SDK interceptor that reports the date of every answer to [`Skew`].
pub(crate) struct DateWatch {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) skew: Arc<Skew>,
}

impl fmt::Debug for DateWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DateWatch")
    }
}

/// The time at which a request was sent.
#[derive(Debug)]
struct AskedAt(Timestamp);

impl Storable for AskedAt {
    type Storer = StoreReplace<Self>;
}

static DATES: DateTimeParser = DateTimeParser::new();

impl Intercept for DateWatch {
    fn name(&self) -> &'static str {
        "DateWatch"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(AskedAt(self.clock.now()));
        Ok(())
    }

    fn read_after_transmit(
        &self,
        answer: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = answer.response().headers().get("date").and_then(|date| DATES.parse_timestamp(date).ok());
        if let (Some(AskedAt(asked)), Some(date)) = (config.load::<AskedAt>(), date) {
            self.skew.note(*asked, self.clock.now(), date);
        }
        Ok(())
    }
}
