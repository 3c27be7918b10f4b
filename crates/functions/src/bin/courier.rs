//! The function `courier`. Its events and rights are in template.yaml.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    counterfoil_functions::lambda::work(counterfoil_functions::worker::courier::run).await
}
