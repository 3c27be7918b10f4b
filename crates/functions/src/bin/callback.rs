//! The function `callback`; its routes and rights stand in template.yaml.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    counterfoil_functions::lambda::serve("callback").await
}
