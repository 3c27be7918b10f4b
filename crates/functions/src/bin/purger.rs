//! The function `purger`; its schedule and rights stand in template.yaml.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    counterfoil_functions::lambda::work(counterfoil_functions::worker::purger::run).await
}
