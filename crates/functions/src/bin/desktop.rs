//! The function `desktop`. Its routes and rights are in template.yaml.

use counterfoil_functions::{lambda, routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    lambda::serve(routes::DESKTOP).await
}
