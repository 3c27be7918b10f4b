use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;

/// A lookup with these answers, each of them given once. An answer without an address is an error.
pub(crate) struct Scripted(Mutex<VecDeque<Vec<IpAddr>>>);

impl Scripted {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let address = |text: &&str| text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        Arc::new(Self(Mutex::new(answers.iter().map(|answer| answer.iter().map(address).collect()).collect())))
    }
}

#[async_trait]
impl Lookup for Scripted {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let answer = self.0.lock().expect("no panic inside").pop_front().expect("another lookup");
        if answer.is_empty() { Err(io::Error::other("no such name")) } else { Ok(answer) }
    }
}

async fn resolved(answer: &[&str], loopback: bool) -> Result<Vec<String>, Unresolved> {
    let resolver = Resolver::new(Scripted::new(&[answer]), Permitted { loopback });
    let addresses = resolver.addresses("hooks.example.com").await?;
    Ok(addresses.into_iter().map(|address| address.to_string()).collect())
}

fn owned(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|&address| address.to_owned()).collect()
}

#[tokio::test]
async fn a6_only_the_public_addresses_of_a_name_are_used() {
    assert_eq!(resolved(&["8.8.8.8", "2606:4700::1111"], false).await, Ok(owned(&["8.8.8.8", "2606:4700::1111"])));
    assert_eq!(resolved(&["10.0.0.1", "8.8.8.8", "::1", "169.254.169.254"], false).await, Ok(owned(&["8.8.8.8"])));
    assert_eq!(resolved(&["10.0.0.1", "::ffff:8.8.8.8", "127.0.0.1"], false).await, Err(Unresolved::NotPublic));
    assert_eq!(resolved(&["10.0.0.1", "127.0.0.1"], true).await, Ok(owned(&["127.0.0.1"])));
    assert_eq!(resolved(&[], false).await, Err(Unresolved::NoAddress));
}

#[tokio::test]
async fn of_very_many_addresses_a_bounded_number_is_used() {
    assert_eq!(resolved(&["8.8.8.8"; 1_000], false).await.map(|addresses| addresses.len()), Ok(ADDRESSES_MOST));
}
