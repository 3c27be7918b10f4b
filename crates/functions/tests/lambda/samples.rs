//! Every sample event in `events/` is answered by its function.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use crate::deployment::BASE_URL;
use crate::event::Sample;
use crate::function::Answer;
use crate::template;

/// The sample key, code and state are unknown, so the function refuses them. This is no error of ours.
#[tokio::test]
async fn each_sample_event_is_answered_by_its_function() {
    let deployment = crate::deployment().await;
    let mut answers = BTreeMap::new();
    for name in template::functions() {
        let function = deployment.function(&name).await;
        let event = Sample::of(&name).to_json();
        let answer = if event["requestContext"].is_null() {
            function.lambda.invoke(&event).await.expect("the run ends")
        } else {
            summary(&function.answer(&event).await)
        };
        answers.insert(name, answer);
    }
    insta::assert_json_snapshot!(answers, @r#"
    {
      "callback": {
        "code": null,
        "leads_to": "/oauth/result/invalid_state",
        "status": 303
      },
      "connections": {
        "code": "unauthenticated",
        "leads_to": null,
        "status": 401
      },
      "courier": {
        "batchItemFailures": []
      },
      "desktop": {
        "code": null,
        "leads_to": null,
        "status": 401
      },
      "disconnect": {
        "code": "unauthenticated",
        "leads_to": null,
        "status": 401
      },
      "dispatcher": {
        "batchItemFailures": []
      },
      "health": {
        "code": null,
        "leads_to": null,
        "status": 200
      },
      "parked": {
        "batchItemFailures": []
      },
      "platform-webhooks": {
        "code": null,
        "leads_to": null,
        "status": 200
      },
      "purger": null,
      "records": {
        "code": null,
        "leads_to": null,
        "status": 401
      },
      "refresher": null,
      "revoker": null,
      "start": {
        "code": null,
        "leads_to": "/quickbooks/connect/oauth2",
        "status": 302
      },
      "sync": {
        "code": null,
        "leads_to": null,
        "status": 401
      },
      "sync-worker": null,
      "token": {
        "code": "unauthenticated",
        "leads_to": null,
        "status": 401
      },
      "web-connector": {
        "code": null,
        "leads_to": null,
        "status": 200
      },
      "webhooks": {
        "code": null,
        "leads_to": null,
        "status": 401
      }
    }
    "#);
}

/// A summary of an answer: its status, the path of its redirect, the code of its error.
fn summary(answer: &Answer) -> Value {
    let base = Url::parse(BASE_URL).expect("an address");
    let leads_to = answer.headers["location"].as_str().map(|location| base.join(location).expect("an address"));
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    json!({ "status": answer.status, "leads_to": leads_to.map(|url| url.path().to_owned()), "code": body["code"] })
}
