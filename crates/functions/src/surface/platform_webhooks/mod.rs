//! The webhooks of the platforms: their own servers send notifications here.

pub(crate) mod notification;
