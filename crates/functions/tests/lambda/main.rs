//! The built Lambda binaries, driven over the Runtime API with the events of `events/`, so that a wrong handler, route, right or
//! variable fails here and not after a deploy.

mod browser;
mod cost;
mod crowd;
mod deployment;
mod event;
mod function;
#[expect(dead_code, reason = "the tests of kills and the figures use the rest")]
mod hooks;
#[expect(dead_code, reason = "the tests of kills and the figures use the rest")]
mod importing;
mod measured;
mod odd_events;
#[expect(dead_code, reason = "the figures count more of it")]
mod office;
mod rights;
mod samples;
mod story;
mod surroundings;
mod template;

use std::path::{Path, PathBuf};

use deployment::Deployment;

/// An installation with the binaries that cargo built for these tests.
async fn deployment() -> Deployment {
    Deployment::start(binaries()).await
}

fn binaries() -> PathBuf {
    let token = Path::new(env!("CARGO_BIN_EXE_token"));
    token.parent().expect("a file lies in a folder").to_owned()
}
