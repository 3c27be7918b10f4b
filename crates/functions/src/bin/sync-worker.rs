//! The function `sync-worker`. Its schedule and rights are in template.yaml.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    counterfoil_functions::lambda::work(counterfoil_functions::worker::sync_worker::run).await
}
