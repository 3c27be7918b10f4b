//! The built Lambda binaries, driven over the Runtime API with the events of `events/`: a wrong handler, route, right or
//! environment variable fails here, and not after a deploy.

mod browser;
mod crowd;
mod deployment;
mod event;
mod story;
mod surroundings;
mod samples;
mod template;
