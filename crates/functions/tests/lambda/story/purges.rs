//! The purge of the connection.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_store::aws::local_config;
use counterfoil_testkit::http_event::HttpEvent;
use serde_json::Value;

use super::Story;
use crate::deployment::{COMPANY_KEY, TABLE};
use crate::event::Sample;

impl Story {
    pub(super) async fn is_purged(&self) {
        let event =
            HttpEvent::new("DELETE", &format!("/api/connections/{COMPANY_KEY}?purge=true")).header("x-api-key", &self.key);
        let begun = self.ask("disconnect", &event.to_json()).await.json(200);
        assert_eq!(begun["purge"]["status"], "running", "{begun}");
        let purge = async || self.function("purger").lambda.invoke(&Sample::of("purger").to_json()).await;
        assert_eq!(purge().await.expect("the run ends"), Value::Null);
        self.age_purge().await;
        assert_eq!(purge().await.expect("the run ends"), Value::Null);
        let read = HttpEvent::get(&format!("/api/connections/{COMPANY_KEY}")).header("x-api-key", &self.key).to_json();
        assert_eq!(self.ask("connections", &read).await.json(200)["purge"]["status"], "completed");
    }

    /// Makes the connection's purge one that was requested a minute earlier and is due.
    async fn age_purge(&self) {
        let (text, number) =
            (|text: &str| AttributeValue::S(text.to_owned()), |number: &str| AttributeValue::N(number.to_owned()));
        let client = Client::new(&local_config(self.deployment.table_endpoint()));
        let request = client.update_item().table_name(TABLE).key("PK", text("CONN#default#beach-blend")).key("SK", text("PURGE"));
        let request = request.update_expression("SET requested_at = requested_at - :minute, due_at = :long_ago");
        let request =
            request.expression_attribute_values(":minute", number("60000")).expression_attribute_values(":long_ago", number("1"));
        request.send().await.expect("a purge");
    }
}
