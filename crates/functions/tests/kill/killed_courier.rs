//! Deliveries by the built function `courier`, which is killed at random requests to the table.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::webhook::delivery::DeliveryStatus;
use counterfoil_core::model::webhook::endpoint::EndpointId;
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_store::aws::local_config;
use counterfoil_store::table::{DUE_AT, PK, SK};
use counterfoil_testkit::lambda::InvokeError;
use counterfoil_testkit::receiver::Receiver;
use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::{Value, json};

use crate::deployment::{Deployment, KEYRING_KEY, TABLE};
use crate::function::Function;
use crate::hooks::{self, Hooks};

/// The time of the function, as `template.yaml` has it.
const FUNCTION_TIME: Duration = Duration::from_secs(90);
/// The largest number of invocations that deliver what the killed ones left.
const INVOCATIONS_MOST: usize = 20;

/// What the endpoints got, each event counted for each endpoint that should get it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// Processes that were killed.
    pub(crate) kills: usize,
    /// Events that an endpoint should have got.
    pub(crate) expected: usize,
    /// Those that it has got.
    pub(crate) received: usize,
    /// Those that it has got more than once.
    pub(crate) repeated: usize,
    /// Those that it has got under more than one `webhook-id`.
    pub(crate) renamed: usize,
    /// Deliveries that the log shows as delivered.
    pub(crate) delivered: usize,
}

/// Stores and dispatches `events`, delivers them to `endpoints` in processes of which `kills` are killed, and then in one that is not.
pub(crate) async fn killed(deployment: Deployment, endpoints: usize, events: u32, kills: usize) -> End {
    let mut receivers = Vec::new();
    for _ in 0..endpoints {
        receivers.push(Receiver::start().await);
    }
    let urls: Vec<_> = receivers.iter().map(Receiver::url).collect();
    let hooks = Hooks::of(hooks::app(&deployment, deployment.table_endpoint(), None), &deployment, &urls).await;
    let mut ids = Vec::new();
    for number in 0..events {
        ids.push(hooks.event(number).await);
    }
    dispatch(&hooks.app, &hooks.partner, &ids).await.expect("the table answers");
    let expected = endpoints * ids.len();
    let mut end = End { expected, ..End::default() };
    for left in (1..=kills).rev() {
        // Each pending delivery is at least one request: no process ends before it is killed, and the kills are spread over all of them.
        let pending = hooks.count(DeliveryStatus::Pending).await;
        end.kills += usize::from(killed_once(&deployment, &hooks, (2 * pending / left).min(pending)).await);
        end_leases(&deployment, &hooks).await;
    }
    deliver_the_rest(&deployment, &hooks).await;
    for receiver in &receivers {
        count(receiver, &mut end);
    }
    end.delivered = hooks.count(DeliveryStatus::Delivered).await;
    end
}

/// Starts a process, and kills it at a random one of its next requests, before or after that is applied. `false` if it made fewer.
async fn killed_once(deployment: &Deployment, hooks: &Hooks, requests: usize) -> bool {
    let courier = courier(deployment).await;
    let entropy = &deployment.operator.entropy;
    let fault = if entropy.fraction() < 0.5 { Fault::Hold } else { Fault::HoldAnswer };
    courier.wire.inject(Rule::on_any(fault).after(up_to(entropy.fraction(), requests)));
    let batch = message(hooks);
    tokio::select! {
        ran = courier.lambda.invoke_within(&batch, FUNCTION_TIME) => {
            assert!(ran.is_ok(), "{ran:?}\n{}", courier.lambda.logs());
            return false;
        }
        () = courier.wire.held() => {}
    }
    courier.lambda.kill().await;
    let ran = courier.lambda.invoke(&json!({})).await;
    assert!(matches!(&ran, Err(InvokeError::Exited { status, .. }) if status.contains("SIGKILL")), "{ran:?}");
    true
}

async fn deliver_the_rest(deployment: &Deployment, hooks: &Hooks) {
    let courier = courier(deployment).await;
    for _ in 0..INVOCATIONS_MOST {
        let ran = courier.lambda.invoke_within(&message(hooks), FUNCTION_TIME).await;
        assert!(ran.is_ok(), "{ran:?}\n{}", courier.lambda.logs());
        if hooks.count(DeliveryStatus::Pending).await == 0 {
            return;
        }
        // On a loaded machine the table may have been too slow for an endpoint.
        end_leases(deployment, hooks).await;
    }
}

/// A process of the function. What it may not have on this machine is taken from it: the names of secrets and of a queue. So it does not
/// wake itself for a later attempt.
async fn courier(deployment: &Deployment) -> Function {
    let mut variables = deployment.environment("courier");
    variables.retain(|name, _| name != "KEYRING_SECRET_ARN" && name != "COURIER_QUEUE_URL");
    variables.insert("KEYRING".to_owned(), json!({ "primary": KEYRING_KEY }).to_string());
    variables.insert("ALLOW_LOOPBACK_WEBHOOKS".to_owned(), "true".to_owned());
    deployment.function_in("courier", variables).await
}

/// A batch of the queue that names each endpoint, as the sweep finds them.
fn message(hooks: &Hooks) -> Value {
    let record = |endpoint: &EndpointId| {
        let body = json!({ "partner": hooks.partner.as_str(), "endpoint": endpoint.as_str() }).to_string();
        json!({ "messageId": endpoint.as_str(), "body": body, "eventSource": "aws:sqs" })
    };
    json!({ "Records": hooks.endpoints.iter().map(record).collect::<Vec<_>>() })
}

/// The leases of a process that was killed are over, as they would be in 75 seconds.
async fn end_leases(deployment: &Deployment, hooks: &Hooks) {
    let client = Client::new(&local_config(deployment.table_endpoint()));
    let now = AttributeValue::N(deployment.operator.now().as_millisecond().to_string());
    for endpoint in &hooks.endpoints {
        let request = client.update_item().table_name(TABLE);
        let request = request.key(PK, AttributeValue::S(format!("WEBHOOKS#{}", hooks.partner)));
        let request = request.key(SK, AttributeValue::S(format!("ENDPOINT#{endpoint}")));
        let request = request.update_expression(format!("SET lease_until = :now, {DUE_AT} = :now"));
        let request = request.condition_expression("attribute_exists(lease)").expression_attribute_values(":now", now.clone());
        let ended = request.send().await;
        let is_returned = |error: &UpdateItemError| error.is_conditional_check_failed_exception();
        assert!(ended.as_ref().err().is_none_or(|error| error.as_service_error().is_some_and(is_returned)), "{ended:?}");
    }
}

/// Adds what an endpoint got: the `webhook-id` of each request, by the event's number in its body.
fn count(receiver: &Receiver, end: &mut End) {
    let mut seen = BTreeMap::<String, Vec<String>>::new();
    for request in receiver.take() {
        let number = request.json()["data"]["url"].as_str().expect("an address").to_owned();
        seen.entry(number).or_default().push(request.header("webhook-id").to_owned());
    }
    end.received += seen.len();
    end.repeated += seen.values().filter(|ids| ids.len() > 1).count();
    end.renamed += seen.values().filter(|ids| ids.iter().collect::<BTreeSet<_>>().len() > 1).count();
}

/// A whole number below `most`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "it is small")]
fn up_to(fraction: f64, most: usize) -> usize {
    (fraction * most as f64) as usize
}
