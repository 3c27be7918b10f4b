//! What a token read takes in the handler, beside a bare read of the same item by a client of the same configuration.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use counterfoil_functions::context::{World, assemble};
use counterfoil_functions::router;
use counterfoil_store::aws::local_config;
use counterfoil_store::table::{PK, SK};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::deployment::{COMPANY_KEY, Deployment, TABLE};
use crate::{median, ratio};

const WARM_UP: usize = 200;
const ROUNDS: usize = 2_000;

/// Prints the medians' ratios.
pub(crate) async fn print(deployment: &Deployment) {
    let aws = local_config(deployment.table_endpoint());
    let client = Client::new(&aws);
    let key = deployment.key(Duration::ZERO).await;
    let remembering = router::all(&assemble(&deployment.config(), &aws, World::real()));
    let mut config = deployment.config();
    config.settings.key_memory = Duration::ZERO;
    let forgetting = router::all(&assemble(&config, &aws, World::real()));

    let [mut bare, mut known, mut unknown] = [const { Vec::new() }; 3];
    for round in 0..WARM_UP + ROUNDS {
        let times = [timed(get_item(&client)).await, timed(read(&remembering, &key)).await, timed(read(&forgetting, &key)).await];
        if round >= WARM_UP {
            bare.push(times[0]);
            known.push(times[1]);
            unknown.push(times[2]);
        }
    }
    let [bare, known, unknown] = [&mut bare, &mut known, &mut unknown].map(|times| median(times));
    println!("\nToken read in the handler, to a bare GetItem of its item (medians of {ROUNDS})");
    println!("  key remembered                   {:.2} times", ratio(known, bare));
    println!("  key read with it                 {:.2} times", ratio(unknown, bare));
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    work.await;
    began.elapsed()
}

async fn get_item(client: &Client) {
    let answer = client
        .get_item()
        .table_name(TABLE)
        .key(PK, AttributeValue::S(format!("CONN#default#{COMPANY_KEY}")))
        .key(SK, AttributeValue::S("STATE".to_owned()))
        .consistent_read(true)
        .send()
        .await;
    assert!(answer.expect("an answer").item.is_some());
}

async fn read(routes: &Router, key: &str) {
    let request = Request::get(format!("/api/token/{COMPANY_KEY}")).header("x-api-key", key);
    let answer = routes.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.into_body().collect().await.expect("a body");
}
