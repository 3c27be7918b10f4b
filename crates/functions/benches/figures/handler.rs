//! Compares the time of a token read in the handler with a bare read of the same item by a client with the same configuration.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use counterfoil_core::model::api_key::PresentedKey;
use counterfoil_core::model::secret::Secret;
use counterfoil_functions::router;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_store::aws::local_config;
use counterfoil_store::table::{PK, SK};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::deployment::{COMPANY_KEY, Deployment, TABLE};
use crate::{median, ratio};

const WARM_UP: usize = 200;
const ROUNDS: usize = 2_000;

/// Prints the ratios of the medians.
pub(crate) async fn print(deployment: &Deployment) {
    let aws = local_config(deployment.table_endpoint());
    let client = Client::new(&aws);
    let key = deployment.key(Duration::ZERO).await;
    let remembering = router::all(&assemble(&deployment.config(), &aws, World::real()));
    let mut config = deployment.config();
    config.settings.key_memory = Duration::ZERO;
    let forgetting = router::all(&assemble(&config, &aws, World::real()));

    let [mut bare, mut both, mut known, mut unknown] = [const { Vec::new() }; 4];
    for round in 0..WARM_UP + ROUNDS {
        let times = [
            timed(get_item(&client)).await,
            timed(get_both(&client, &key)).await,
            timed(read(&remembering, &key)).await,
            timed(read(&forgetting, &key)).await,
        ];
        if round >= WARM_UP {
            for (seen, time) in [&mut bare, &mut both, &mut known, &mut unknown].into_iter().zip(times) {
                seen.push(time);
            }
        }
    }
    let [bare, both, known, unknown] = [&mut bare, &mut both, &mut known, &mut unknown].map(|times| median(times));
    println!("\nToken read in the handler, to a bare GetItem of its item (medians of {ROUNDS})");
    println!("  key remembered                   {:.2} times", ratio(known, bare));
    println!("  key read with it                 {:.2} times", ratio(unknown, bare));
    println!("  a bare BatchGetItem of both      {:.2} times", ratio(both, bare));
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    work.await;
    began.elapsed()
}

fn connection_key() -> HashMap<String, AttributeValue> {
    item_key(format!("CONN#default#{COMPANY_KEY}"), "STATE".to_owned())
}

fn item_key(pk: String, sk: String) -> HashMap<String, AttributeValue> {
    [(PK, pk), (SK, sk)].map(|(name, value)| (name.to_owned(), AttributeValue::S(value))).into()
}

/// Reads the connection's item and the key's in one request, as for a key that is not cached.
async fn get_both(client: &Client, key: &str) {
    let id = PresentedKey::parse(&Secret::new(key)).expect("a key").id;
    let keys = [connection_key(), item_key("PARTNER#default".to_owned(), format!("KEY#{id}"))];
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys.into())).consistent_read(true).build().expect("keys are given");
    let answer = client.batch_get_item().request_items(TABLE, wanted).send().await.expect("an answer");
    assert_eq!(answer.responses.expect("items")[TABLE].len(), 2);
}

async fn get_item(client: &Client) {
    let answer = client.get_item().table_name(TABLE).set_key(Some(connection_key())).consistent_read(true).send().await;
    assert!(answer.expect("an answer").item.is_some());
}

async fn read(routes: &Router, key: &str) {
    let request = Request::get(format!("/api/token/{COMPANY_KEY}")).header("x-api-key", key);
    let answer = routes.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.into_body().collect().await.expect("a body");
}
