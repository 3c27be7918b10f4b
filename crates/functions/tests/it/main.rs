//! The routes as their callers see them: the whole router over an embedded DynamoDB and a stand-in for Intuit. One file per
//! subject; a snapshot is the contract of one answer.

mod answers;
mod authorize;
mod bad_callbacks;
mod binding;
mod bounds;
mod callback;
mod changing;
mod choosing;
mod company;
mod configuration;
mod connections;
mod consume;
mod disconnect;
mod exchange;
mod forged;
mod harness;
mod health;
mod keys;
mod layers;
mod links;
mod listing;
mod partners;
mod platform_trouble;
mod platforms;
mod reconnect;
mod return_url;
mod secrets;
mod start;
mod start_page;
mod table_trouble;
mod template;
mod token;
mod token_answers;
mod verify;
mod wire;
